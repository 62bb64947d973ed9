import { describe, expect, it } from 'vitest'
import { normalAt, uniformAt } from '../../../../models/engine/random.ts'
import { coOccurrences, trainEase } from '../../../../models/factorisation/ease.ts'
import { invertSymmetric } from '../../../../models/factorisation/symmetric-inverse.ts'
import type { Histories } from '../../../../models/histories.ts'

/** Each of 90 users met some of 40 items. */
function histories(): Histories {
  const lists = Array.from({ length: 90 }, (_, user) =>
    [...Array(40).keys()].filter(item => uniformAt(user + 1, item) < 0.1 + 0.01 * item),
  )
  const offsets = new Uint32Array(91)
  for (const [user, list] of lists.entries()) offsets[user + 1] = offsets[user] + list.length
  return { users: 90, items: 40, offsets, itemOf: Uint32Array.from(lists.flat()) }
}

/** Gauss and Jordan with pivots, in float64. */
function denseInverse(matrix: ArrayLike<number>, size: number): number[][] {
  const rows = Array.from({ length: size }, (_, row) => [
    ...Array.from({ length: size }, (_, column) => matrix[row * size + column]),
    ...Array.from({ length: size }, (_, column) => Number(row === column)),
  ])
  for (let step = 0; step < size; step++) {
    const pivot = rows.findIndex(
      (row, at) => at >= step && Math.abs(row[step]) === Math.max(...rows.slice(step).map(r => Math.abs(r[step]))),
    )
    const held = rows[step]
    rows[step] = rows[pivot]
    rows[pivot] = held
    rows[step] = rows[step].map(value => value / rows[step][step])
    for (const [at, row] of rows.entries()) {
      if (at !== step) rows[at] = row.map((value, column) => value - row[step] * rows[step][column])
    }
  }
  return rows.map(row => row.slice(size))
}

/** A Bᵀ. */
function timesTransposed(a: ArrayLike<number>, b: ArrayLike<number>, size: number): Float64Array {
  return Float64Array.from({ length: size * size }, (_, at) => {
    const [row, column] = [Math.floor(at / size), at % size]
    let sum = 0
    for (let inner = 0; inner < size; inner++) sum += a[row * size + inner] * b[column * size + inner]
    return sum
  })
}

describe('EASE', () => {
  const data = histories()

  it('counts in how many histories two items stand together', () => {
    const counts = coOccurrences({
      users: 2,
      items: 3,
      offsets: Uint32Array.of(0, 3, 5),
      itemOf: Uint32Array.of(2, 0, 2, 0, 1),
    })
    expect([...counts]).toEqual([2, 1, 1, 1, 1, 0, 1, 0, 1])
  })

  it('weighs histories by a power of their length over the mean when asked to', () => {
    // Lengths 3 and 1 about a mean of 2: weights 2/3 and 2.
    const lists = { users: 2, items: 3, offsets: Uint32Array.of(0, 3, 4), itemOf: Uint32Array.of(0, 1, 2, 2) }
    const counts = coOccurrences(lists, 1)
    for (const [at, expected] of [2, 2, 2, 2, 2, 2, 2, 2, 8].entries()) expect(counts[at]).toBeCloseTo(expected / 3, 6)
  })

  it('is −P / diag(P) with a zero diagonal, P the inverse of the regularised Gram matrix', async () => {
    const gram = Float64Array.from(coOccurrences(data))
    for (let item = 0; item < 40; item++) gram[item * 40 + item] += 7
    const inverse = denseInverse(gram, 40)
    const weights = await trainEase(data, { regularisation: 7, userWeightExponent: 0 }, 1)
    for (let row = 0; row < 40; row++) {
      for (let column = 0; column < 40; column++) {
        const expected = row === column ? 0 : -inverse[row][column] / inverse[column][column]
        expect(weights[row * 40 + column]).toBeCloseTo(expected, 5)
      }
    }
  })

  it('refuses a regularisation that is not positive', async () => {
    await expect(trainEase(data, { regularisation: 0, userWeightExponent: 0 }, 1)).rejects.toThrow('must be positive')
  })
})

describe('the inverse of a symmetric matrix', () => {
  it.each([1, 96, 97, 250, 400])('times the matrix is the identity, at size %i', async size => {
    const factor = Float64Array.from({ length: size * size }, (_, at) => normalAt(5, at))
    const matrix = Float32Array.from(timesTransposed(factor, factor, size))
    for (let row = 0; row < size; row++) matrix[row * size + row] += size
    // The inverse is symmetric, so its rows are its columns.
    const product = timesTransposed(matrix, await invertSymmetric(matrix, size, 1), size)
    const worst = product.reduce(
      (most, value, at) => Math.max(most, Math.abs(value - Number(at % (size + 1) === 0))),
      0,
    )
    expect(worst).toBeLessThan(1e-4)
  })

  it('refuses a matrix that is not positive definite', async () => {
    await expect(invertSymmetric(Float32Array.of(1, 2, 2, 1), 2, 1)).rejects.toThrow('not positive definite')
  })
})
