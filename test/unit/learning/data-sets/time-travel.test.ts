import { afterEach, describe, expect, it, vi } from 'vitest'
import { CounterColumn } from '../../../../domain/counters.ts'
import { CounterEpochReader } from '../../../../domain/shared/counter-epochs.ts'
import { featureCount, featureIndex, featureSchema } from '../../../../features/schema.ts'
import { featureSettings } from '../../../../features/settings.ts'
import { exportDataSet } from '../../../../learning/data-sets/export-data-set.ts'
import { lineageOf } from '../../../../learning/data-sets/lineage.ts'
import { rankerRowColumns, writeRankerRows } from '../../../../learning/data-sets/ranker-rows.ts'
import { verifyTimeTravel } from '../../../../learning/data-sets/verify-time-travel.ts'
import { readHistory } from '../../../../learning/history.ts'
import { NotEnoughData } from '../../../../learning/not-enough-data.ts'
import { type OfflineCandidates, OfflineFunnel } from '../../../../learning/offline-funnel.ts'
import { Replay } from '../../../../learning/replay.ts'
import { fitRetrievalAsOf } from '../../../../learning/retrieval-as-of.ts'
import { TruncatedJournal } from '../../../../learning/truncated-journal.ts'
import { simulatedJournal } from '../simulated-journal.ts'
import { rowsOf, taskOn, temporaryStore } from './fixtures.ts'

const journal = await simulatedJournal()
const task = taskOn(journal)
/** Holds the rows as they should be, made once. */
const clean = await temporaryStore()
const manifest = await exportDataSet('ranker-rows', task, clean)
/** Holds what a test makes. */
const store = await temporaryStore()
const verified = async () => verifyTimeTravel({ ...task, dataSet: await store.open('ranker-rows') })

afterEach(() => vi.restoreAllMocks())

const { candidates: honest } = OfflineFunnel.prototype
type Asked = Parameters<typeof honest>

/** Exports with requests that are answered by `leaking`; the check afterwards runs without it. */
async function exportWith(leaking: (funnel: OfflineFunnel, asked: Asked) => Promise<OfflineCandidates>) {
  vi.spyOn(OfflineFunnel.prototype, 'candidates').mockImplementation(function (this: OfflineFunnel, ...asked) {
    return leaking(this, asked)
  })
  await exportDataSet('ranker-rows', task, store)
  vi.restoreAllMocks()
}

describe('the data set ranker-rows', () => {
  it('names for each row its query, person, item, time and the number it was asked at, beside features and labels', async () => {
    const rows = await rowsOf(await clean.open('ranker-rows'))
    expect(manifest.rows).toBe(rows.length)
    expect(manifest.columns.map(({ name }) => name).slice(-featureCount)).toEqual(featureSchema.map(({ name }) => name))
    const { fitsThrough, queriesKept } = manifest.lineage.details as Record<string, number>
    const groups = Map.groupBy(rows, ({ query }) => query as number)
    expect([...groups.keys()]).toEqual(Array.from({ length: queriesKept }, (_, query) => query))
    for (const group of groups.values()) {
      expect(group.length).toBeLessThanOrEqual(16)
      expect(new Set(group.map(({ item }) => item)).size).toBe(group.length)
      expect(group.some(row => row.label_click === 1)).toBe(true)
      expect(group.some(row => row.label_click === 0)).toBe(true)
      const [{ asked_seq: askedSeq, user, time }] = group
      const [{ record }] = journal.read(askedSeq as number, { toSeq: askedSeq as number, kinds: ['event'] })
      expect(record.event).toMatchObject({ user, time })
      expect(askedSeq).toBeGreaterThan(fitsThrough)
    }
    const positive = rows.filter(row => row.label_click === 1)
    expect(positive.every(row => row.weight_finish === 1 && row.training === 1)).toBe(true)
  })

  it('is the same for the same journal and seed, and another for another seed', async () => {
    const first = await rowsOf(await clean.open('ranker-rows'))
    await exportDataSet('ranker-rows', task, store)
    expect(await rowsOf(await store.open('ranker-rows'))).toEqual(first)
    await exportDataSet('ranker-rows', { ...task, seed: 4 }, store)
    expect(await rowsOf(await store.open('ranker-rows'))).not.toEqual(first)
  })

  it('leaves nothing of one that is not wanted any longer, nor of one for which there is too little', async () => {
    const stopped = new Error('stopped')
    const throwIfCancelled = () => {
      throw stopped
    }
    await expect(exportDataSet('ranker-rows', { ...task, throwIfCancelled }, clean)).rejects.toBe(stopped)
    await expect(exportDataSet('ranker-rows', { ...task, toSeq: 300 }, clean)).rejects.toThrow(NotEnoughData)
    expect((await clean.open('ranker-rows')).manifest).toEqual(manifest)
  })
})

