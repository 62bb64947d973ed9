import { describe, expect, it } from 'vitest'
import { measureTraining, trainingText } from '../../../benchmarks/scenarios/training.ts'
import { likeMovieLens } from '../../../benchmarks/training/histories.ts'
import { interleave } from '../../../benchmarks/training/measure.ts'
import { silentProgress } from '../../../telemetry/progress.ts'

/** A clock that a test moves by hand. */
function manualClock() {
  let now = 0
  const clock = { ms: () => now }
  const lasting = (ms: number) => async () => {
    now += ms
  }
  return { clock, lasting }
}

describe('measuring a step beside the matrix product', () => {
  it('forgets the warm-up and every product that comes right behind a step', async () => {
    const { clock, lasting } = manualClock()
    let steps = 0
    let products = 0
    const step = () => lasting(++steps <= 2 ? 1000 : 30)()
    const product = { step: () => lasting(++products % 2 === 1 ? 99 : 10)(), close: async () => {} }
    const options = { clock, warmUp: 2, milliseconds: 0, roundsMin: 3, roundsMax: 9 }
    const { stepMs, productMs } = await interleave(step, product, options)
    expect(stepMs).toEqual([30, 30, 30])
    expect(productMs).toEqual([10, 10, 10])
  })

  it('goes on for as long as it is told, but not beyond its most rounds', async () => {
    const { clock, lasting } = manualClock()
    const product = { step: lasting(10), close: async () => {} }
    const roundsFor = async (milliseconds: number) => {
      const options = { clock, warmUp: 0, milliseconds, roundsMin: 1, roundsMax: 9 }
      return (await interleave(lasting(30), product, options)).stepMs.length
    }
    expect(await roundsFor(200)).toBe(4)
    expect(await roundsFor(10_000)).toBe(9)
  })
})

describe('histories like those of MovieLens 1M', () => {
  it('have its shortest, median and mean length', () => {
    const { offsets, itemOf, items } = likeMovieLens(6040, 3500, 1)
    const lengths = Array.from({ length: 6040 }, (_, user) => offsets[user + 1] - offsets[user]).sort((a, b) => a - b)
    expect(lengths[0]).toBeGreaterThanOrEqual(20)
    expect(lengths[3020]).toBeGreaterThan(88)
    expect(lengths[3020]).toBeLessThan(104)
    const mean = itemOf.length / 6040
    expect(mean).toBeGreaterThan(150)
    expect(mean).toBeLessThan(182)
    expect(lengths.at(-1)).toBeLessThanOrEqual(2314)
    expect(Math.max(...itemOf.subarray(0, 50_000))).toBeLessThan(items)
  })
})

describe('the scenario training, all of it small', () => {
  it('takes every kind of step and sets it beside its reference', async () => {
    const figures = await measureTraining(
      {
        sizes: {
          product: 16,
          twoTowerItems: 300,
          twoTowerBatch: 32,
          rankerBatch: 128,
          sequenceItems: 60,
          sequenceUsers: 40,
          sequenceBatch: 4,
          shortLength: 10,
          longLength: 200,
          negatives: 8,
          bucketTokens: 200,
        },
        measure: { clock: { ms: () => performance.now() }, warmUp: 1, milliseconds: 0, roundsMin: 2, roundsMax: 2 },
        threads: 1,
        seed: 1,
      },
      silentProgress,
    )
    expect(figures.steps.map(({ id }) => id)).toEqual([
      'two-tower-in-batch',
      'two-tower-mixed',
      'two-tower-features',
      'two-tower-renewal',
      'ranker-64',
      'ranker-128',
      'short-full',
      'short-sampled',
      'long-full',
      'long-sampled',
    ])
    for (const { ratio, rounds } of figures.steps) {
      expect(ratio).toBeGreaterThan(0)
      expect(rounds).toBe(2)
    }
    const references = figures.steps.map(({ referenceRatio }) => referenceRatio)
    expect(references.slice(0, 5)).toEqual([1, 1.2, null, null, 1.8])
    const { windows, padding, unbucketedPadding } = figures.bucketed
    expect(windows).toBe(40)
    expect(padding).toBeLessThan(unbucketedPadding)
    const text = trainingText(figures)
    for (const part of ['matrix product', 'MMoE', 'SASRec', 'per 1,000 real positions']) expect(text).toContain(part)
    expect(text).not.toMatch(/NaN|undefined/)
  })
})
