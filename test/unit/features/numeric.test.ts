import { describe, expect, it } from 'vitest'
import { decay, faded } from '../../../features/numeric.ts'

const smallestNormal = 2 ** -126
const day = 86_400_000

describe('what is left of a decayed weight', () => {
  it('halves with each half-life', () => {
    expect(decay(0, day)).toBe(1)
    expect(decay(day, day)).toBeCloseTo(0.5, 12)
    expect(decay(3 * day, day)).toBeCloseTo(0.125, 12)
    expect(decay(-day, day)).toBe(1)
  })

  it('is a normal float32 or nothing, however long it has faded, so that no thread sees it otherwise than another', () => {
    for (let halfLives = 0; halfLives < 1200; halfLives++) {
      for (const sum of [1e-6, 1, 5000]) {
        const once = Math.fround(faded(sum, decay(halfLives * day, day)))
        expect(once === 0 || once >= smallestNormal).toBe(true)
      }
    }
    let sum = 40
    for (let step = 0; step < 300; step++) {
      sum = Math.fround(faded(sum, 0.5))
      expect(sum === 0 || sum >= smallestNormal).toBe(true)
    }
    expect(sum).toBe(0)
  })

  it('keeps its sign until it is nothing', () => {
    expect(faded(-4, 0.5)).toBe(-2)
    expect(faded(-1e-19, 0.01)).toBe(0)
  })
})
