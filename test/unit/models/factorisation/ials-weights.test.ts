import { describe, expect, it } from 'vitest'
import { normalAt } from '../../../../models/engine/random.ts'
import { ialsDefaults, trainIals } from '../../../../models/factorisation/ials.ts'
import { LeastSquaresSolver } from '../../../../models/factorisation/ials-solver.ts'

const dimension = 4
const settings = { ...ialsDefaults, dimension, epochs: 3, seed: 1, threads: 1 }
const vectors = Float32Array.from({ length: 3 * dimension }, (_, at) => normalAt(3, at))

describe('weights of users in implicit ALS', () => {
  it('count a user of weight two as two users', async () => {
    const solver = await LeastSquaresSolver.open(dimension, 0.5, 1)
    const ridge = () => 0.3
    const twice = Float32Array.from([...vectors, ...vectors.subarray(dimension, 2 * dimension)])
    const rows = (offsets: number[], indices: number[], values: number[]) => ({
      offsets: Uint32Array.from(offsets),
      indices: Uint32Array.from(indices),
      values: Float32Array.from(values),
    })
    const [copied, weighted] = [new Float32Array(2 * dimension), new Float32Array(2 * dimension)]
    // The first item was met by users 0 and 1, the second by user 2.
    await solver.solve(rows([0, 3, 4], [0, 1, 3, 2], [1, 1, 1, 1]), twice, copied, ridge)
    const scaled = vectors.map((value, at) => (Math.floor(at / dimension) === 1 ? value * Math.SQRT2 : value))
    await solver.solve(rows([0, 2, 3], [0, 1, 2], [1, 2, 1]), vectors, weighted, ridge, scaled)
    await solver.close()
    for (const [at, value] of weighted.entries()) expect(value).toBeCloseTo(copied[at], 4)
    expect(copied.some(value => Math.abs(value) > 0.05)).toBe(true)
  })

  it('change nothing where all users met equally many items, and something where they did not', async () => {
    const data = (lengths: readonly number[]) => {
      const offsets = new Uint32Array(lengths.length + 1)
      for (const [user, length] of lengths.entries()) offsets[user + 1] = offsets[user] + length
      const indices = Uint32Array.from(
        lengths.flatMap((length, user) => [...Array(length).keys()].map(at => (user + at) % 6)),
      )
      return { users: lengths.length, items: 6, offsets, indices, values: new Float32Array(indices.length).fill(1) }
    }
    const itemFactors = async (lengths: readonly number[], userWeightExponent: number) =>
      (await trainIals(data(lengths), { ...settings, userWeightExponent })).itemFactors
    const even = await itemFactors([2, 2, 2, 2], 0)
    for (const [at, value] of (await itemFactors([2, 2, 2, 2], 1)).entries()) expect(value).toBeCloseTo(even[at], 6)
    expect(await itemFactors([1, 5, 2, 3], 1)).not.toEqual(await itemFactors([1, 5, 2, 3], 0))
  })
})
