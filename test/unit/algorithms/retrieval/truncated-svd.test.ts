import { describe, expect, it } from 'vitest'
import { symmetricEigen } from '../../../../algorithms/text/symmetric-eigen.ts'
import { rightSingularVectors, type SparseMatrix } from '../../../../algorithms/text/truncated-svd.ts'
import { mulberry32 } from './clustered-vectors.ts'

/** Σ of `strengths[k]` times an outer product of sparse random directions: a known decay of singular values. */
function lowRankMatrix(rows: number, columns: number, strengths: readonly number[], seed: number): SparseMatrix {
  const random = mulberry32(seed)
  const dense = new Float32Array(rows * columns)
  for (const strength of strengths) {
    const left = Array.from({ length: rows }, () => (random() < 0.3 ? random() - 0.5 : 0))
    const right = Array.from({ length: columns }, () => (random() < 0.3 ? random() - 0.5 : 0))
    const scale = strength / (Math.hypot(...left) * Math.hypot(...right))
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) dense[i * columns + j]! += scale * left[i]! * right[j]!
  }
  return sparse(dense, columns)
}

function sparse(dense: Float32Array, columnCount: number): SparseMatrix {
  const rows = dense.length / columnCount
  const offsets = new Uint32Array(rows + 1)
  const columns: number[] = []
  const values: number[] = []
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columnCount; j++) {
      if (dense[i * columnCount + j] === 0) continue
      columns.push(j)
      values.push(dense[i * columnCount + j]!)
    }
    offsets[i + 1] = columns.length
  }
  return { columnCount, offsets, columns: Uint32Array.from(columns), values: Float32Array.from(values) }
}

/** AᵀA, the slow way. */
function gram({ columnCount, offsets, columns, values }: SparseMatrix): Float64Array {
  const product = new Float64Array(columnCount * columnCount)
  for (let row = 0; row < offsets.length - 1; row++) {
    for (let a = offsets[row]!; a < offsets[row + 1]!; a++) {
      for (let b = offsets[row]!; b < offsets[row + 1]!; b++) {
        product[columns[a]! * columnCount + columns[b]!]! += values[a]! * values[b]!
      }
    }
  }
  return product
}

describe('symmetricEigen', () => {
  it('gives orthonormal vectors that the matrix only stretches, by falling values', () => {
    const n = 12
    const random = mulberry32(4)
    const matrix = new Float64Array(n * n)
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) matrix[i * n + j] = matrix[j * n + i] = random() - 0.5
    }
    const { values, vectors } = symmetricEigen(matrix.slice(), n)
    expect(Array.from(values)).toEqual(Array.from(values).sort((a, b) => b - a))
    for (let j = 0; j < n; j++) {
      for (let i = 0; i < n; i++) {
        let stretched = 0
        let dot = 0
        for (let m = 0; m < n; m++) {
          stretched += matrix[i * n + m]! * vectors[m * n + j]!
          dot += vectors[m * n + i]! * vectors[m * n + j]!
        }
        expect(stretched).toBeCloseTo(values[j]! * vectors[i * n + j]!, 10)
        expect(dot).toBeCloseTo(i === j ? 1 : 0, 10)
      }
    }
  })
})

describe('rightSingularVectors', () => {
  const rank = 5
  const matrix = lowRankMatrix(80, 40, [10, 7, 5, 3, 2, 0.5, 0.4, 0.3], 21)

  it('spans what the leading eigenvectors of AᵀA span', () => {
    const singular = rightSingularVectors(matrix, rank, 1)
    const { vectors } = symmetricEigen(gram(matrix), 40)
    for (let j = 0; j < rank; j++) {
      let dot = 0
      for (let column = 0; column < 40; column++) dot += singular[column * rank + j]! * vectors[column * 40 + j]!
      expect(Math.abs(dot)).toBeGreaterThan(0.9999)
    }
  })

  it('is the same for the same seed, bit for bit', () => {
    expect(rightSingularVectors(matrix, rank, 7)).toEqual(rightSingularVectors(matrix, rank, 7))
  })

  it('leaves columns zero beyond the rank of the matrix', () => {
    const singular = rightSingularVectors(lowRankMatrix(30, 20, [3, 1], 8), 6, 1)
    const norms = Array.from({ length: 6 }, (_, j) => {
      return Math.hypot(...Array.from({ length: 20 }, (_, column) => singular[column * 6 + j]!))
    })
    for (const norm of norms.slice(0, 2)) expect(norm).toBeCloseTo(1, 5)
    expect(norms.slice(2)).toEqual([0, 0, 0, 0])
  })

  it('copes with fewer columns than vectors asked for', () => {
    const singular = rightSingularVectors(sparse(Float32Array.of(1, 0, 0, 2, 0, 0), 3), 10, 1)
    expect(Math.abs(singular[0]!)).toBeCloseTo(1, 5)
    expect(singular).toHaveLength(30)
    expect(singular.every(Number.isFinite)).toBe(true)
  })
})
