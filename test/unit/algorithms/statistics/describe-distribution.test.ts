import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  describeLengths,
  describePopularity,
  describeRepeats,
  sessionLengths,
} from '../../../../algorithms/statistics/describe-distribution.ts'
import { groupRows } from '../../../../algorithms/statistics/grouping.ts'

describe('the shape of popularity', () => {
  it('finds the exponent of an exact power law with a perfect fit', () => {
    const counts = Float64Array.from({ length: 2000 }, (_, i) => 1e6 * (i + 1) ** -0.8)
    const shape = describePopularity(counts)
    expect(shape.zipfSlope).toBeCloseTo(-0.8, 10)
    expect(shape.zipfFit).toBeCloseTo(1, 10)
  })

  it('takes top shares over items that have events at all', () => {
    const counts = new Uint32Array(150)
    counts.fill(1, 0, 100)
    counts[40] = 101
    const shape = describePopularity(counts)
    expect(shape).toMatchObject({ items: 100, events: 200 })
    expect(shape.shareTop1Percent).toBeCloseTo(101 / 200, 12)
    expect(shape.shareTop10Percent).toBeCloseTo(110 / 200, 12)
    expect(shape.gini).toBeCloseTo(0.495, 12)
  })

  it('has nothing to say about an empty log', () => {
    expect(describePopularity([0, 0])).toMatchObject({ items: 0, events: 0, gini: Number.NaN, zipfSlope: Number.NaN })
  })
})

describe('lengths', () => {
  it('gives mean, median, 90th percentile and maximum', () => {
    expect(describeLengths([10, 1, 2, 3, 4, 16])).toEqual({ count: 6, mean: 6, median: 3.5, p90: 13, max: 16 })
    expect(describeLengths([]).median).toBeNaN()
  })
})

describe('sessions', () => {
  it('end where a user pauses longer than the gap, even when users interleave', () => {
    const users = [1, 2, 1, 2, 1, 1]
    const times = [0, 5, 10, 200, 111, 112]
    expect([...sessionLengths(users, times, 100)]).toEqual([2, 2, 1, 1])
    expect([...sessionLengths(users, times, 101)]).toEqual([4, 1, 1])
  })

  it('refuse a user whose events are not in time order', () => {
    expect(() => sessionLengths([1, 1], [5, 4], 100)).toThrow(/row 1/)
  })
})

describe('repeats', () => {
  it('are events on an item that the same user met before', () => {
    const users = [1, 1, 1, 2, 2, 3]
    const items = [7, 7, 7, 7, 8, 7]
    expect(describeRepeats(users, items)).toEqual({ eventShare: 2 / 6, userShare: 1 / 3 })
  })
})

describe('gathering rows by group', () => {
  it('loses no row, keeps the order within a group and numbers groups as they appear', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -3, max: 5 }), { maxLength: 40 }), ids => {
        const { count, offsets, rows, groupOfRow } = groupRows(ids, ids.length)
        expect(count).toBe(new Set(ids).size)
        const distinct = [...new Set(ids)]
        for (let g = 0; g < count; g++) {
          const members = [...rows.subarray(offsets[g], offsets[g + 1])]
          expect(members).toEqual(ids.flatMap((id, row) => (id === distinct[g] ? [row] : [])))
          for (const row of members) expect(groupOfRow[row]).toBe(g)
        }
        expect(offsets[count]).toBe(ids.length)
      }),
    )
  })

  it('refuses when ids do not match rows', () => {
    expect(() => groupRows([1], 2)).toThrow(/one per row/)
  })
})
