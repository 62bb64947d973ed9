import { describe, expect, it } from 'vitest'
import { loadSettings } from '../../../config/load.ts'
import type { EventContext } from '../../../domain/event.ts'
import type { Numbered } from '../../../domain/journal.ts'
import { engagementRoles } from '../../../domain/roles.ts'
import { featureCount, featureIndex } from '../../../features/schema.ts'
import { featureSettings } from '../../../features/settings.ts'
import { readHistory } from '../../../learning/history.ts'
import { OfflineFunnel } from '../../../learning/offline-funnel.ts'
import { drawQueries } from '../../../learning/ranker-queries.ts'
import { trainerFragments } from '../../../learning/settings.ts'
import { sampleItem } from '../../fakes/samples.ts'
import { tinyModelSet } from '../../fakes/tiny-model-set.ts'
import { simulatedJournal } from './simulated-journal.ts'

const settings = loadSettings(trainerFragments, {})
const limits = { itemsMax: 10_000, rowsMax: 20_000 }

/** Features of one person's candidates just before record `seq`, over the given records. */
async function featuresBefore(
  records: readonly Numbered[],
  seq: number,
  userId: string,
  time: number,
): Promise<Float32Array> {
  const funnel = new OfflineFunnel(settings, limits)
  const items = records.flatMap(({ record }) => (record.kind === 'item' ? [record.item] : []))
  let using = false
  for (const numbered of records) {
    if (numbered.seq === seq) break
    funnel.apply(numbered)
    if (using || numbered.record.kind !== 'event') continue
    await funnel.use(tinyModelSet(items))
    using = true
  }
  return (await funnel.candidates(userId, time)).features.slice()
}

describe('rows for training', () => {
  it('know nothing of what comes after their query', async () => {
    const records = [...(await simulatedJournal()).read(1)]
    const { seq, record } = records[Math.floor(records.length * 0.9)]
    const at = records.find(later => later.seq >= seq && later.record.kind === 'event') ?? { seq, record }
    if (at.record.kind !== 'event') throw new Error('the journal ends without an event')
    const { user, time } = at.record.event
    const whole = await featuresBefore(records, at.seq, user, time)
    const cut = await featuresBefore(records.slice(0, records.indexOf(at) + 1), at.seq, user, time)
    expect(cut).toEqual(whole)
  })

  it('would differ if the event itself had leaked into them', async () => {
    const records = [...(await simulatedJournal()).read(1)]
    const leaks = records
      .slice(Math.floor(records.length * 0.9))
      .find(({ record }) => record.kind === 'event' && (record.event.roles & engagementRoles) !== 0)!
    if (leaks.record.kind !== 'event') throw new Error('unreachable')
    const { user, time } = leaks.record.event
    const clean = await featuresBefore(records, leaks.seq, user, time)
    const leaking = await featuresBefore(records, leaks.seq + 1, user, time)
    expect(leaking).not.toEqual(clean)
  })
})

describe('features of a part of the candidates', () => {
  it('are those of all candidates, bit for bit, and leave the candidates as they were', async () => {
    const funnel = new OfflineFunnel(settings, limits)
    const records = [...(await simulatedJournal()).read(1)]
    for (const numbered of records) funnel.apply(numbered)
    await funnel.use(tinyModelSet(records.flatMap(({ record }) => (record.kind === 'item' ? [record.item] : []))))
    const asked = await funnel.candidates('u1', funnel.replay.catalog.lastEventAt)
    const items = asked.candidates.item.slice(0, asked.candidates.count)
    const places = [7, 0, items.length - 1]
    const part = asked.featuresOf(places).slice()
    expect(asked.candidates.item.slice(0, asked.candidates.count)).toEqual(items)
    const rowOf = (place: number) => asked.features.subarray(place * featureCount, (place + 1) * featureCount)
    expect(part).toEqual(Float32Array.from(places.flatMap(place => [...rowOf(place)])))
    expect(new Set(places.map(place => rowOf(place).join())).size).toBe(places.length)
  })
})

describe('a long history of changes', () => {
  it('needs room for the items there are, not for every version they had', () => {
    const funnel = new OfflineFunnel(settings, { itemsMax: 50, rowsMax: 60 })
    for (let seq = 1; seq <= 600; seq++) {
      const item = sampleItem(`i${seq % 50}`, { title: `Version ${seq}` })
      funnel.apply({ seq, record: { kind: 'item', at: 0, item } })
    }
    const { items } = funnel.replay.catalog
    expect(items.itemCount).toBe(50)
    expect(items.seqOf(items.currentRow(funnel.replay.catalog.findItem('i0')))).toBe(600)
  })
})

