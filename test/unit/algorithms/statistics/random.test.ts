import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createRandom,
  partialShuffle,
  shuffle,
  splitSeed,
  uniformInt,
  Xoshiro128,
} from '../../../../algorithms/statistics/random.ts'

const seeds = fc.nat({ max: Number.MAX_SAFE_INTEGER })

describe('the generator', () => {
  it('gives the sequence of the reference xoshiro128** from the state 1, 2, 3, 4', () => {
    const generator = new Xoshiro128(1, 2, 3, 4)
    const words = Array.from({ length: 10 }, () => generator.nextUint32())
    expect(words).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ])
  })

  it('refuses the all-zero state', () => {
    expect(() => new Xoshiro128(0, 0, 0, 0)).toThrow(RangeError)
  })

  it('repeats itself from the same seed and stays in [0, 1)', () => {
    fc.assert(
      fc.property(seeds, seed => {
        const a = createRandom(seed)
        const b = createRandom(seed)
        for (let i = 0; i < 20; i++) {
          const value = a.next()
          expect(value).toBe(b.next())
          expect(value >= 0 && value < 1).toBe(true)
        }
      }),
    )
  })

  it('has the mean, variance and serial correlation of uniform numbers', () => {
    const random = createRandom(7)
    const n = 200_000
    let sum = 0
    let squares = 0
    let products = 0
    let previous = random.next()
    for (let i = 0; i < n; i++) {
      const value = random.next()
      sum += value
      squares += value * value
      products += (value - 0.5) * (previous - 0.5)
      previous = value
    }
    expect(sum / n).toBeCloseTo(0.5, 2)
    expect(squares / n).toBeCloseTo(1 / 3, 2)
    expect(Math.abs(products / n)).toBeLessThan(0.001)
  })

  it('gives unlike sequences for neighbouring seeds', () => {
    const first = new Set(Array.from({ length: 10_000 }, (_, seed) => createRandom(seed).next()))
    expect(first.size).toBe(10_000)
  })

  it.each([-1, 0.5, Number.NaN, 2 ** 53])('refuses %s as a seed and says how to get one', seed => {
    expect(() => createRandom(seed)).toThrow(/splitSeed/)
  })
})

describe('splitSeed', () => {
  it('gives a valid seed that depends on the parent and on the label', () => {
    fc.assert(
      fc.property(seeds, fc.string(), fc.string(), (seed, a, b) => {
        const child = splitSeed(seed, a)
        expect(Number.isSafeInteger(child) && child >= 0).toBe(true)
        expect(splitSeed(seed, a)).toBe(child)
        if (a !== b) expect(splitSeed(seed, b)).not.toBe(child)
      }),
    )
  })

  it('keeps a hundred thousand labels apart, numbers and strings', () => {
    const children = new Set<number>()
    for (let i = 0; i < 50_000; i++) children.add(splitSeed(3, i)).add(splitSeed(3, `user-${i}`))
    expect(children.size).toBe(100_000)
  })

  it('spreads the children of consecutive labels evenly', () => {
    const bins = new Float64Array(16)
    for (let i = 0; i < 16_000; i++) bins[uniformInt(createRandom(splitSeed(1, i)), 16)]++
    expect(chiSquare(bins, 1000)).toBeLessThan(37.7) // 15 degrees of freedom, p = 0.001
  })
})

describe('shuffling', () => {
  it('reaches each of the 24 orders of four equally often', () => {
    const random = createRandom(11)
    const seen = new Map<string, number>()
    for (let i = 0; i < 24_000; i++) {
      const order = [0, 1, 2, 3]
      shuffle(order, random)
      seen.set(order.join(), (seen.get(order.join()) ?? 0) + 1)
    }
    expect(seen.size).toBe(24)
    expect(chiSquare([...seen.values()], 1000)).toBeLessThan(49.7) // 23 degrees of freedom, p = 0.001
  })

  it('puts a sample without repetition at the front and loses nothing', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 0, max: 30 }), fc.nat({ max: 30 }), (seed, size, wanted) => {
        const count = Math.min(size, wanted)
        const values = Int32Array.from({ length: size }, (_, i) => i)
        partialShuffle(values, count, createRandom(seed))
        expect(new Set(values.subarray(0, count)).size).toBe(count)
        expect(values.slice().sort()).toEqual(Int32Array.from({ length: size }, (_, i) => i))
      }),
    )
  })

  it('refuses a sample larger than the population', () => {
    expect(() => partialShuffle([1, 2], 3, createRandom(1))).toThrow(RangeError)
  })
})

function chiSquare(counts: ArrayLike<number>, expected: number): number {
  return Array.from(counts).reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}
