import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type CalibrationRows,
  type CalibrationTable,
  fitCalibration,
  fitIsotonic,
  fitPlatt,
} from '../../../../models/calibration/calibration.ts'
import { createCalibrator } from '../../../../models/calibration/calibrator.ts'
import { normalAt, uniformAt } from '../../../../models/engine/random.ts'

const sigmoid = (score: number) => 1 / (1 + Math.exp(-score))

/** Logits that the model reports as `distort` of the true ones. */
function miscalibrated(rows: number, seed: number, distort: (logit: number) => number): CalibrationRows {
  const truth = Float64Array.from({ length: rows }, (_, row) => 2 * normalAt(seed, row) - 1)
  return {
    logits: Float32Array.from(truth, distort),
    labels: Float32Array.from(truth, (logit, row) => Number(uniformAt(seed + 1, row) < sigmoid(logit))),
    weights: new Float32Array(rows).fill(1),
  }
}

function logLoss({ logits, labels }: CalibrationRows, probability: (logit: number) => number): number {
  const losses = Array.from(logits, (logit, row) => {
    const p = probability(logit)
    return labels[row] ? -Math.log(p) : -Math.log(1 - p)
  })
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length
}

const sharpAndShifted = (logit: number) => 3 * logit + 2
const bent = (logit: number) => (logit > 0 ? 6 * logit : logit / 3) + 1

/** Any rows at all, with ties, masks and soft labels among them. */
const anyRows = fc
  .array(
    fc.record({
      logit: fc.oneof(fc.integer({ min: -3, max: 3 }), fc.float({ min: -20, max: 20, noNaN: true })),
      label: fc.constantFrom(0, 1, 1, 0.5),
      weight: fc.constantFrom(0, 1, 1, 2.5),
    }),
    { minLength: 1, maxLength: 120 },
  )
  .map(rows => ({
    logits: Float32Array.from(rows, row => row.logit),
    labels: Float32Array.from(rows, row => row.label),
    weights: Float32Array.from(rows, row => row.weight),
  }))

function expectMonotoneAndBounded(table: CalibrationTable): void {
  const { calibrate } = createCalibrator(table)
  let previous = 0
  for (let logit = -25; logit <= 25; logit += 0.05) {
    const probability = calibrate(logit)
    expect(probability).toBeGreaterThanOrEqual(previous - 1e-15)
    expect(probability).toBeGreaterThan(0)
    expect(probability).toBeLessThan(1)
    previous = probability
  }
}

describe('Platt scaling', () => {
  it('finds the line that was bent, and lowers held-out log-loss', () => {
    const table = fitPlatt(miscalibrated(20_000, 10, sharpAndShifted))
    expect(table.slope).toBeCloseTo(1 / 3, 1)
    expect(table.intercept).toBeCloseTo(-2 / 3, 1)
    const heldOut = miscalibrated(20_000, 20, sharpAndShifted)
    const calibrated = logLoss(heldOut, createCalibrator(table).calibrate)
    expect(calibrated).toBeLessThan(logLoss(heldOut, sigmoid) - 0.1)
    expect(calibrated).toBeLessThan(logLoss(heldOut, logit => sigmoid((logit - 2) / 3)) + 0.002)
  })

  it('stays finite for separable rows', () => {
    const table = fitPlatt({
      logits: Float32Array.of(-2, -1, 1, 2),
      labels: Float32Array.of(0, 0, 1, 1),
      weights: Float32Array.of(1, 1, 1, 1),
    })
    expect(table.slope).toBeGreaterThan(0)
    expect(table.slope).toBeLessThan(10)
  })

  it('never turns a ranking round: backward logits get the base rate', () => {
    const rows = miscalibrated(1000, 30, logit => -logit)
    const table = fitPlatt(rows)
    const rate = rows.labels.reduce((sum, label) => sum + label, 0) / 1000
    expect(table.slope).toBe(0)
    expect(createCalibrator(table).calibrate(5)).toBeCloseTo(rate, 2)
  })

  it('changes nothing without rows', () => {
    const none = { logits: Float32Array.of(1), labels: Float32Array.of(1), weights: Float32Array.of(0) }
    expect(fitPlatt(none)).toEqual({ method: 'platt', slope: 1, intercept: 0 })
  })

  it('is monotone and bounded for any rows', () => {
    fc.assert(
      fc.property(anyRows, rows => {
        const { slope, intercept } = fitPlatt(rows)
        expect(slope).toBeGreaterThanOrEqual(0)
        expect(Number.isFinite(slope) && Number.isFinite(intercept)).toBe(true)
      }),
    )
  })
})

