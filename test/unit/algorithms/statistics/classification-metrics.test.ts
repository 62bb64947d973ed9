import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expectedCalibrationError, reliabilityBins } from '../../../../algorithms/statistics/calibration.ts'
import { auc, brierScore, groupedAuc, logLoss } from '../../../../algorithms/statistics/classification-metrics.ts'

const rows = fc.array(fc.record({ score: fc.integer({ min: 0, max: 8 }), label: fc.constantFrom(0, 1) }), {
  minLength: 2,
  maxLength: 40,
})

/** The definition: the share of positive-negative pairs in the right order, ties counting one half. */
function aucByPairs(scores: number[], labels: number[]): number {
  let wins = 0
  let pairs = 0
  for (let i = 0; i < scores.length; i++) {
    for (let j = 0; j < scores.length; j++) {
      if (labels[i] !== 1 || labels[j] !== 0) continue
      pairs++
      wins += scores[i] > scores[j] ? 1 : scores[i] === scores[j] ? 0.5 : 0
    }
  }
  return wins / pairs
}

describe('AUC', () => {
  it('is 0.75 for the scores .1 .4 .35 .8 with the last two positive', () => {
    expect(auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toBe(0.75)
  })

  it('is one half when nothing is told apart and NaN when one class is missing', () => {
    expect(auc([1, 1, 1], [0, 1, 0])).toBe(0.5)
    expect(auc([1, 2], [1, 1])).toBeNaN()
  })

  it('equals the share of pairs in the right order, ties included', () => {
    fc.assert(
      fc.property(rows, sample => {
        const scores = sample.map(row => row.score)
        const labels = sample.map(row => row.label)
        const expected = aucByPairs(scores, labels)
        if (Number.isNaN(expected)) expect(auc(scores, labels)).toBeNaN()
        else expect(auc(scores, labels)).toBeCloseTo(expected, 12)
      }),
    )
  })

  it('refuses labels that are not 0 or 1, NaN scores and unequal lengths', () => {
    expect(() => auc([1, 2], [0, 2])).toThrow(/label 1/)
    expect(() => auc([Number.NaN, 2], [0, 1])).toThrow(/row 0 is NaN/)
    expect(() => auc([1], [0, 1])).toThrow(/one label per prediction/)
  })
})

describe('gAUC', () => {
  it('weights the AUC of each user by impressions and skips users with one class', () => {
    const users = [7, 7, 9, 9, 9, 9, 3, 3]
    const scores = [0.2, 0.9, 0.9, 0.5, 0.4, 0.1, 0.3, 0.6]
    const labels = [0, 1, 0, 1, 0, 0, 1, 1]
    const { gauc, groupsUsed, groupsSkipped } = groupedAuc(scores, labels, users)
    expect(gauc).toBeCloseTo((2 * 1 + 4 * (2 / 3)) / 6, 12)
    expect([groupsUsed, groupsSkipped]).toEqual([2, 1])
  })

  it('equals AUC for a single user, whatever the order of rows', () => {
    fc.assert(
      fc.property(rows, sample => {
        const scores = sample.map(row => row.score)
        const labels = sample.map(row => row.label)
        const { gauc } = groupedAuc([...scores].reverse(), [...labels].reverse(), new Int32Array(scores.length))
        fc.pre(labels.includes(0) && labels.includes(1))
        expect(gauc).toBeCloseTo(auc(scores, labels), 12)
      }),
    )
  })

  it('does not see a shift of one user’s scores, which AUC does', () => {
    const users = [1, 1, 2, 2]
    const labels = [0, 1, 0, 1]
    expect(groupedAuc([0.1, 0.2, 5.1, 5.2], labels, users).gauc).toBe(1)
    expect(auc([0.1, 0.2, 5.1, 5.2], labels)).toBe(0.75)
  })

  it('is NaN when no user has both classes', () => {
    expect(groupedAuc([1, 2], [0, 1], [1, 2]).gauc).toBeNaN()
  })
})

describe('probability errors', () => {
  it('log loss is the mean of minus log likelihood', () => {
    const expected = -(Math.log(0.9) + Math.log(0.8) + Math.log(0.3)) / 3
    expect(logLoss([0.9, 0.2, 0.3], [1, 0, 1])).toBeCloseTo(expected, 12)
  })

  it('log loss of a certain miss is large and finite', () => {
    expect(logLoss([0, 1], [1, 0])).toBeCloseTo(-Math.log(1e-15), 1)
    expect(() => logLoss([Number.NaN], [1])).toThrow(/NaN/)
  })

  it('the Brier score is the mean squared error', () => {
    expect(brierScore([0.9, 0.2, 0.3], [1, 0, 1])).toBeCloseTo((0.01 + 0.04 + 0.49) / 3, 12)
  })
})

describe('calibration', () => {
  it('equal-width bins: two bins of two rows, off by 0.2 and 0.3', () => {
    const bins = reliabilityBins([0.1, 0.3, 0.6, 1], [0, 0, 1, 0], 2, 'equal-width')
    expect([...bins.counts]).toEqual([2, 2])
    expect(bins.meanPredicted[1]).toBeCloseTo(0.8, 12)
    expect([...bins.observedRate]).toEqual([0, 0.5])
    expect(expectedCalibrationError(bins)).toBeCloseTo((2 * 0.2 + 2 * 0.3) / 4, 12)
  })

  it('equal-mass bins split rows evenly where equal-width bins pile them up', () => {
    const predictions = [0.01, 0.02, 0.03, 0.04, 0.05, 0.06]
    const labels = [0, 0, 0, 0, 1, 0]
    expect([...reliabilityBins(predictions, labels, 3, 'equal-mass').counts]).toEqual([2, 2, 2])
    expect([...reliabilityBins(predictions, labels, 3, 'equal-width').counts]).toEqual([6, 0, 0])
  })

  it('equal-mass bins never part equal predictions, so the order of rows does not matter', () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 6 }), (sample, count) => {
        const ece = (order: typeof sample): number =>
          expectedCalibrationError(
            reliabilityBins(
              order.map(row => row.score / 8),
              order.map(row => row.label),
              count,
              'equal-mass',
            ),
          )
        expect(ece([...sample].reverse())).toBeCloseTo(ece(sample), 12)
      }),
    )
  })

  it('is zero for predictions that equal the observed rate of their bin', () => {
    const bins = reliabilityBins([0.25, 0.25, 0.25, 0.25], [1, 0, 0, 0], 10, 'equal-mass')
    expect(expectedCalibrationError(bins)).toBe(0)
  })

  it('refuses predictions outside [0, 1]', () => {
    expect(() => reliabilityBins([1.2], [1], 10, 'equal-width')).toThrow(/prediction 0/)
    expect(() => reliabilityBins([0.2], [1], 0, 'equal-width')).toThrow(/bins/)
  })
})
