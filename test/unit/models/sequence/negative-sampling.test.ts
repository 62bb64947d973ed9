import { describe, expect, it } from 'vitest'
import { NegativeSampler } from '../../../../models/sequence/negative-sampling.ts'

/** Item 0 is half of everything, items 1 and 2 a quarter each, item 3 is never met. */
const itemOf = Uint32Array.of(0, 1, 0, 2)
const sampler = new NegativeSampler({ users: 1, items: 4, offsets: Uint32Array.of(0, 4), itemOf })

describe('drawn negatives', () => {
  it('are half uniform and half by popularity, and their bias says so', () => {
    const count = 20_000
    const { items, bias } = sampler.draw(count, 5)
    const counts = [0, 0, 0, 0]
    for (const item of items) counts[item]++
    for (const [item, expected] of [0.375, 0.25, 0.25, 0.125].entries()) {
      expect(Math.abs(counts[item] / count - expected)).toBeLessThan(0.015)
      expect(bias[items.indexOf(item)]).toBeCloseTo(-Math.log(count * expected), 5)
    }
  })

  it('are the same for the same key', () => {
    expect(sampler.draw(50, 1)).toEqual(sampler.draw(50, 1))
    expect(sampler.draw(50, 1)).not.toEqual(sampler.draw(50, 2))
  })
})
