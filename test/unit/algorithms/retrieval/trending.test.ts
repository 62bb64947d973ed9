import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TrendingSketch } from '../../../../algorithms/retrieval/trending.ts'
import { createSearchResult } from '../../../../algorithms/retrieval/vector-index.ts'

type Event = { item: number; weight: number; time: number }

const HALF_LIFE_MS = 1000

/** Times in no order, some of them many half-lives apart, so that weights are rescaled on the way. */
const eventsOver = (items: number, spanMs: number) =>
  fc.array(
    fc.record({
      item: fc.nat(items - 1),
      weight: fc.integer({ min: 1, max: 5 }),
      time: fc.integer({ min: 1_700_000_000_000, max: 1_700_000_000_000 + spanMs }),
    }),
    { minLength: 1, maxLength: 200, size: 'max' },
  )

function feed(sketch: TrendingSketch, events: readonly Event[]): TrendingSketch {
  for (const { item, weight, time } of events) sketch.add(item, weight, time)
  return sketch
}

function exactWeights(events: readonly Event[], now: number): Map<number, number> {
  const weights = new Map<number, number>()
  for (const { item, weight, time } of events) {
    weights.set(item, (weights.get(item) ?? 0) + weight * 2 ** ((time - now) / HALF_LIFE_MS))
  }
  return weights
}

function top(sketch: TrendingSketch, k: number, now: number): [number, number][] {
  const out = createSearchResult(k)
  const count = sketch.top(k, now, out)
  return Array.from({ length: count }, (_, at) => [out.labels[at]!, out.scores[at]!])
}

const latest = (events: readonly Event[]) => Math.max(...events.map(event => event.time))

describe('TrendingSketch', () => {
  it('counts exactly while there are no more items than it keeps, late events included', () => {
    fc.assert(
      fc.property(eventsOver(20, 20 * HALF_LIFE_MS), events => {
        const now = latest(events)
        const exact = exactWeights(events, now)
        const found = top(feed(new TrendingSketch(20, HALF_LIFE_MS), events), 20, now)
        expect(found).toHaveLength(exact.size)
        for (const [item, weight] of found) expect(Math.abs(weight / exact.get(item)! - 1)).toBeLessThan(1e-6)
        const weights = found.map(([, weight]) => weight)
        expect(weights).toEqual(weights.toSorted((a, b) => b - a))
      }),
    )
  })

  it('bounds every weight from both sides, and keeps every item above the total divided by the capacity', () => {
    fc.assert(
      fc.property(eventsOver(40, 20 * HALF_LIFE_MS), fc.integer({ min: 1, max: 12 }), (events, capacity) => {
        const now = latest(events)
        const exact = exactWeights(events, now)
        const total = [...exact.values()].reduce((sum, weight) => sum + weight, 0)
        const { items, weights, errors, landmarkMs } = feed(
          new TrendingSketch(capacity, HALF_LIFE_MS),
          events,
        ).toState()
        const scale = 2 ** ((landmarkMs - now) / HALF_LIFE_MS)
        const slack = 1e-9 * total
        for (let slot = 0; slot < items.length; slot++) {
          const truth = exact.get(items[slot]!) ?? 0
          expect(truth).toBeLessThanOrEqual(weights[slot]! * scale + slack)
          expect(truth).toBeGreaterThanOrEqual((weights[slot]! - errors[slot]!) * scale - slack)
        }
        for (const [item, weight] of exact) {
          if (weight > total / capacity + slack) expect(items.includes(item)).toBe(true)
        }
      }),
    )
  })

  it('does not mind the order in which events arrive', () => {
    fc.assert(
      fc.property(eventsOver(10, 20 * HALF_LIFE_MS), events => {
        const now = latest(events)
        const forward = new Map(top(feed(new TrendingSketch(10, HALF_LIFE_MS), events), 10, now))
        const backward = top(feed(new TrendingSketch(10, HALF_LIFE_MS), events.toReversed()), 10, now)
        expect(backward).toHaveLength(forward.size)
        for (const [item, weight] of backward) expect(Math.abs(weight / forward.get(item)! - 1)).toBeLessThan(1e-6)
      }),
    )
  })

  it('goes on bit for bit after its state was taken and restored', () => {
    fc.assert(
      fc.property(eventsOver(30, 5000 * HALF_LIFE_MS), eventsOver(30, 5000 * HALF_LIFE_MS), (before, after) => {
        const sketch = feed(new TrendingSketch(7, HALF_LIFE_MS), before)
        const restored = TrendingSketch.fromState(structuredClone(sketch.toState()))
        expect(restored.toState()).toEqual(sketch.toState())
        expect(feed(restored, after).toState()).toEqual(feed(sketch, after).toState())
      }),
    )
  })

  it('is worth half after one half-life, and the order of items does not change with time alone', () => {
    const sketch = feed(new TrendingSketch(3, HALF_LIFE_MS), [
      { item: 1, weight: 8, time: 0 },
      { item: 2, weight: 4, time: 500 },
    ])
    expect(top(sketch, 3, 0)[0]).toEqual([1, 8])
    expect(top(sketch, 3, HALF_LIFE_MS)[0]).toEqual([1, 4])
    expect(top(sketch, 3, 9 * HALF_LIFE_MS).map(([item]) => item)).toEqual([1, 2])
  })

  it('lets the new outgrow the old over thousands of half-lives without overflow', () => {
    const sketch = new TrendingSketch(4, HALF_LIFE_MS)
    for (let step = 0; step < 50; step++) sketch.add(step % 5, 1, step * 300 * HALF_LIFE_MS)
    const now = 49 * 300 * HALF_LIFE_MS
    expect(top(sketch, 4, now)).toEqual([[49 % 5, 1]])
  })

  it('does not let an event too old to matter push out an item', () => {
    const sketch = new TrendingSketch(1, HALF_LIFE_MS)
    sketch.add(1, 1, 10_000 * HALF_LIFE_MS)
    sketch.add(2, 1, 0)
    sketch.add(3, 0, 10_000 * HALF_LIFE_MS)
    expect(top(sketch, 1, 10_000 * HALF_LIFE_MS)).toEqual([[1, 1]])
  })

  it('credits a newcomer only with what was seen of it', () => {
    const sketch = new TrendingSketch(2, HALF_LIFE_MS)
    sketch.add(1, 10, 0)
    sketch.add(2, 9, 0)
    sketch.add(3, 1, 0)
    expect(top(sketch, 2, 0)).toEqual([
      [1, 10],
      [3, 1],
    ])
  })

  it('refuses weights and times that mean nothing', () => {
    const sketch = new TrendingSketch(2, HALF_LIFE_MS)
    for (const weight of [-1, Number.NaN, Infinity]) expect(() => sketch.add(1, weight, 0)).toThrow(RangeError)
    for (const time of [Number.NaN, Infinity]) expect(() => sketch.add(1, 1, time)).toThrow(RangeError)
    expect(() => new TrendingSketch(0, 1)).toThrow(RangeError)
    expect(() => new TrendingSketch(1, 0)).toThrow(RangeError)
    expect(sketch.size).toBe(0)
  })
})
