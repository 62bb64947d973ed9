import { describe, expect, it } from 'vitest'
import type { JournalEvent } from '../../../../domain/event.ts'
import type { JournalRecord, ServedRecord } from '../../../../domain/journal.ts'
import { Role } from '../../../../domain/roles.ts'
import type { DataSetName } from '../../../../learning/data-sets/data-set.ts'
import { exportDataSet } from '../../../../learning/data-sets/export-data-set.ts'
import { MemoryEventLog } from '../../../fakes/memory-event-log.ts'
import { sampleEvent } from '../../../fakes/samples.ts'
import { simulatedJournal } from '../simulated-journal.ts'
import { rowsOf, taskOn, temporaryStore } from './fixtures.ts'

const minute = 60_000
const hour = 60 * minute
const store = await temporaryStore()

const event = (time: number, user: string, item: string, roles: number, requestId?: string): JournalRecord => {
  const fields: Partial<JournalEvent> = { time, roles, requestId }
  return { kind: 'event', at: time, event: sampleEvent(user, item, fields) }
}

function served(now: number, user: string, requestId: string, items: string[]): JournalRecord {
  const record: Partial<ServedRecord> = {
    ...{ requestId, user, now, items, modelSet: 'ms-1' },
    propensities: Float32Array.from(items, (_, at) => 1 - at / 4),
    scores: Float32Array.from(items, (_, at) => at / 2),
  }
  return { kind: 'served', at: now, served: record as ServedRecord }
}

async function exported(name: DataSetName, records: readonly JournalRecord[], toSeq = records.length) {
  const journal = new MemoryEventLog()
  await journal.append(records)
  await exportDataSet(name, taskOn(journal, { toSeq }), store)
  return rowsOf(await store.open(name))
}

describe('the data set impressions', () => {
  it('has a row per item that was served, with its position and what came of it', async () => {
    const rows = await exported('impressions', [
      served(0, 'ann', 'r1', ['a', 'b', 'c']),
      event(1 * minute, 'ann', 'a', Role.impression, 'r1'),
      event(1 * minute, 'ann', 'b', Role.impression, 'r1'),
      event(2 * minute, 'ann', 'b', Role.click, 'r1'),
      event(9 * minute, 'ann', 'b', Role.finish | Role.positive, 'r1'),
      // Of another request, of another person: nothing of it came of this feed.
      event(9 * minute, 'ann', 'a', Role.click, 'r2'),
      event(9 * minute, 'bob', 'a', Role.click, 'r1'),
      event(72 * hour, 'eve', 'z', Role.click),
    ])
    expect(rows.map(({ item, position, served, shown, seq }) => [item, position, served, shown, seq])).toEqual([
      ['a', 1, 1, 1, 1],
      ['b', 2, 1, 1, 1],
      ['c', 3, 1, 0, 1],
    ])
    const labels = rows.map(row => [row.clicked, row.finished, row.positive, row.negative, row.outcome_seq])
    expect(labels).toEqual([
      [0, 0, 0, 0, 0],
      [1, 1, 1, 0, 4],
      [0, 0, 0, 0, 0],
    ])
    expect(rows[1]).toMatchObject({ request: 'r1', user: 'ann', model_set: 'ms-1', score: 0.5, propensity: 0.75 })
    expect(rows.every(({ settled }) => settled === 1)).toBe(true)
  })

  it('counts no engagement behind the window, and says of which rows the window is still open', async () => {
    const rows = await exported('impressions', [
      served(0, 'ann', 'r1', ['a', 'b']),
      event(23 * hour, 'ann', 'a', Role.click, 'r1'),
      event(25 * hour, 'ann', 'b', Role.click, 'r1'),
      served(26 * hour, 'ann', 'r2', ['c']),
      event(27 * hour, 'ann', 'c', Role.negative, 'r2'),
    ])
    expect(rows.map(({ item, clicked, negative, settled }) => [item, clicked, negative, settled])).toEqual([
      ['a', 1, 0, 1],
      ['b', 0, 0, 1],
      ['c', 1, 1, 0],
    ])
  })

  it('knows feeds that only the client tells of, and runs of impressions without a request', async () => {
    const rows = await exported('impressions', [
      event(0, 'ann', 'x', Role.impression, 'r9'),
      event(1, 'ann', 'y', Role.impression, 'r9'),
      event(2, 'ann', 'w', Role.impression),
      event(3, 'ann', 'w', Role.impression),
      event(minute, 'ann', 'y', Role.click, 'r9'),
      event(minute, 'ann', 'w', Role.click),
      event(minute, 'ann', 'never shown', Role.click),
    ])
    expect(rows.map(row => [row.request, row.item, row.position, row.served, row.clicked, row.model_set])).toEqual([
      ['r9', 'x', 1, 0, 0, null],
      ['r9', 'y', 2, 0, 1, null],
      [null, 'w', 0, 0, 1, null],
    ])
    expect(rows[0].score).toBeNaN()
  })

  it('agrees with a count over the journal', async () => {
    const journal = await simulatedJournal()
    await exportDataSet('impressions', taskOn(journal), store)
    const rows = await rowsOf(await store.open('impressions'))
    const shown = new Set<string>()
    for (const { record } of journal.read(1, { kinds: ['event'] })) {
      const { user, requestId, item, roles } = record.event
      if ((roles & Role.impression) !== 0) shown.add(`${user} ${requestId} ${item}`)
    }
    expect(new Set(rows.map(({ user, request, item }) => `${user} ${request} ${item}`))).toEqual(shown)
    expect(rows.length).toBe(shown.size)
    const seqs = rows.map(({ seq }) => seq as number)
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
    const share = rows.filter(({ clicked }) => clicked === 1).length / rows.length
    expect(share).toBeGreaterThan(0.02)
    expect(share).toBeLessThan(0.98)
  })
})

describe('the data set interactions', () => {
  it('has a row per engagement with all its roles, and where it was asked before', async () => {
    const records = [
      event(0, 'ann', 'a', Role.impression, 'r1'),
      event(1, 'ann', 'a', Role.click, 'r1'),
      event(2, 'ann', 'a', Role.positive, 'r1'),
      event(3, 'bob', 'a', Role.negative),
    ]
    const rows = await exported('interactions', records)
    expect(rows).toEqual([
      { user: 'ann', item: 'a', time: 1, seq: 2, asked_seq: 1, roles: Role.click | Role.positive, weight: 2.5 },
      { user: 'bob', item: 'a', time: 3, seq: 4, asked_seq: 4, roles: Role.negative, weight: -1 },
    ])
    // What lies behind the number is not looked at.
    expect(await exported('interactions', records, 2)).toMatchObject([{ roles: Role.click, weight: 1 }])
  })
})
