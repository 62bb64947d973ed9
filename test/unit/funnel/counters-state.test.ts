import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CounterColumn } from '../../../domain/counters.ts'
import { findSegment, type PopularLists } from '../../../domain/popular-lists.ts'
import { Role } from '../../../domain/roles.ts'
import { CounterEpochReader } from '../../../domain/shared/counter-epochs.ts'
import type { FoldedEvent } from '../../../features/folded-event.ts'
import { CountersState, type PublishedEpoch } from '../../../funnel/counters-state.ts'
import { startOf2024 as now, testSettings } from '../../fakes/samples.ts'

const minute = 60_000
const settings = testSettings({ 'counters.sketchCapacity': 10, 'counters.listLength': 5, 'counters.segmentsMax': 2 })

function listOf(lists: PopularLists, segment: number): number[] | null {
  const at = findSegment(lists, segment)
  return at < 0 ? null : [...lists.segmentItems.items.subarray(...lists.segmentOffsets.subarray(at, at + 2))]
}

let made = 0
function event(item: number, roles: number, fields: Partial<FoldedEvent> = {}): FoldedEvent {
  const seq = ++made
  const base = { seq, eventIdHash: seq, userHash: seq, item, roles, value: Number.NaN, time: now + seq * minute }
  return { ...base, region: 0, language: 0, device: 0, ...fields }
}

/** Everything that an epoch says, in plain numbers. */
function contents({ counters, popular }: PublishedEpoch) {
  const reader = new CounterEpochReader(counters)
  const columns = Object.values(CounterColumn)
  return {
    items: Array.from({ length: 20 }, (_, item) => [reader.lastAt(item), columns.map(c => reader.value(item, c))]),
    totals: columns.map(column => reader.total(column)),
    trending: [[...popular.trending.items], [...popular.trending.scores]],
    popular: [[...popular.popular.items], [...popular.popular.scores]],
    segments: [[...popular.segmentKeys], [...popular.segmentOffsets], [...popular.segmentItems.items]],
  }
}

const anyEvent = fc.record({
  item: fc.nat(19),
  roles: fc.integer({ min: 1, max: 31 }),
  value: fc.oneof(fc.constant(Number.NaN), fc.double({ min: -5, max: 5, noNaN: true })),
  userHash: fc.nat(3),
  time: fc.integer({ min: now, max: now + 1000 * minute }),
  eventIdHash: fc.nat(60),
  segment: fc.nat(3),
})
type AnyEvent = typeof anyEvent extends fc.Arbitrary<infer E> ? E : never

function fold(state: CountersState, events: readonly AnyEvent[], firstSeq: number): void {
  events.forEach(({ segment, ...fields }, i) => {
    const folded = event(fields.item, fields.roles, { ...fields, seq: firstSeq + i })
    state.apply(folded)
    if (segment > 0) state.applySegment({ ...folded, segment })
  })
}

describe('the counters', () => {
  it('are a function of the events: the same ones give the same epochs', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 80 }), events => {
        const epochs = [new CountersState(settings), new CountersState(settings)].map(state => {
          fold(state, events, 1)
          return contents(state.publish(1000, now + 2000 * minute))
        })
        expect(epochs[0]).toEqual(epochs[1])
      }),
    )
  })

  it('go on from a snapshot exactly as if they had never stopped', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), fc.array(anyEvent, { maxLength: 60 }), (first, second) => {
        const uninterrupted = new CountersState(settings)
        fold(uninterrupted, first, 1)
        uninterrupted.publish(500, now + 1000 * minute)
        const restored = new CountersState(settings, structuredClone(uninterrupted.snapshot()))
        expect(contents(restored.latest)).toEqual(contents(uninterrupted.latest))
        for (const state of [uninterrupted, restored]) fold(state, second, 501)
        const [a, b] = [uninterrupted, restored].map(state => contents(state.publish(1000, now + 2000 * minute)))
        expect(b).toEqual(a)
      }),
    )
  })

  it('publish epochs that later events do not change', () => {
    const state = new CountersState(settings)
    state.apply(event(3, Role.click))
    const epoch = state.publish(10, now + 100 * minute)
    const before = contents(epoch)
    for (let i = 0; i < 50; i++) state.apply(event(3, Role.click | Role.positive))
    state.publish(20, now + 200 * minute)
    expect(contents(epoch)).toEqual(before)
  })

  it('count an event that is sent again, and a role of the same engagement, once', () => {
    const state = new CountersState(settings)
    const click = event(3, Role.click, { userHash: 7 })
    state.apply(click)
    state.apply(click)
    state.apply(event(3, Role.click | Role.finish, { userHash: 7, time: click.time + minute }))
    const reader = new CounterEpochReader(state.publish(10, now).counters)
    expect([CounterColumn.clicks, CounterColumn.finishes].map(column => reader.value(3, column))).toEqual([1, 1])
  })

  it('count the same click of the same person anew once the engagement lies far enough back', () => {
    const state = new CountersState(settings)
    const click = event(3, Role.click, { userHash: 7 })
    state.apply(click)
    state.apply(event(3, Role.click, { userHash: 7, time: click.time + 5 * 60 * minute }))
    const reader = new CounterEpochReader(state.publish(10, now).counters)
    expect(reader.value(3, CounterColumn.clicks)).toBe(2)
  })

  it('refuse to publish an epoch that is not above the one before', () => {
    const state = new CountersState(settings)
    state.publish(10, now)
    expect(() => state.publish(10, now)).toThrow(RangeError)
  })
})

