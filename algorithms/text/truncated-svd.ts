/**
 * Truncated singular value decomposition of a large sparse matrix by randomised subspace iteration (Halko, Martinsson
 * and Tropp, SIAM Review 2011, algorithms 4.4 and 5.1): a few passes over the non-zeros, and dense work on
 * matrices with hardly more columns than singular vectors are wanted.
 */
import { mix } from './hashing.ts'
import { symmetricEigen } from './symmetric-eigen.ts'

/** Directions carried along beyond those wanted, and rounds of multiplication by AᵀA; both buy accuracy. */
const OVERSAMPLING = 10
const ROUNDS = 3
/** Directions whose length is below this share of the longest are numerical noise. */
const NEGLIGIBLE = 1e-6

/** Compressed sparse rows: row i holds `values[e]` in column `columns[e]` for e in [offsets[i], offsets[i + 1]). */
export interface SparseMatrix {
  readonly columnCount: number
  readonly offsets: Uint32Array
  readonly columns: Uint32Array
  readonly values: Float32Array
}

/**
 * The first `rank` right singular vectors: [columnCount × rank], row after row, orthonormal columns by falling singular
 * value. A matrix of lower rank leaves the last columns zero. Equal input and seed give an equal result, bit for bit.
 */
export function rightSingularVectors(matrix: SparseMatrix, rank: number, seed: number): Float32Array {
  const { columnCount } = matrix
  const width = Math.min(columnCount, rank + OVERSAMPLING)
  let basis: Float64Array = randomSigns(columnCount * width, seed)
  for (let round = 0; round < ROUNDS; round++) {
    basis = orthonormalise(multiplyTransposed(matrix, multiply(matrix, basis, width), width), width)
  }
  // Rayleigh-Ritz: inside the subspace found, the small Gram matrix of A·basis tells the singular directions apart.
  const { values, vectors } = symmetricEigen(gram(multiply(matrix, basis, width), width), width)
  const kept = Math.min(rank, countSignificant(values))
  const singular = new Float32Array(columnCount * rank)
  const rotated = multiplyRight(basis, vectors, width)
  for (let column = 0; column < columnCount; column++) {
    for (let j = 0; j < kept; j++) singular[column * rank + j] = rotated[column * width + j]!
  }
  return singular
}

/** A · dense: [rows × width]. */
function multiply({ offsets, columns, values }: SparseMatrix, dense: Float64Array, width: number): Float64Array {
  const rows = offsets.length - 1
  const product = new Float64Array(rows * width)
  for (let row = 0; row < rows; row++) {
    const to = row * width
    for (let entry = offsets[row]!; entry < offsets[row + 1]!; entry++) {
      const value = values[entry]!
      const from = columns[entry]! * width
      for (let j = 0; j < width; j++) product[to + j]! += value * dense[from + j]!
    }
  }
  return product
}

/** Aᵀ · dense: [columnCount × width]. */
function multiplyTransposed(matrix: SparseMatrix, dense: Float64Array, width: number): Float64Array {
  const { columnCount, offsets, columns, values } = matrix
  const product = new Float64Array(columnCount * width)
  for (let row = 0; row < offsets.length - 1; row++) {
    const from = row * width
    for (let entry = offsets[row]!; entry < offsets[row + 1]!; entry++) {
      const value = values[entry]!
      const to = columns[entry]! * width
      for (let j = 0; j < width; j++) product[to + j]! += value * dense[from + j]!
    }
  }
  return product
}

/**
 * An orthonormal basis of the column space, Y · U · Λ^(-1/2) with the eigenvalues of YᵀY: unlike a QR factorisation it
 * stays with whole rows in memory, and it shows which directions are empty, which become zero columns.
 */
function orthonormalise(dense: Float64Array, width: number): Float64Array {
  const { values, vectors } = symmetricEigen(gram(dense, width), width)
  const kept = countSignificant(values)
  for (let i = 0; i < width; i++) {
    for (let j = 0; j < width; j++) vectors[i * width + j]! *= j < kept ? 1 / Math.sqrt(values[j]!) : 0
  }
  return multiplyRight(dense, vectors, width)
}

/** denseᵀ · dense: [width × width]. */
function gram(dense: Float64Array, width: number): Float64Array {
  const product = new Float64Array(width * width)
  for (let row = 0; row < dense.length; row += width) {
    for (let i = 0; i < width; i++) {
      const value = dense[row + i]!
      if (value === 0) continue
      for (let j = i; j < width; j++) product[i * width + j]! += value * dense[row + j]!
    }
  }
  for (let i = 0; i < width; i++) {
    for (let j = 0; j < i; j++) product[i * width + j] = product[j * width + i]!
  }
  return product
}

/** dense · square. */
function multiplyRight(dense: Float64Array, square: Float64Array, width: number): Float64Array {
  const product = new Float64Array(dense.length)
  for (let row = 0; row < dense.length; row += width) {
    for (let i = 0; i < width; i++) {
      const value = dense[row + i]!
      if (value === 0) continue
      for (let j = 0; j < width; j++) product[row + j]! += value * square[i * width + j]!
    }
  }
  return product
}

/** Number of directions that are more than noise. Eigenvalues of a Gram matrix are squared lengths, largest first. */
function countSignificant(eigenvalues: Float64Array): number {
  let count = 0
  while (count < eigenvalues.length && eigenvalues[count]! > NEGLIGIBLE * NEGLIGIBLE * eigenvalues[0]!) count++
  return count
}

function randomSigns(length: number, seed: number): Float64Array {
  const signs = new Float64Array(length)
  const start = mix(seed)
  for (let at = 0; at < length; at++) signs[at] = (mix(start + Math.imul(at, 0x9e3779b1)) & 1) === 1 ? 1 : -1
  return signs
}
