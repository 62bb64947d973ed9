import { describe, expect, it } from 'vitest'
import { pairedBootstrap } from '../../../../algorithms/statistics/bootstrap.ts'
import { createRandom, type RandomSource } from '../../../../algorithms/statistics/random.ts'
import { sampleNormal } from '../../../../algorithms/statistics/samplers.ts'

/** Users with an effect of their own and one to eight queries each: queries of one user are far from independent. */
function makeSample(random: RandomSource, users: number, effect: number) {
  const perQueryA: number[] = []
  const perQueryB: number[] = []
  const clusterIds: number[] = []
  for (let user = 0; user < users; user++) {
    const own = effect + sampleNormal(random, 0, 0.3)
    const queries = 1 + Math.floor(random.next() * 8)
    for (let q = 0; q < queries; q++) {
      const base = random.next()
      perQueryA.push(base)
      perQueryB.push(base + own + sampleNormal(random, 0, 0.1))
      clusterIds.push(user)
    }
  }
  return { perQueryA, perQueryB, clusterIds }
}

describe('the paired clustered bootstrap', () => {
  it('covers the true difference in about 95 % of samples and finds no effect where there is none', () => {
    const random = createRandom(2024)
    const samples = 300
    let covered = 0
    let falseAlarms = 0
    for (let sample = 0; sample < samples; sample++) {
      const shifted = pairedBootstrap({ ...makeSample(random, 60, 0.1), seed: sample, rounds: 300 })
      if (shifted.lower <= 0.1 && 0.1 <= shifted.upper) covered++
      const none = pairedBootstrap({ ...makeSample(random, 60, 0), seed: sample, rounds: 300 })
      if (none.pValue < 0.05) falseAlarms++
    }
    // Five standard errors of a share of 0.95 in 300 samples are 0.063.
    expect(covered / samples).toBeGreaterThan(0.887)
    expect(covered / samples).toBeLessThan(0.995)
    expect(falseAlarms / samples).toBeLessThan(0.113)
    expect(falseAlarms).toBeGreaterThan(0)
  })

  it('gives a wider interval than treating dependent queries as independent', () => {
    const sample = makeSample(createRandom(1), 80, 0)
    const width = (clusterIds: number[]): number => {
      const { lower, upper } = pairedBootstrap({ ...sample, clusterIds, seed: 9, rounds: 2000 })
      return upper - lower
    }
    expect(width(sample.clusterIds)).toBeGreaterThan(1.3 * width(sample.clusterIds.map((_, query) => query)))
  })

  it('has the mean over queries as its centre and the plain standard error as its spread', () => {
    const random = createRandom(3)
    const n = 400
    const perQueryA = new Float64Array(n)
    const perQueryB = Float64Array.from({ length: n }, () => sampleNormal(random, 0.2, 1))
    const clusterIds = Int32Array.from({ length: n }, (_, i) => i)
    const mean = perQueryB.reduce((sum, value) => sum + value, 0) / n
    const variance = perQueryB.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n
    const result = pairedBootstrap({ perQueryA, perQueryB, clusterIds, seed: 4, rounds: 4000 })
    expect(result.meanDifference).toBeCloseTo(mean, 12)
    expect((result.upper - result.lower) / (2 * 1.96 * Math.sqrt(variance / n))).toBeCloseTo(1, 1)
  })

  it('is a function of its seed', () => {
    const sample = makeSample(createRandom(5), 30, 0.05)
    const run = (seed: number) => pairedBootstrap({ ...sample, seed, rounds: 500 })
    expect(run(1)).toEqual(run(1))
    expect(run(1).lower).not.toBe(run(2).lower)
  })

  it('finds a certain effect certain and no difference no effect', () => {
    const clusterIds = [1, 1, 2, 3, 4]
    const better = pairedBootstrap({
      perQueryA: [0, 0, 0, 0, 0],
      perQueryB: [1, 1, 1, 1, 1],
      clusterIds,
      seed: 1,
      rounds: 999,
    })
    expect(better).toMatchObject({ meanDifference: 1, lower: 1, upper: 1, pValue: 0.002, queries: 5, clusters: 4 })
    const same = pairedBootstrap({
      perQueryA: [1, 2, 3],
      perQueryB: [1, 2, 3],
      clusterIds: [1, 2, 3],
      seed: 1,
      rounds: 100,
    })
    expect(same.pValue).toBe(1)
  })

  it('leaves out queries undefined on both sides and refuses those undefined on one', () => {
    const input = { clusterIds: [1, 2, 3, 4], seed: 1, rounds: 200 }
    const nan = Number.NaN
    const result = pairedBootstrap({ ...input, perQueryA: [0, nan, 0, 1], perQueryB: [1, nan, 0, 1] })
    expect(result).toMatchObject({ queries: 3, clusters: 3, meanDifference: 1 / 3 })
    expect(() => pairedBootstrap({ ...input, perQueryA: [0, nan, 0, 1], perQueryB: [1, 1, 0, 1] })).toThrow(/query 1/)
  })

  it('refuses too few users or rounds and unpaired queries', () => {
    const one = { perQueryA: [1, 2], perQueryB: [1, 2], clusterIds: [1, 1], seed: 1, rounds: 100 }
    expect(() => pairedBootstrap(one)).toThrow(/2 users/)
    expect(() => pairedBootstrap({ ...one, clusterIds: [1, 2], rounds: 10 })).toThrow(/rounds/)
    expect(() => pairedBootstrap({ ...one, perQueryB: [1] })).toThrow(/paired/)
  })
})