describe('isotonic calibration', () => {
  it('straightens what no sigmoid can, and lowers held-out log-loss below that of Platt scaling', () => {
    const rows = miscalibrated(40_000, 40, bent)
    const heldOut = miscalibrated(40_000, 50, bent)
    const isotonic = logLoss(heldOut, createCalibrator(fitIsotonic(rows)).calibrate)
    const platt = logLoss(heldOut, createCalibrator(fitPlatt(rows)).calibrate)
    expect(isotonic).toBeLessThan(platt - 0.002)
    expect(isotonic).toBeLessThan(logLoss(heldOut, sigmoid) - 0.1)
  })

  it('pools violators into weighted means', () => {
    const table = fitIsotonic({
      logits: Float32Array.of(1, 2, 3, 4),
      labels: Float32Array.of(0, 1, 0.5, 1),
      weights: Float32Array.of(1, 1, 3, 10),
    })
    expect(table.logits).toEqual([1, 2.75, 4])
    expect(table.probabilities).toEqual([1 / 17, 0.625, 1 - 1 / 17])
  })

  it('keeps the order of candidates inside a block', () => {
    const { calibrate } = createCalibrator(fitIsotonic(miscalibrated(5000, 60, bent), 8))
    const top = [2, 2.5, 3, 3.5, 4].map(calibrate)
    expect(top).toEqual([...new Set(top)].sort((a, b) => a - b))
  })

  it('is monotone and bounded for any rows, with no more points than were asked for', () => {
    fc.assert(
      fc.property(anyRows, fc.integer({ min: 1, max: 10 }), (rows, knots) => {
        fc.pre(rows.weights.some(weight => weight > 0))
        const table = fitIsotonic(rows, knots)
        expect(table.logits.length).toBeLessThanOrEqual(knots + 2)
        for (let point = 1; point < table.logits.length; point++)
          expect(table.logits[point]).toBeGreaterThan(table.logits[point - 1])
        expectMonotoneAndBounded(table)
      }),
    )
  })

  it('refuses rows without weight', () => {
    const none = { logits: Float32Array.of(1), labels: Float32Array.of(1), weights: Float32Array.of(0) }
    expect(() => fitIsotonic(none)).toThrow('at least one row')
  })
})

describe('a calibrator', () => {
  it('replaces one column of a matrix and no other', () => {
    const matrix = Float32Array.of(0, 5, 1, 6)
    createCalibrator({ method: 'platt', slope: 2, intercept: -1 }).calibrateColumn(matrix, 0, 2)
    expect([...matrix]).toEqual([Math.fround(sigmoid(-1)), 5, Math.fround(sigmoid(1)), 6])
  })

  it('interpolates between points and stays constant outside', () => {
    const { calibrate } = createCalibrator({ method: 'isotonic', logits: [-1, 1, 2], probabilities: [0.1, 0.3, 0.9] })
    expect([-9, -1, 0, 1.5, 2, 99].map(calibrate)).toEqual([0.1, 0.1, 0.2, expect.closeTo(0.6), 0.9, 0.9])
    expect(calibrate(Number.NaN)).toBeNaN()
  })

  it('survives storage as JSON', () => {
    const table = fitIsotonic(miscalibrated(3000, 70, bent))
    const stored = createCalibrator(JSON.parse(JSON.stringify(table)))
    expect(stored.calibrate(0.7)).toBe(createCalibrator(table).calibrate(0.7))
  })
})

describe('the choice of a calibration', () => {
  it('is isotonic only with a thousand examples of either outcome', () => {
    expect(fitCalibration(miscalibrated(10_000, 80, bent)).method).toBe('isotonic')
    expect(fitCalibration(miscalibrated(2000, 80, bent)).method).toBe('platt')
  })
})
