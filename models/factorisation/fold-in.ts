/**
 * The collaborative vector of a person from the items they met, by the same least squares that trained the item vectors
 * (`ials.ts`), solved exactly in float64.
 *
 * Invariants
 * 1. The same items and weights in the same order give the same bits, on every thread and in replay: the order of additions is
 *    fixed, and nothing but the arguments and the tables given at construction is read.
 * 2. `solve` allocates nothing.
 */
import { type IalsSettings, ridgeOf } from './ials.ts'

export type FoldInSettings = Pick<IalsSettings, 'regularisation' | 'frequencyExponent' | 'unobservedWeight'>

export interface FoldIn {
  /**
   * Writes the vector [dimension] to `out`. No items give the zero vector.
   * @param items rows of the item table; only the first `length` count
   * @param weights confidence of each, positive
   * @throws RangeError when an item lies outside the table
   */
  solve(items: ArrayLike<number>, weights: ArrayLike<number>, length: number, out: Float32Array): void
}

/** YᵀY [dimension, dimension] over the first `count` rows, in float64. */
export function gramMatrix(itemFactors: Float32Array, count: number, dimension: number): Float64Array {
  const gram = new Float64Array(dimension * dimension)
  gramSteps(itemFactors, count, dimension, gram, Number.POSITIVE_INFINITY).next()
  return gram
}

/**
 * The same, bit for bit, in steps of so many rows.
 * @param gram [dimension, dimension], zeros; may lie in shared memory
 */
export function* gramSteps(
  itemFactors: Float32Array,
  count: number,
  dimension: number,
  gram: Float64Array,
  rowsPerStep: number,
): Generator<void> {
  for (let item = 0; item < count; item++) {
    addOuterProduct(gram, itemFactors, item * dimension, dimension, 1)
    if ((item + 1) % rowsPerStep === 0) yield
  }
  mirror(gram, dimension)
}

/**
 * @param itemFactors [count, dimension], may lie in shared memory
 * @param gram YᵀY when it is at hand, for instance because another thread computed it
 */
export function createFoldIn(
  itemFactors: Float32Array,
  count: number,
  dimension: number,
  settings: FoldInSettings,
  gram: Float64Array = gramMatrix(itemFactors, count, dimension),
): FoldIn {
  const base = gram.map(value => value * settings.unobservedWeight)
  const matrix = new Float64Array(dimension * dimension)
  const vector = new Float64Array(dimension)
  return {
    solve(items, weights, length, out) {
      matrix.set(base)
      vector.fill(0)
      for (let entry = 0; entry < length; entry++) {
        const item = items[entry]
        if (!(item >= 0 && item < count))
          throw new RangeError(`Item row ${item} lies outside the table of ${count} rows.`)
        const begin = item * dimension
        addOuterProduct(matrix, itemFactors, begin, dimension, weights[entry])
        for (let column = 0; column < dimension; column++)
          vector[column] += weights[entry] * itemFactors[begin + column]
      }
      const ridge = ridgeOf(settings, length, count)
      for (let column = 0; column < dimension; column++) matrix[column * dimension + column] += ridge
      choleskySolve(matrix, vector, dimension)
      for (let column = 0; column < dimension; column++) out[column] = vector[column]
    },
  }
}

/** Adds weight · y yᵀ to the lower triangle. */
function addOuterProduct(
  matrix: Float64Array,
  factors: Float32Array,
  begin: number,
  dimension: number,
  weight: number,
): void {
  for (let row = 0; row < dimension; row++) {
    const scaled = weight * factors[begin + row]
    const target = row * dimension
    for (let column = 0; column <= row; column++) matrix[target + column] += scaled * factors[begin + column]
  }
}

function mirror(matrix: Float64Array, dimension: number): void {
  for (let row = 0; row < dimension; row++) {
    for (let column = 0; column < row; column++) matrix[column * dimension + row] = matrix[row * dimension + column]
  }
}

/**
 * Solves A x = b in place: A positive definite, of which the lower triangle is read and overwritten by its Cholesky factor; b
 * becomes x (Golub & Van Loan, Matrix Computations, 4.2).
 */
function choleskySolve(matrix: Float64Array, vector: Float64Array, dimension: number): void {
  for (let row = 0; row < dimension; row++) {
    const rowBegin = row * dimension
    for (let column = 0; column <= row; column++) {
      const columnBegin = column * dimension
      let sum = matrix[rowBegin + column]
      for (let inner = 0; inner < column; inner++) sum -= matrix[rowBegin + inner] * matrix[columnBegin + inner]
      matrix[rowBegin + column] = row === column ? Math.sqrt(sum) : sum / matrix[columnBegin + column]
    }
    let sum = vector[row]
    for (let inner = 0; inner < row; inner++) sum -= matrix[rowBegin + inner] * vector[inner]
    vector[row] = sum / matrix[rowBegin + row]
  }
  for (let row = dimension - 1; row >= 0; row--) {
    let sum = vector[row]
    for (let inner = row + 1; inner < dimension; inner++) sum -= matrix[inner * dimension + row] * vector[inner]
    vector[row] = sum / matrix[row * dimension + row]
  }
}
