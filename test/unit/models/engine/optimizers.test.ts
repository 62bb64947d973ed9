import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Adam, adamDefaults } from '../../../../models/optimizers/adam.ts'
import { RowAdam, scatterAddRows } from '../../../../models/optimizers/row-adam.ts'
import { learningRateSchedule } from '../../../../models/optimizers/schedule.ts'

const size = (step: number, learningRate = 0.1, gradientScale = 1) => ({ step, learningRate, gradientScale })
const whole = (length: number, decays = false) => ({ begin: 0, end: length, decays })

describe('Adam', () => {
  it('follows the published update', () => {
    const adam = new Adam(1, adamDefaults)
    const weights = Float32Array.of(1)
    let [weight, first, second] = [1, 0, 0]
    for (const [index, gradient] of [0.5, -2, 0.25, 3].entries()) {
      const step = index + 1
      adam.update(weights, Float32Array.of(gradient), whole(1), size(step))
      first = 0.9 * first + 0.1 * gradient
      second = 0.999 * second + 0.001 * gradient ** 2
      weight -= (0.1 * first) / (1 - 0.9 ** step) / (Math.sqrt(second / (1 - 0.999 ** step)) + 1e-8)
      expect(weights[0]).toBeCloseTo(weight, 5)
    }
  })

  it('decays weights apart from gradients, and only where told to', () => {
    const adam = new Adam(2, { ...adamDefaults, weightDecay: 0.5 })
    const weights = Float32Array.of(4, 4)
    const gradients = new Float32Array(2)
    adam.update(weights, gradients, { begin: 0, end: 1, decays: true }, size(1))
    adam.update(weights, gradients, { begin: 1, end: 2, decays: false }, size(1))
    expect(weights[0]).toBeCloseTo(4 - 0.1 * 0.5 * 4, 6)
    expect(weights[1]).toBe(4)
  })

  it('scales gradients before it sees them', () => {
    const [scaled, plain] = [new Adam(1, adamDefaults), new Adam(1, adamDefaults)]
    scaled.update(Float32Array.of(1), Float32Array.of(8), whole(1), size(1, 0.1, 0.25))
    plain.update(Float32Array.of(1), Float32Array.of(2), whole(1), size(1))
    expect(scaled.first).toEqual(plain.first)
    expect(scaled.second).toEqual(plain.second)
  })

  it('lets the moments of a weight without gradients end at zero, not in denormal numbers', () => {
    const adam = new Adam(1, { ...adamDefaults, beta2: 0.9 })
    const weights = Float32Array.of(1)
    adam.update(weights, Float32Array.of(1), whole(1), size(1))
    for (let step = 2; step <= 1000; step++) adam.update(weights, new Float32Array(1), whole(1), size(step))
    expect([adam.first[0], adam.second[0]]).toEqual([0, 0])
  })
})

describe('row-lazy Adam', () => {
  it('moves the rows of a step as dense Adam on the scattered gradient would, and no others', () => {
    const row = fc.integer({ min: 0, max: 99 })
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 150 }), fc.integer({ min: 0, max: 1000 }), (rows, seed) => {
        const indices = Int32Array.from(rows)
        const gradients = Float32Array.from({ length: rows.length * 3 }, (_, index) => Math.sin(seed + index))
        const dense = new Float32Array(300)
        scatterAddRows(dense, indices, gradients, 3)
        const expected = new Float32Array(300).fill(1)
        new Adam(300, adamDefaults).update(expected, dense, whole(300), size(1))

        const lazy = new RowAdam(100, 3, adamDefaults)
        const half = Math.floor(rows.length / 2)
        lazy.accumulate(indices.subarray(0, half), gradients.subarray(0, half * 3))
        lazy.accumulate(indices.subarray(half), gradients.subarray(half * 3))
        expect(lazy.squaredNorm()).toBeCloseTo(
          dense.reduce((sum, value) => sum + value * value, 0),
          3,
        )
        const table = new Float32Array(300).fill(1)
        lazy.update(table, size(1))
        expect(table).toEqual(expected)
      }),
    )
  })

  it('leaves moments of untouched rows alone, and starts each step empty', () => {
    const lazy = new RowAdam(3, 1, adamDefaults)
    const table = Float32Array.of(1, 1, 1)
    lazy.accumulate(Int32Array.of(0), Float32Array.of(2))
    lazy.update(table, size(1))
    const moment = lazy.adam.first[0]
    lazy.accumulate(Int32Array.of(1), Float32Array.of(2))
    lazy.update(table, size(2))
    expect(lazy.adam.first[0]).toBe(moment)
    expect(table[2]).toBe(1)
    expect(lazy.squaredNorm()).toBe(0)
  })

  it('refuses a row outside the table', () => {
    expect(() => new RowAdam(3, 1, adamDefaults).accumulate(Int32Array.of(3), Float32Array.of(1))).toThrow(
      'Row 3 lies outside the table of 3 rows',
    )
  })
})

describe('the learning rate', () => {
  it('climbs linearly, then falls along a cosine to a hundredth', () => {
    const rate = learningRateSchedule({ learningRate: 1, warmupSteps: 10, decay: 'cosine' }, 110)
    expect(rate(1)).toBeCloseTo(0.1)
    expect(rate(10)).toBe(1)
    expect(rate(60)).toBeCloseTo(0.505)
    expect(rate(110)).toBeCloseTo(0.01)
    expect(rate(500)).toBeCloseTo(0.01)
  })

  it('can stay where warm-up left it', () => {
    const rate = learningRateSchedule({ learningRate: 0.3, warmupSteps: 0, decay: 'constant' }, 10)
    expect([rate(1), rate(1000)]).toEqual([0.3, 0.3])
  })
})
