import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { auc } from '../../../../algorithms/statistics/classification-metrics.ts'
import { pairAgreement, rankCorrelation } from '../../../../algorithms/statistics/rank-agreement.ts'

describe('the agreement of pairs', () => {
  it('counts pairs of different grades, equal scores one half', () => {
    // Pairs by grade: (1,2) agrees, (1,3) disagrees, (2,3) disagrees; the two of grade 3 are no pair.
    expect(pairAgreement([2, 5, 1, 1], [0.1, 0.2, 0.3, 0.3])).toBeCloseTo(1 / 5, 12)
    expect(pairAgreement([7, 7], [0, 1])).toBe(0.5)
    expect(pairAgreement([1, 2], [4, 4])).toBeNaN()
  })

  it('is the AUC where grades are 0 and 1', () => {
    const row = fc.record({ score: fc.integer({ min: 0, max: 9 }), label: fc.integer({ min: 0, max: 1 }) })
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), rows => {
        const scores = rows.map(({ score }) => score)
        const labels = rows.map(({ label }) => label)
        const expected = auc(scores, labels)
        if (Number.isNaN(expected)) expect(pairAgreement(scores, labels)).toBeNaN()
        else expect(pairAgreement(scores, labels)).toBeCloseTo(expected, 12)
      }),
    )
  })

  it('refuses lists of different lengths', () => {
    expect(() => pairAgreement([1], [1, 2])).toThrow(RangeError)
    expect(() => rankCorrelation([1], [1, 2])).toThrow(RangeError)
  })
})

describe('the correlation of ranks', () => {
  it('is 1 for the same order, -1 for the reverse, and nothing for a constant', () => {
    expect(rankCorrelation([1, 2, 30], [-5, 0, 0.1])).toBeCloseTo(1, 12)
    expect(rankCorrelation([1, 2, 30], [3, 2, 1])).toBeCloseTo(-1, 12)
    expect(rankCorrelation([1, 1, 1], [3, 2, 1])).toBeNaN()
  })

  it('gives equal values the mean of their ranks', () => {
    // Ranks 0.5 0.5 2 3 and 0 1 2 3: covariance 4.5, squares 4.5 and 5.
    expect(rankCorrelation([4, 4, 6, 9], [1, 2, 3, 4])).toBeCloseTo(4.5 / Math.sqrt(4.5 * 5), 12)
  })
})