describe('the popular lists', () => {
  it('rank by engagement, where liking counts twice and a dislike nothing', () => {
    const state = new CountersState(settings)
    const at = { time: now }
    state.apply(event(1, Role.click, at))
    state.apply(event(2, Role.positive, at))
    state.apply(event(3, Role.click | Role.negative, at))
    state.apply(event(4, Role.impression, at))
    state.apply(event(5, Role.positive, at))
    state.apply(event(5, Role.click, at))
    const { trending, popular } = state.publish(10, now).popular
    expect([...trending.items]).toEqual([5, 2, 1])
    expect([...popular.items]).toEqual([5, 2, 1])
  })

  it('forget faster what is trending than what is popular', () => {
    const state = new CountersState(settings)
    const hour = 60 * minute
    for (let i = 0; i < 3; i++) state.apply(event(1, Role.click, { time: now - 400 * hour }))
    state.apply(event(2, Role.click, { time: now }))
    const { trending, popular } = state.publish(10, now).popular
    expect([trending.items[0], popular.items[0]]).toEqual([2, 1])
  })

  it('are at most as long as set', () => {
    const state = new CountersState(settings)
    for (let item = 0; item < 9; item++) state.apply(event(item, Role.click))
    expect(state.publish(10, now).popular.trending.items).toHaveLength(5)
  })

  it('of segments hold what their people engaged with, for as many segments as are allowed', () => {
    const state = new CountersState(settings)
    const engage = (segment: number, item: number) =>
      state.applySegment({ seq: ++made, item, segment, roles: Role.click, time: now })
    for (const [segment, item] of [
      [300, 1],
      [300, 1],
      [300, 2],
      [100, 7],
      [200, 9],
    ])
      engage(segment, item)
    const { popular } = state.publish(10, now)
    expect([...popular.segmentKeys]).toEqual([100, 300])
    expect([100, 300, 200].map(segment => listOf(popular, segment))).toEqual([[7], [1, 2], null])
  })

  it('of segments are made anew a few at a time, those that wait longest first, and all of them in a restored state', () => {
    const settings = testSettings({ 'counters.segmentsPerEpochMax': 2 })
    const state = new CountersState(settings)
    const engage = (segment: number, item: number) =>
      state.applySegment({ seq: ++made, item, segment, roles: Role.click, time: now })
    const segments = [5, 4, 3, 2, 1]
    const shown = ({ popular }: PublishedEpoch) => segments.map(segment => listOf(popular, segment))
    for (const segment of segments) engage(segment, 10 * segment)
    expect(shown(state.publish(++made, now))).toEqual([[50], [40], null, null, null])
    for (let i = 0; i < 2; i++) engage(5, 51)
    expect(shown(state.publish(++made, now))).toEqual([[50], [40], [30], [20], null])
    const later = now + 1000 * minute
    const all = [[51, 50], [40], [30], [20], [10]]
    const restored = new CountersState(settings, structuredClone(state.snapshot()))
    expect(shown(restored.latest)).toEqual(all)
    expect(shown(state.publish(++made, later))).toEqual(all)
  })

  it('of segments without new engagements are not made again', () => {
    const state = new CountersState(settings)
    state.applySegment({ seq: ++made, item: 1, segment: 7, roles: Role.click, time: now })
    const first = state.publish(++made, now).popular
    state.apply(event(3, Role.click))
    const second = state.publish(++made, now + 500 * minute).popular
    expect(second.segmentItems).toBe(first.segmentItems)
    expect([...second.trending.items]).toEqual([3])
  })

  it('of segments are whole where a replay asks for them', () => {
    const state = new CountersState(testSettings({ 'counters.segmentsPerEpochMax': 1 }))
    for (const segment of [1, 2, 3])
      state.applySegment({ seq: ++made, item: segment, segment, roles: Role.click, time: now })
    expect([1, 2, 3].map(segment => listOf(state.lists(10, now), segment))).toEqual([[1], [2], [3]])
  })
})
