import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  coverage,
  exposureCounts,
  gini,
  popularitySkew,
  shannonEntropy,
} from '../../../../algorithms/statistics/catalogue-metrics.ts'
import { quantileOfSorted, quantiles } from '../../../../algorithms/statistics/quantiles.ts'

describe('exposure over a catalogue', () => {
  it('counts the first k places of each list and skips padding', () => {
    const lists = Int32Array.of(0, 1, 2, 0, 3, -1)
    expect([...exposureCounts(lists, 3, 2, 5)]).toEqual([2, 1, 0, 1, 0])
    expect(coverage(exposureCounts(lists, 3, 2, 5))).toBe(0.6)
    expect(coverage(exposureCounts(lists, 3, 3, 5))).toBe(0.8)
  })

  it('refuses items outside the catalogue and ragged lists', () => {
    expect(() => exposureCounts(Int32Array.of(5), 1, 1, 5)).toThrow(/outside a catalogue/)
    expect(() => exposureCounts(Int32Array.of(1, 2, 3), 2, 2, 5)).toThrow(/whole number of lists/)
  })

  it('Gini is 0 when all share equally, (n - 1) / n when one has all, and 0.25 for 1 2 3 4', () => {
    expect(gini([2, 2, 2])).toBe(0)
    expect(gini([0, 0, 9])).toBeCloseTo(2 / 3, 12)
    expect(gini(Uint32Array.of(4, 1, 3, 2))).toBeCloseTo(0.25, 12)
    expect(gini([0, 0])).toBeNaN()
  })

  it('Gini is half the relative mean difference', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 50 }), { minLength: 1, maxLength: 20 }), counts => {
        const total = counts.reduce((sum, count) => sum + count, 0)
        fc.pre(total > 0)
        let differences = 0
        for (const a of counts) for (const b of counts) differences += Math.abs(a - b)
        expect(gini(counts)).toBeCloseTo(differences / (2 * counts.length * total), 12)
      }),
    )
  })

  it('entropy of equal shares is log2 n bits, of one share 0', () => {
    expect(shannonEntropy([3, 3, 3, 3])).toBe(2)
    expect(shannonEntropy([0, 7])).toBe(0)
    expect(shannonEntropy([2, 1, 1])).toBe(1.5)
    expect(shannonEntropy([0])).toBeNaN()
  })

  it('popularity skew is 1 when items are shown as they are consumed and above 1 when only hits are shown', () => {
    const consumption = [6, 3, 1]
    expect(popularitySkew([12, 6, 2], consumption)).toBeCloseTo(1, 12)
    expect(popularitySkew([5, 0, 0], consumption)).toBeCloseTo(6 / 4.6, 12)
    expect(popularitySkew([0, 0, 5], consumption)).toBeLessThan(1)
  })
})

describe('quantiles', () => {
  it('interpolate linearly between order statistics', () => {
    expect(quantiles([4, 1, 3, 2], [0, 0.5, 0.9, 1])).toEqual([1, 2.5, 3.7, 4])
    expect(quantileOfSorted([5], 0.3)).toBe(5)
    expect(quantileOfSorted([], 0.5)).toBeNaN()
    expect(() => quantileOfSorted([1], 1.5)).toThrow(/p in/)
  })
})