describe('a request with a context', () => {
  it('has the features that serving would give it, device and all', async () => {
    const funnel = new OfflineFunnel(settings, limits)
    const records = [...(await simulatedJournal()).read(1)]
    for (const numbered of records) funnel.apply(numbered)
    await funnel.use(tinyModelSet(records.flatMap(({ record }) => (record.kind === 'item' ? [record.item] : []))))
    const deviceOf = async (context: EventContext) => {
      const { features } = await funnel.candidates('u1', funnel.replay.catalog.lastEventAt, context)
      expect(features.length).toBeGreaterThan(featureCount)
      return ['deviceMobile', 'deviceTv'].map(name => features[featureIndex(name)])
    }
    expect(await deviceOf({ device: 'mobile' })).toEqual([1, 0])
    expect(await deviceOf({ device: 'tv' })).toEqual([0, 1])
  })
})

describe('queries for training', () => {
  const draw = { queriesMax: 100, queriesPerUserMax: 3, horizonEvents: 5, sessionGapMs: 1_800_000 }

  it('come from the newer engagements only, in journal order, few per person', async () => {
    const journal = await simulatedJournal()
    const history = readHistory(journal, journal.lastSeq, settings.of(featureSettings))
    const { engagements } = history
    const from = Math.floor(engagements.count * 0.7)
    const queries = drawQueries(history, from, draw, 1)
    expect(queries.length).toBeGreaterThan(20)
    expect(queries.every(({ seq }) => seq > engagements.seqs[from - 1])).toBe(true)
    expect(queries.map(({ seq }) => seq)).toEqual(queries.map(({ seq }) => seq).toSorted((a, b) => a - b))
    const perUser = Map.groupBy(queries, ({ userId }) => userId)
    expect(Math.max(...[...perUser.values()].map(list => list.length))).toBeLessThanOrEqual(3)
    expect(queries.every(({ wanted, shown }) => wanted.size >= 1 && shown.size >= 1)).toBe(true)
  })

  it('stand at the beginning of a session as often as is asked for, and elsewhere as before', async () => {
    const journal = await simulatedJournal()
    const history = readHistory(journal, journal.lastSeq, settings.of(featureSettings))
    const { users, times, askSeqs, userIds } = history.engagements
    const isStart = (seq: number, userId: string) => {
      const row = askSeqs.indexOf(seq)
      const before = Array.from({ length: row }, (_, i) => i).filter(i => users[i] === userIds.indexOf(userId))
      return before.every(i => times[row] - times[i] > draw.sessionGapMs)
    }
    const limits = { ...draw, queriesMax: 60 }
    const startsOf = (sessionStartShare?: number) =>
      drawQueries(history, 0, { ...limits, sessionStartShare }, 1).filter(({ seq, userId }) => isStart(seq, userId))
    const asTheyCome = startsOf().length
    expect(asTheyCome).toBeLessThan(50)
    expect(startsOf(1).length).toBeGreaterThan(asTheyCome)
    expect(startsOf(1)).toHaveLength(60)
    expect(drawQueries(history, 0, { ...limits, sessionStartShare: 0 }, 1)).toEqual(drawQueries(history, 0, limits, 1))
  })

  it('stand before everything that their request is known by', async () => {
    const journal = await simulatedJournal()
    const history = readHistory(journal, journal.lastSeq, settings.of(featureSettings))
    const records = [...journal.read(1)]
    const requestOf = ({ record }: Numbered) =>
      record.kind === 'event' ? `${record.event.user} ${record.event.requestId}` : ''
    const first = new Map<string, number>()
    for (const numbered of records) {
      const request = requestOf(numbered)
      if (!first.has(request)) first.set(request, numbered.seq)
    }
    for (const { seq, shown } of drawQueries(history, 0, draw, 1)) {
      const request = requestOf(records[seq - 1])
      expect(first.get(request)).toBe(seq)
      const impressions = records.filter(numbered => requestOf(numbered) === request)
      for (const { record } of impressions) {
        if (record.kind === 'event' && record.event.type === 'impression') expect(shown).toContain(record.event.item)
      }
    }
  })
})
