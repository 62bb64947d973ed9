const SWEEPS_MAX = 60

/**
 * Eigenvalues, largest first, and eigenvectors of a symmetric matrix by cyclic Jacobi rotations (Golub and Van Loan,
 * Matrix Computations, 8.5): a few milliseconds for the n ≤ 200 or so that it is meant for.
 *
 * @param matrix n × n, row after row; destroyed
 * @returns `vectors` n × n: component i of eigenvector j is at [i * n + j]
 */
export function symmetricEigen(
  matrix: Float64Array,
  n: number,
): { readonly values: Float64Array; readonly vectors: Float64Array } {
  const vectors = new Float64Array(n * n)
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1
  for (let sweep = 0; sweep < SWEEPS_MAX && !isDiagonal(matrix, n); sweep++) {
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) rotate(matrix, vectors, n, p, q)
    }
  }
  const order = Array.from({ length: n }, (_, j) => j).sort((a, b) => matrix[b * n + b]! - matrix[a * n + a]! || a - b)
  const sorted = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) sorted[i * n + j] = vectors[i * n + order[j]!]!
  }
  return { values: Float64Array.from(order, j => matrix[j * n + j]!), vectors: sorted }
}

function isDiagonal(matrix: Float64Array, n: number): boolean {
  let diagonal = 0
  let rest = 0
  for (let i = 0; i < n; i++) {
    diagonal += matrix[i * n + i]! ** 2
    for (let j = i + 1; j < n; j++) rest += matrix[i * n + j]! ** 2
  }
  return rest <= 1e-28 * diagonal
}

/** Makes entry (p, q) zero. */
function rotate(matrix: Float64Array, vectors: Float64Array, n: number, p: number, q: number): void {
  const off = matrix[p * n + q]!
  if (off === 0) return
  const theta = (matrix[q * n + q]! - matrix[p * n + p]!) / (2 * off)
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1))
  const c = 1 / Math.sqrt(t * t + 1)
  const s = t * c
  for (let i = 0; i < n; i++) {
    const ip = matrix[i * n + p]!
    const iq = matrix[i * n + q]!
    matrix[i * n + p] = c * ip - s * iq
    matrix[i * n + q] = s * ip + c * iq
  }
  for (let i = 0; i < n; i++) {
    const pi = matrix[p * n + i]!
    const qi = matrix[q * n + i]!
    matrix[p * n + i] = c * pi - s * qi
    matrix[q * n + i] = s * pi + c * qi
    const vp = vectors[i * n + p]!
    const vq = vectors[i * n + q]!
    vectors[i * n + p] = c * vp - s * vq
    vectors[i * n + q] = s * vp + c * vq
  }
  matrix[p * n + q] = 0
  matrix[q * n + p] = 0
}
