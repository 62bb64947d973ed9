import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  buildCoVisitation,
  type CoVisitationOptions,
  type Interactions,
} from '../../../../algorithms/retrieval/co-visitation.ts'
import { accumulateFromHistory, type ItemLists, scoreFromHistory } from '../../../../algorithms/retrieval/item-lists.ts'
import { SparseAccumulator } from '../../../../algorithms/retrieval/sparse-accumulator.ts'
import { TopK } from '../../../../algorithms/retrieval/top-k.ts'
import { createSearchResult } from '../../../../algorithms/retrieval/vector-index.ts'

type Row = { user: number; item: number; time: number; weight: number }

const ITEMS = 12
const plain: CoVisitationOptions = {
  itemCount: ITEMS,
  neighboursPerItem: ITEMS,
  windowInteractions: 5,
  windowMs: Infinity,
  positionDecay: 1,
  backwardWeight: 1,
  ownPopularityExponent: 0,
  neighbourPopularityExponent: 0,
}

function columns(rows: readonly Row[]): Interactions {
  return {
    users: Uint32Array.from(rows, row => row.user),
    items: Uint32Array.from(rows, row => row.item),
    timesMs: Float64Array.from(rows, row => row.time),
    weights: Float32Array.from(rows, row => row.weight),
  }
}

function listOf(lists: ItemLists, item: number): Map<number, number> {
  const entries = new Map<number, number>()
  for (let at = lists.offsets[item]!; at < lists.offsets[item + 1]!; at++)
    entries.set(lists.neighbours[at]!, lists.scores[at]!)
  return entries
}

/** The definition, pair by pair. */
function bruteForce(rows: readonly Row[], options: CoVisitationOptions): number[][] {
  const counts = Array.from({ length: ITEMS }, () => new Array<number>(ITEMS).fill(0))
  const popularity = new Array<number>(ITEMS).fill(0)
  for (const row of rows) popularity[row.item]! += row.weight
  for (const user of new Set(rows.map(row => row.user))) {
    const own = rows.filter(row => row.user === user)
    for (let p = 0; p < own.length; p++) {
      for (let q = p + 1; q < own.length && q - p <= options.windowInteractions; q++) {
        const [before, after] = [own[p]!, own[q]!]
        if (before.item === after.item || after.time - before.time > options.windowMs) continue
        const strength = before.weight * after.weight * options.positionDecay ** (q - p - 1)
        counts[before.item]![after.item]! += strength
        counts[after.item]![before.item]! += options.backwardWeight * strength
      }
    }
  }
  const { ownPopularityExponent: a, neighbourPopularityExponent: b } = options
  return counts.map((line, i) =>
    line.map((count, j) => (count === 0 ? 0 : count / (popularity[i]! ** a * popularity[j]! ** b))),
  )
}

const anyRows = fc
  .array(
    fc.record({ user: fc.nat(4), item: fc.nat(ITEMS - 1), time: fc.nat(100), weight: fc.integer({ min: 1, max: 3 }) }),
    { maxLength: 80 },
  )
  .map(rows => rows.toSorted((a, b) => a.time - b.time))
const anyOptions = fc
  .record({
    windowInteractions: fc.integer({ min: 1, max: 6 }),
    windowMs: fc.constantFrom(0, 10, 50, Infinity),
    positionDecay: fc.constantFrom(0.5, 0.9, 1),
    backwardWeight: fc.constantFrom(0, 0.3, 1),
    ownPopularityExponent: fc.constantFrom(0, 0.5, 1),
    neighbourPopularityExponent: fc.constantFrom(0, 0.5, 1),
  })
  .map(options => ({ ...plain, ...options }))

