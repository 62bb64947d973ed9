import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deriveKey, fillDropoutMask, mix32, normalAt, shuffle, uniformAt } from '../../../../models/engine/random.ts'

const key = fc.integer({ min: 0, max: 0xffffffff })

describe('counter-based randomness', () => {
  it('mixes as the published finaliser of MurmurHash3 does', () => {
    expect([mix32(0), mix32(1), mix32(0xffffffff)]).toEqual([0, 0x514e28b7, 0x81f16f39])
  })

  it('is uniform: sixteen bins fill evenly', () => {
    const bins = new Uint32Array(16)
    for (let counter = 0; counter < 160_000; counter++) bins[Math.floor(uniformAt(7, counter) * 16)]++
    const chiSquare = bins.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)
    expect(chiSquare).toBeLessThan(37.7) // 99.9 % of chi-square with 15 degrees of freedom
  })

  it('is standard normal', () => {
    const values = Array.from({ length: 50_000 }, (_, counter) => normalAt(3, counter))
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
    expect(Math.abs(mean)).toBeLessThan(0.02)
    expect(Math.abs(variance - 1)).toBeLessThan(0.03)
  })

  it('gives streams of different keys that do not follow one another', () => {
    const pairs = 20_000
    for (const [one, other] of [
      [1, 2],
      [deriveKey(1, 'a'), deriveKey(1, 'b')],
      [deriveKey(1, 0, 5), deriveKey(1, 0, 6)],
    ]) {
      let sum = 0
      for (let counter = 0; counter < pairs; counter++)
        sum += (uniformAt(one, counter) - 0.5) * (uniformAt(other, counter) - 0.5)
      expect(Math.abs((sum / pairs) * 12)).toBeLessThan(0.03)
    }
  })

  it('derives different keys for different labels', () => {
    const keys = new Set<number>()
    for (let seed = 0; seed < 10; seed++) {
      for (let layer = 0; layer < 10; layer++) for (const name of ['a', 'b']) keys.add(deriveKey(seed, name, layer))
    }
    expect(keys.size).toBe(200)
    expect(deriveKey(1, 2, 3)).not.toBe(deriveKey(1, 3, 2))
  })

  it('shuffles to a permutation that depends on the key alone', () => {
    fc.assert(
      fc.property(key, fc.integer({ min: 0, max: 200 }), (seed, length) => {
        const first = Uint32Array.from({ length }, (_, index) => index)
        const second = first.slice()
        shuffle(first, seed)
        shuffle(second, seed)
        expect(first).toEqual(second)
        expect(first.toSorted()).toEqual(Uint32Array.from({ length }, (_, index) => index))
      }),
    )
  })

  it('drops the share it was asked to and keeps the mean', () => {
    for (const rate of [0.1, 0.5, 0.9]) {
      const mask = new Float32Array(100_001)
      fillDropoutMask(mask, rate, 11)
      const dropped = mask.filter(value => value === 0).length / mask.length
      const mean = mask.reduce((sum, value) => sum + value, 0) / mask.length
      expect(Math.abs(dropped - rate)).toBeLessThan(0.01)
      expect(Math.abs(mean - 1)).toBeLessThan(0.05)
    }
  })
})
