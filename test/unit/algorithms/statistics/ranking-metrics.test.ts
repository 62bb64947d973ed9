import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  averagePrecision,
  dcgAt,
  hitRateAt,
  meanOfDefined,
  ndcgAt,
  precisionAt,
  rankOfTarget,
  recallAt,
  reciprocalRank,
} from '../../../../algorithms/statistics/ranking-metrics.ts'

describe('metrics of one ranked list', () => {
  it('nDCG of the graded list 3 2 3 0 1 2 is 0.961 and, with two more relevant items outside it, 0.785', () => {
    const gains = [3, 2, 3, 0, 1, 2]
    expect(dcgAt(gains, 6)).toBeCloseTo(6.861, 3)
    expect(ndcgAt(gains, gains, 6, 'truncated')).toBeCloseTo(0.961, 3)
    expect(ndcgAt(gains, [...gains, 3, 2], 6, 'truncated')).toBeCloseTo(0.785, 3)
  })

  it('the ideal gain counts k items when truncated and all relevant items when full', () => {
    const gains = [1, 1]
    const relevant = [1, 1, 1]
    const top2 = 1 + 1 / Math.log2(3)
    expect(ndcgAt(gains, relevant, 2, 'truncated')).toBe(1)
    expect(ndcgAt(gains, relevant, 2, 'full')).toBeCloseTo(top2 / (top2 + 0.5), 12)
  })

  it('recall divides by all relevant items or by what fits into k', () => {
    const gains = [1, 0, 1, 0]
    expect(recallAt(gains, 8, 4, 'relevant')).toBe(0.25)
    expect(recallAt(gains, 8, 4, 'capped')).toBe(0.5)
    expect(recallAt(gains, 2, 4, 'capped')).toBe(1)
  })

  it('precision counts the places of a short list as misses', () => {
    expect(precisionAt([1, 1], 4)).toBe(0.5)
    expect(precisionAt([0, 1, 1, 0], 2)).toBe(0.5)
  })

  it('average precision of hits at ranks 1, 3 and 6 is (1 + 2/3 + 3/6) / relevant', () => {
    const gains = [1, 0, 1, 0, 0, 1]
    expect(averagePrecision(gains, 3)).toBeCloseTo((1 + 2 / 3 + 0.5) / 3, 12)
    expect(averagePrecision(gains, 4)).toBeCloseTo((1 + 2 / 3 + 0.5) / 4, 12)
  })

  it('hit rate and reciprocal rank look at the first relevant item', () => {
    expect(hitRateAt([0, 0, 1], 2)).toBe(0)
    expect(hitRateAt([0, 0, 1], 3)).toBe(1)
    expect(reciprocalRank([0, 0, 1, 1])).toBeCloseTo(1 / 3, 12)
    expect(reciprocalRank([0, 0])).toBe(0)
  })

  it('a query without relevant items has no value and is left out of the mean', () => {
    expect(recallAt([0], 0, 1, 'relevant')).toBeNaN()
    expect(ndcgAt([0], [], 1, 'full')).toBeNaN()
    expect(averagePrecision([0], 0)).toBeNaN()
    expect(meanOfDefined(Float64Array.of(0.5, Number.NaN, 1))).toBe(0.75)
    expect(meanOfDefined([Number.NaN])).toBeNaN()
  })

  it('with one relevant item nDCG is 1 / log2(rank + 1)', () => {
    fc.assert(
      fc.property(fc.nat({ max: 19 }), rank => {
        const gains = new Uint8Array(20)
        gains[rank] = 1
        expect(ndcgAt(gains, [1], 20, 'truncated')).toBeCloseTo(1 / Math.log2(rank + 2), 12)
      }),
    )
  })

  it('every metric lies in [0, 1], nDCG reaches 1 in ideal order, and swapping a hit forward never lowers it', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 2, maxLength: 20 }), fc.nat(), (gains, at) => {
        const relevant = gains.filter(gain => gain > 0)
        fc.pre(relevant.length > 0)
        const k = gains.length
        const value = ndcgAt(gains, relevant, k, 'truncated')
        expect(value).toBeGreaterThanOrEqual(0)
        expect(value).toBeLessThanOrEqual(1 + 1e-12)
        expect(
          ndcgAt(
            [...gains].sort((a, b) => b - a),
            relevant,
            k,
            'full',
          ),
        ).toBeCloseTo(1, 12)
        const i = at % (k - 1)
        const swapped = [...gains]
        if (swapped[i + 1] > swapped[i]) [swapped[i], swapped[i + 1]] = [swapped[i + 1], swapped[i]]
        expect(ndcgAt(swapped, relevant, k, 'truncated')).toBeGreaterThanOrEqual(value)
      }),
    )
  })

  it('a cut-off below one is refused', () => {
    expect(() => precisionAt([1], 0)).toThrow(/k must be/)
  })
})

describe('the rank of a target', () => {
  it('counts what scores higher, and ties against the target', () => {
    expect(rankOfTarget(Float32Array.of(0.1, 0.9, 0.5, 0.5), 2)).toBe(2)
    expect(rankOfTarget(Float32Array.of(0.1, 0.9, 0.5, 0.4), 1)).toBe(0)
    expect(rankOfTarget(new Float32Array(100), 0)).toBe(99)
  })

  it('leaves excluded items out and refuses an excluded target', () => {
    expect(rankOfTarget([Number.NEGATIVE_INFINITY, 0.2, 0.3], 1)).toBe(1)
    expect(() => rankOfTarget([Number.NEGATIVE_INFINITY, 0.2], 0)).toThrow(/excluded/)
  })
})