describe('the check for time travel', () => {
  it('passes rows that were made as they should be', async () => {
    const report = await verifyTimeTravel({ ...task, dataSet: await clean.open('ranker-rows') })
    expect(report).toMatchObject({ differing: 0, first: null })
    expect(report.queries).toBe(25)
    expect(report.rows).toBeGreaterThan(200)
  })

  it('finds rows whose person had already done what they were to be asked about', async () => {
    await exportWith((funnel, asked) => {
      const [outcome] = journal.read(funnel.replay.catalog.appliedSeq + 1)
      funnel.apply(outcome)
      return honest.apply(funnel, asked)
    })
    const { first, differing } = await verified()
    expect(differing).toBeGreaterThan(0)
    expect(first?.problem).toMatch(/^feature user/)
  })

  it('finds one feature that was read from a counter of the future: name, row and both values', async () => {
    const replay = new Replay(task.settings, task.limits)
    for (const numbered of journal.read(1)) replay.apply(numbered)
    const future = new CounterEpochReader(replay.counters.publishCounters(journal.lastSeq, 0))
    const column = featureIndex('itemClicksLog')
    await exportWith(async (funnel, asked) => {
      const made = await honest.apply(funnel, asked)
      const featuresOf = (places: readonly number[]) => {
        const features = made.featuresOf(places)
        for (const [row, place] of places.entries()) {
          const clicks = future.value(made.candidates.item[place], CounterColumn.clicks)
          features[row * featureCount + column] = Math.log1p(clicks)
        }
        return features
      }
      return { ...made, featuresOf }
    })
    const { first } = await verified()
    expect(first?.problem).toBe('feature itemClicksLog differs')
    const { name, exported, recomputed } = first!.feature!
    expect(name).toBe('itemClicksLog')
    expect(exported).toBeGreaterThan(recomputed)
    const rows = await rowsOf(await store.open('ranker-rows'))
    expect(rows[first!.row]).toMatchObject({ user: first!.user, item: first!.item, asked_seq: first!.askedSeq })
    expect(rows[first!.row].itemClicksLog).toBe(exported)
  })

  it('finds rows whose retrieval models were fitted on the outcomes themselves', async () => {
    const history = readHistory(journal, journal.lastSeq, task.settings.of(featureSettings))
    const earlier = Math.floor(history.engagements.count * 0.75)
    const fitsThrough = history.engagements.seqs[earlier - 1]
    const { contents: models } = await fitRetrievalAsOf(task, journal.lastSeq)
    const writer = await store.write('ranker-rows', rankerRowColumns)
    const details = await writeRankerRows(task, writer, { history, earlier, fitsThrough, models })
    await writer.finish(lineageOf(task, details))
    const { first, differing } = await verified()
    expect(differing).toBeGreaterThan(0)
    expect(first).not.toBeNull()
  })

  it('refuses rows that were made with other settings', async () => {
    const dataSet = await clean.open('ranker-rows')
    dataSet.manifest.lineage.settings['training.ials'] = { dimension: 4 }
    await expect(verifyTimeTravel({ ...task, dataSet })).rejects.toThrow(RangeError)
  })
})

describe('a truncated journal', () => {
  it('shows nothing behind its end, whoever asks and however', () => {
    const truncated = new TruncatedJournal(journal, 300)
    expect(truncated.lastSeq).toBe(300)
    expect([...truncated.read(298)].map(({ seq }) => seq)).toEqual([298, 299, 300])
    expect([...truncated.read(299, { toSeq: 1000 })].map(({ seq }) => seq)).toEqual([299, 300])
    expect([...truncated.read(301, { toSeq: 1000 })]).toEqual([])
  })
})
