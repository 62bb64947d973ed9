import { describe, expect, it } from 'vitest'
import { normalAt } from '../../../../models/engine/random.ts'
import { nearestNeighbours } from '../../../../models/two-tower/neighbours.ts'

const [rows, dimension] = [300, 4]
const vectors = Float32Array.from({ length: rows * dimension }, (_, index) => normalAt(1, index))
for (let row = 0; row < rows; row++) {
  const own = vectors.subarray(row * dimension, (row + 1) * dimension)
  const length = Math.hypot(...own)
  for (let d = 0; d < dimension; d++) own[d] /= length
}
const cosine = (a: number, b: number) =>
  Array.from({ length: dimension }, (_, d) => vectors[a * dimension + d] * vectors[b * dimension + d]).reduce(
    (sum, product) => sum + product,
  )

describe('nearest neighbours by matrix products', () => {
  it('are those of the asked ranks of every row, best first, the row itself being rank 0', async () => {
    const found = await nearestNeighbours(vectors, dimension, { skip: 1, take: 5, threads: 1 })
    for (const row of [0, 17, 255, 256, 299]) {
      const order = Array.from({ length: rows }, (_, other) => other).sort((a, b) => cosine(row, b) - cosine(row, a))
      expect([...found.subarray(row * 5, row * 5 + 5)]).toEqual(order.slice(1, 6))
    }
  })

  it('repeat where there are fewer rows than asked for', async () => {
    const few = vectors.slice(0, 3 * dimension)
    const found = await nearestNeighbours(few, dimension, { skip: 1, take: 4, threads: 1 })
    for (const row of [0, 1, 2]) {
      const own = [...found.subarray(row * 4, row * 4 + 4)]
      expect(new Set(own)).toEqual(new Set([0, 1, 2].filter(other => other !== row)))
    }
  })
})
