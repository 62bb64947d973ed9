import { describe, expect, it } from 'vitest'
import { intervalOverUsers, truthMetrics, truthOfRows } from '../../../../evaluation/ranking/simulated-truth.ts'
import { normalAt, uniformAt } from '../../../../models/engine/random.ts'

const rows = 600
const logit = (probability: number) => Math.log(probability / (1 - probability))
const truths = Float64Array.from({ length: rows }, (_, row) => 0.02 + 0.9 * uniformAt(3, row))
const users = Int32Array.from({ length: rows }, (_, row) => row % 20)
const requests = Int32Array.from({ length: rows }, (_, row) => row % 60)

function judged(logits: ArrayLike<number>) {
  const all = { logits, truths, users, requests }
  return truthMetrics(all, truthOfRows(all))
}

describe('judging by the truth', () => {
  it('gives an oracle full agreement and no error', () => {
    const { truthAgreement, truthRequestAgreement, truthCorrelation, truthEce, truthError } = judged(truths.map(logit))
    expect([truthAgreement, truthRequestAgreement]).toEqual([1, 1])
    expect(truthCorrelation).toBeCloseTo(1, 9)
    expect([truthEce, truthError]).toEqual([expect.closeTo(0, 9), expect.closeTo(0, 9)])
  })

  it('gives a constant one half, and its distance from the truth as error', () => {
    const { truthAgreement, truthRequestAgreement, truthEce, truthMean, truthMeanPredicted } = judged(
      new Float64Array(rows).fill(logit(0.9)),
    )
    expect([truthAgreement, truthRequestAgreement]).toEqual([0.5, 0.5])
    expect(truthMeanPredicted).toBeCloseTo(0.9, 9)
    expect(truthEce).toBeCloseTo(0.9 - truthMean, 9)
  })

  it('does not care about a person`s level or scale in agreement, and does in calibration', () => {
    const shifted = judged(truths.map((truth, row) => 2 * logit(truth) + users[row]))
    expect([shifted.truthAgreement, shifted.truthRequestAgreement]).toEqual([1, 1])
    expect(shifted.truthCorrelation).toBeLessThan(0.9)
    expect(shifted.truthEce).toBeGreaterThan(0.1)
  })

  it('falls with noise', () => {
    const noisy = (size: number) => judged(truths.map((truth, row) => logit(truth) + size * normalAt(5, row)))
    expect(noisy(0.5).truthAgreement).toBeGreaterThan(noisy(3).truthAgreement)
    expect(noisy(0.5).truthError).toBeLessThan(noisy(3).truthError)
  })

  it('has an interval that holds the mean and narrows with the number of persons', () => {
    const drawn = { seed: 1, rounds: 500 }
    const of = (persons: number) => {
      const values = Float64Array.from({ length: persons }, (_, row) =>
        row === 0 ? Number.NaN : 0.6 + 0.1 * normalAt(8, row),
      )
      return intervalOverUsers(values, Int32Array.from(values.keys()), drawn)
    }
    const [few, many] = [of(40), of(4000)]
    expect(few.lower).toBeLessThan(0.6)
    expect(few.upper).toBeGreaterThan(0.6)
    expect(many.upper - many.lower).toBeLessThan((few.upper - few.lower) / 5)
  })

  it('weighs persons by their rows', () => {
    const two = { logits: [1, 2, 3, 5, 4], truths: [0.1, 0.2, 0.3, 0.1, 0.2], users: [0, 0, 0, 1, 1] }
    const all = { ...two, requests: two.users }
    expect(truthMetrics(all, truthOfRows(all)).truthAgreement).toBeCloseTo(3 / 5, 12)
  })
})