describe('buildCoVisitation', () => {
  it('gives what its definition gives, pair by pair', () => {
    fc.assert(
      fc.property(anyRows, anyOptions, (rows, options) => {
        const lists = buildCoVisitation(columns(rows), options)
        const expected = bruteForce(rows, options)
        for (let item = 0; item < ITEMS; item++) {
          const found = listOf(lists, item)
          for (let other = 0; other < ITEMS; other++) {
            const score = expected[item]![other]!
            if (score === 0) expect(found.has(other)).toBe(false)
            else expect(Math.abs(found.get(other)! - score)).toBeLessThan(1e-4 * Math.max(1, score))
          }
        }
      }),
    )
  })

  it('orders each list by score and cuts it to the best', () => {
    fc.assert(
      fc.property(anyRows, fc.integer({ min: 1, max: 4 }), (rows, neighboursPerItem) => {
        const whole = buildCoVisitation(columns(rows), plain)
        const cut = buildCoVisitation(columns(rows), { ...plain, neighboursPerItem })
        for (let item = 0; item < ITEMS; item++) {
          const entries = [...listOf(whole, item)]
          expect(entries).toEqual(entries.toSorted((a, b) => b[1] - a[1] || a[0] - b[0]))
          expect([...listOf(cut, item)]).toEqual(entries.slice(0, neighboursPerItem))
        }
      }),
    )
  })

  it('does not mind how users are interleaved', () => {
    fc.assert(
      fc.property(anyRows, rows => {
        const byUser = rows.toSorted((a, b) => a.user - b.user)
        expect(buildCoVisitation(columns(byUser), plain)).toEqual(buildCoVisitation(columns(rows), plain))
      }),
    )
  })

  it('keeps only what followed when the backward weight is 0', () => {
    const rows = [1, 2, 3].map(item => ({ user: 0, item, time: item, weight: 1 }))
    const lists = buildCoVisitation(columns(rows), { ...plain, backwardWeight: 0 })
    expect([...listOf(lists, 1).keys()]).toEqual([2, 3])
    expect([...listOf(lists, 3).keys()]).toEqual([])
  })

  it('says which row is wrong', () => {
    const row = { user: 0, item: 1, time: 5, weight: 1 }
    expect(() => buildCoVisitation(columns([row, { ...row, time: 4 }]), plain)).toThrow(/user 0 .* not in time order/)
    expect(() => buildCoVisitation(columns([{ ...row, item: ITEMS }]), plain)).toThrow(/row 0 has item 12/)
    expect(() => buildCoVisitation({ ...columns([row]), weights: new Float32Array(0) }, plain)).toThrow(
      /differ in length/,
    )
  })

  it('makes empty lists of nothing', () => {
    const lists = buildCoVisitation(columns([]), plain)
    expect(lists.offsets).toEqual(new Uint32Array(ITEMS + 1))
    expect(lists.neighbours.length).toBe(0)
  })
})

describe('scoring from a history', () => {
  const lists: ItemLists = {
    offsets: Uint32Array.of(0, 2, 4, 4),
    neighbours: Uint32Array.of(1, 2, 2, 0),
    scores: Float32Array.of(3, 1, 2, 1),
  }

  it('adds up the weighted votes of the history and selects the best', () => {
    const out = createSearchResult(2)
    const accumulator = new SparseAccumulator(3)
    const selector = new TopK()
    const history = Uint32Array.of(0, 1, 99)
    for (let repeat = 0; repeat < 2; repeat++) {
      expect(scoreFromHistory(lists, history, Float32Array.of(1, 2, 7), 2, accumulator, selector, out)).toBe(2)
      expect(Array.from(out.labels)).toEqual([2, 1])
      expect(Array.from(out.scores)).toEqual([5, 3])
    }
  })

  it('adds to what the accumulator holds', () => {
    const accumulator = new SparseAccumulator(3)
    accumulator.add(1, 10)
    accumulateFromHistory(lists, Uint32Array.of(0), Float32Array.of(1), accumulator)
    expect(Array.from(accumulator.values)).toEqual([0, 13, 1])
  })

  it('refuses an accumulator that is too small for the lists', () => {
    expect(() => accumulateFromHistory(lists, Uint32Array.of(0), Float32Array.of(1), new SparseAccumulator(2))).toThrow(
      /2 items cannot hold lists of 3/,
    )
  })
})
