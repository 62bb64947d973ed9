/**
 * The inverse of a symmetric positive definite matrix by recursive Schur complements (Strassen, "Gaussian elimination is
 * not optimal", 1969), so that nearly all work is matrix products, which onnxruntime computes at the machine's speed.
 */
import { MatrixProducts } from './matrix-products.ts'

/** Below this, Cholesky in float64 is faster than products of halves, and exacter. */
const leafSize = 96

/**
 * @param matrix [size, size] row-major; left as it is
 * @returns the inverse, in float32
 * @throws RangeError when the matrix is not positive definite
 */
export async function invertSymmetric(matrix: Float32Array, size: number, threads: number): Promise<Float32Array> {
  const products = await MatrixProducts.open(threads)
  try {
    return await invert(matrix, size, products)
  } finally {
    await products.close()
  }
}

/** [[P, Q], [Qᵀ, S]]: with W = P⁻¹Q and R = (S − QᵀW)⁻¹ the inverse is [[P⁻¹ + W R Wᵀ, −W R], [−(W R)ᵀ, R]]. */
async function invert(matrix: Float32Array, size: number, products: MatrixProducts): Promise<Float32Array> {
  if (size <= leafSize) return invertDirectly(matrix, size)
  const head = Math.ceil(size / 2)
  const tail = size - head
  const upper = block(matrix, size, 0, 0, head, head)
  const corner = block(matrix, size, 0, head, head, tail)
  const lower = block(matrix, size, head, head, tail, tail)
  const upperInverse = await invert(upper, head, products)
  const solved = await products.plain(upperInverse, corner, head, head, tail)
  subtract(lower, await products.transposedLeft(corner, solved, head, tail, tail))
  const lowerInverse = await invert(lower, tail, products)
  const cross = await products.plain(solved, lowerInverse, head, tail, tail)
  const correction = await products.transposedRight(cross, solved, head, tail, head)
  const inverse = new Float32Array(size * size)
  for (let row = 0; row < head; row++) {
    for (let column = 0; column < head; column++) {
      inverse[row * size + column] = upperInverse[row * head + column] + correction[row * head + column]
    }
    for (let column = 0; column < tail; column++) {
      const value = -cross[row * tail + column]
      inverse[row * size + head + column] = value
      inverse[(head + column) * size + row] = value
    }
  }
  for (let row = 0; row < tail; row++) {
    inverse.set(lowerInverse.subarray(row * tail, (row + 1) * tail), (head + row) * size + head)
  }
  return inverse
}

function block(
  matrix: Float32Array,
  size: number,
  firstRow: number,
  firstColumn: number,
  rows: number,
  columns: number,
): Float32Array {
  const part = new Float32Array(rows * columns)
  for (let row = 0; row < rows; row++) {
    const begin = (firstRow + row) * size + firstColumn
    part.set(matrix.subarray(begin, begin + columns), row * columns)
  }
  return part
}

function subtract(from: Float32Array, what: Float32Array): void {
  for (let index = 0; index < from.length; index++) from[index] -= what[index]
}

/** A = L Lᵀ, then A⁻¹ = L⁻ᵀ L⁻¹, in float64 (Golub & Van Loan, Matrix Computations, 4.2). */
function invertDirectly(matrix: Float32Array, size: number): Float32Array {
  const factor = new Float64Array(size * size)
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = matrix[row * size + column]
      for (let inner = 0; inner < column; inner++) sum -= factor[row * size + inner] * factor[column * size + inner]
      if (row === column && !(sum > 0)) throw new RangeError('The matrix is not positive definite.')
      factor[row * size + column] = row === column ? Math.sqrt(sum) : sum / factor[column * size + column]
    }
  }
  const inverseFactor = invertLower(factor, size)
  const inverse = new Float32Array(size * size)
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = 0
      for (let inner = row; inner < size; inner++) {
        sum += inverseFactor[inner * size + row] * inverseFactor[inner * size + column]
      }
      inverse[row * size + column] = sum
      inverse[column * size + row] = sum
    }
  }
  return inverse
}

function invertLower(factor: Float64Array, size: number): Float64Array {
  const inverse = new Float64Array(size * size)
  for (let column = 0; column < size; column++) {
    inverse[column * size + column] = 1 / factor[column * size + column]
    for (let row = column + 1; row < size; row++) {
      let sum = 0
      for (let inner = column; inner < row; inner++) sum -= factor[row * size + inner] * inverse[inner * size + column]
      inverse[row * size + column] = sum / factor[row * size + row]
    }
  }
  return inverse
}
