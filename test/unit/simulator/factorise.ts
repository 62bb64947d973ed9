import { createRandom } from '../../../algorithms/statistics/random.ts'
import { sampleNormal } from '../../../algorithms/statistics/samplers.ts'

const rank = 16
const confidence = 5
const regularisation = 8

export interface Factors {
  score(user: number, item: number): number
}

/** Implicit alternating least squares, Hu, Koren and Volinsky, ICDM 2008. Histories hold item numbers. */
export function factorise(histories: readonly ReadonlySet<number>[], items: number, sweeps: number): Factors {
  const random = createRandom(3)
  const start = (rows: number) => new Float64Array(rows * rank).map(() => sampleNormal(random, 0, 0.05))
  const users = start(histories.length)
  const titles = start(items)
  const audiences: Set<number>[] = Array.from({ length: items }, () => new Set())
  histories.forEach((history, user) => {
    for (const item of history) audiences[item].add(user)
  })
  for (let sweep = 0; sweep < sweeps; sweep++) {
    solveAll(users, titles, histories)
    solveAll(titles, users, audiences)
  }
  return {
    score(user, item) {
      let sum = 0
      for (let k = 0; k < rank; k++) sum += users[user * rank + k] * titles[item * rank + k]
      return sum
    },
  }
}

function solveAll(target: Float64Array, fixed: Float64Array, links: readonly ReadonlySet<number>[]): void {
  const gram = new Float64Array(rank * rank)
  for (let offset = 0; offset < fixed.length; offset += rank) addOuter(gram, fixed, offset, 1)
  links.forEach((linked, row) => {
    const matrix = gram.slice()
    const right = new Float64Array(rank)
    for (const other of linked) {
      addOuter(matrix, fixed, other * rank, confidence)
      for (let k = 0; k < rank; k++) right[k] += (1 + confidence) * fixed[other * rank + k]
    }
    for (let k = 0; k < rank; k++) matrix[k * rank + k] += regularisation
    target.set(solve(matrix, right), row * rank)
  })
}

function addOuter(matrix: Float64Array, rows: Float64Array, offset: number, weight: number): void {
  for (let a = 0; a < rank; a++) {
    for (let b = 0; b < rank; b++) matrix[a * rank + b] += weight * rows[offset + a] * rows[offset + b]
  }
}

/** Gaussian elimination; a positive definite matrix needs no pivots. */
function solve(matrix: Float64Array, right: Float64Array): Float64Array {
  for (let k = 0; k < rank; k++) {
    for (let row = k + 1; row < rank; row++) {
      const factor = matrix[row * rank + k] / matrix[k * rank + k]
      for (let column = k; column < rank; column++) matrix[row * rank + column] -= factor * matrix[k * rank + column]
      right[row] -= factor * right[k]
    }
  }
  for (let k = rank - 1; k >= 0; k--) {
    for (let column = k + 1; column < rank; column++) right[k] -= matrix[k * rank + column] * right[column]
    right[k] /= matrix[k * rank + k]
  }
  return right
}
