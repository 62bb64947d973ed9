/**
 * EASE in few dimensions, in closed form: the scores of all people, X B, projected on their `dimension` leading directions
 * V. A person's vector is the sum of the rows of B V of what they met, an item's vector its row of V; their product is the
 * best approximation of that rank of W X B, the scores that EASE gives to the people it was fitted on, in the weights of EASE
 * (Eckart & Young, Psychometrika 1936). The directions come from subspace iteration (Golub & Van Loan, Matrix Computations,
 * 8.2) on Bᵀ(XᵀW²X)B, so that nothing of the size people × items is held.
 */
import { deriveKey, normalAt } from '../engine/random.ts'
import type { Histories } from '../histories.ts'
import { coOccurrences, type EaseSettings, trainEase } from './ease.ts'
import { MatrixProducts } from './matrix-products.ts'

export interface ProjectedEaseSettings extends EaseSettings {
  readonly dimension: number
  readonly seed: number
}

export interface ProjectedEase {
  /** B V [items, dimension]: what having met an item adds to a person's vector. */
  readonly historyVectors: Float32Array
  /** V [items, dimension], orthonormal columns. */
  readonly itemVectors: Float32Array
}

/** Enough for the subspace to stand still: singular values of scores fall fast. */
const rounds = 12

/** @throws RangeError for a dimension that is not from 1 to the number of items, and as `trainEase` does */
export async function trainProjectedEase(
  histories: Histories,
  settings: ProjectedEaseSettings,
  threads: number,
): Promise<ProjectedEase> {
  const { items } = histories
  const { dimension, seed, userWeightExponent } = settings
  if (!(Number.isInteger(dimension) && dimension >= 1 && dimension <= items)) {
    throw new RangeError(`The dimension must be a whole number from 1 to ${items}, not ${dimension}.`)
  }
  const weights = await trainEase(histories, settings, threads)
  const gram = coOccurrences(histories, 2 * userWeightExponent)
  const products = await MatrixProducts.open(threads)
  const key = deriveKey(seed, 'projected-ease')
  try {
    let itemVectors = Float32Array.from({ length: items * dimension }, (_, at) => normalAt(key, at))
    for (let round = 0; round < rounds; round++) {
      orthonormalise(itemVectors, items, dimension)
      const scores = await products.plain(weights, itemVectors, items, items, dimension)
      const weighted = await products.plain(gram, scores, items, items, dimension)
      itemVectors = Float32Array.from(await products.transposedLeft(weights, weighted, items, items, dimension))
    }
    orthonormalise(itemVectors, items, dimension)
    return { historyVectors: await products.plain(weights, itemVectors, items, items, dimension), itemVectors }
  } finally {
    await products.close()
  }
}

/** Gram and Schmidt, modified, in place; twice, which is enough (Giraud et al., Numerische Mathematik 2005). */
function orthonormalise(vectors: Float32Array, rows: number, dimension: number): void {
  const columns = Array.from({ length: dimension }, (_, column) =>
    Float64Array.from({ length: rows }, (_, row) => vectors[row * dimension + column]),
  )
  for (const [place, column] of columns.entries()) {
    for (let pass = 0; pass < 2; pass++) {
      for (const before of columns.slice(0, place)) subtractProjection(column, before)
    }
    const length = Math.sqrt(dot(column, column))
    for (let row = 0; row < rows; row++) {
      column[row] = length > 0 ? column[row] / length : 0
      vectors[row * dimension + place] = column[row]
    }
  }
}

function subtractProjection(from: Float64Array, direction: Float64Array): void {
  const share = dot(from, direction)
  for (let row = 0; row < from.length; row++) from[row] -= share * direction[row]
}

function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0
  for (let row = 0; row < left.length; row++) sum += left[row] * right[row]
  return sum
}
