import { describe, expect, it } from 'vitest'
import { AliasTable, sampleCategorical, ZipfSampler } from '../../../../algorithms/statistics/discrete-samplers.ts'
import { createRandom, type RandomSource } from '../../../../algorithms/statistics/random.ts'
import {
  sampleBeta,
  sampleExponential,
  sampleGamma,
  sampleNormal,
  sampleUniform,
} from '../../../../algorithms/statistics/samplers.ts'

const DRAWS = 100_000

/** Mean and variance of many draws lie within five standard errors of what the law says. */
function expectMoments(draw: (random: RandomSource) => number, mean: number, variance: number): void {
  const random = createRandom(42)
  const values = Float64Array.from({ length: DRAWS }, () => draw(random))
  const sampleMean = values.reduce((sum, value) => sum + value, 0) / DRAWS
  const deviations = values.map(value => (value - sampleMean) ** 2)
  const sampleVariance = deviations.reduce((sum, value) => sum + value, 0) / DRAWS
  const fourth = deviations.reduce((sum, value) => sum + value * value, 0) / DRAWS
  expect(Math.abs(sampleMean - mean)).toBeLessThan(5 * Math.sqrt(variance / DRAWS))
  expect(Math.abs(sampleVariance - variance)).toBeLessThan(5 * Math.sqrt((fourth - variance ** 2) / DRAWS))
}

/** Observed frequencies against probabilities; the bound is chi-square's mean plus five standard deviations. */
function expectFrequencies(draw: (random: RandomSource) => number, probabilities: readonly number[]): void {
  const random = createRandom(5)
  const counts = new Float64Array(probabilities.length)
  for (let i = 0; i < DRAWS; i++) counts[draw(random)]++
  let distance = 0
  let outcomes = 0
  for (let i = 0; i < counts.length; i++) {
    if (probabilities[i] === 0) {
      expect(counts[i]).toBe(0)
      continue
    }
    outcomes++
    distance += (counts[i] - DRAWS * probabilities[i]) ** 2 / (DRAWS * probabilities[i])
  }
  expect(distance).toBeLessThan(outcomes + 5 * Math.sqrt(2 * outcomes))
}

describe('continuous samplers have the mean and variance of their law', () => {
  it('uniform', () => expectMoments(random => sampleUniform(random, -2, 4), 1, 3))
  it('normal', () => expectMoments(random => sampleNormal(random, 3, 2), 3, 4))
  it('exponential', () => expectMoments(random => sampleExponential(random, 4), 0.25, 0.0625))
  it('gamma with a shape above one', () => expectMoments(random => sampleGamma(random, 3.5, 2), 7, 14))
  it('gamma with a shape below one', () => expectMoments(random => sampleGamma(random, 0.3), 0.3, 0.3))
  it('beta', () => expectMoments(random => sampleBeta(random, 2, 5), 2 / 7, 10 / 392))
  it('beta with shapes below one', () => expectMoments(random => sampleBeta(random, 0.5, 0.5), 0.5, 0.125))

  it('beta stays in [0, 1] for shapes so small that both gammas underflow', () => {
    const random = createRandom(1)
    const draws = Array.from({ length: 1000 }, () => sampleBeta(random, 1e-4, 1e-4))
    expect(draws.every(value => value >= 0 && value <= 1)).toBe(true)
    expect(draws.filter(value => value > 0.5).length).toBeGreaterThan(400)
  })

  it('refuse parameters out of range', () => {
    const random = createRandom(1)
    expect(() => sampleGamma(random, 0)).toThrow(/shape/)
    expect(() => sampleBeta(random, 1, -1)).toThrow(/beta/)
    expect(() => sampleExponential(random, Number.NaN)).toThrow(/rate/)
  })
})

describe('discrete samplers', () => {
  it('an alias table draws in proportion to the weights and never what weighs nothing', () => {
    const table = new AliasTable([1, 0, 5, 2, 0.5, 1.5])
    expectFrequencies(random => table.sample(random), [0.1, 0, 0.5, 0.2, 0.05, 0.15])
  })

  it('an alias table of one outcome always draws it', () => {
    expect(new AliasTable([3]).sample(createRandom(1))).toBe(0)
  })

  it('an alias table refuses weights that are no distribution', () => {
    expect(() => new AliasTable([1, -1])).toThrow(/weight 1/)
    expect(() => new AliasTable([0, 0])).toThrow(/sum to 0/)
  })

  it('a single draw by inversion follows the weights', () => {
    expectFrequencies(random => sampleCategorical(random, [0, 2, 1, 0, 1]), [0, 0.5, 0.25, 0, 0.25])
    expect(sampleCategorical(createRandom(1), [0, 0])).toBe(-1)
  })

  it.each([0, 0.5, 1, 1.7])('Zipf with exponent %s follows the power law', exponent => {
    const weights = Array.from({ length: 30 }, (_, i) => (i + 1) ** -exponent)
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    const sampler = new ZipfSampler(30, exponent)
    expectFrequencies(
      random => sampler.sample(random),
      weights.map(weight => weight / total),
    )
  })

  it('Zipf over one rank is that rank, and bad parameters are refused', () => {
    expect(new ZipfSampler(1, 1.2).sample(createRandom(1))).toBe(0)
    expect(() => new ZipfSampler(0, 1)).toThrow(/ranks/)
    expect(() => new ZipfSampler(10, -1)).toThrow(/exponent/)
  })
})
