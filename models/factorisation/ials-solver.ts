/**
 * One half-step of implicit ALS: least-squares vectors of many rows against fixed factors of the other side, as batched
 * matrix products in onnxruntime with unrolled conjugate gradients (Takács, Pilászy & Tikk, RecSys 2011).
 */

import { openSession, run, type Session, tensor } from '../engine/session.ts'
import { add, div, mul, sub } from '../graph/arithmetic.ts'
import { Graph, type Value } from '../graph/graph.ts'
import { gather } from '../graph/layout.ts'
import { matmul } from '../graph/matrix.ts'
import { reduceSum } from '../graph/reduction.ts'

/** Rows in compressed form: the entries of row r are at offsets[r] ≤ i < offsets[r + 1]. */
export interface SparseRows {
  /** [rows + 1] */
  readonly offsets: Uint32Array
  /** Column of each entry. */
  readonly indices: Uint32Array
  /** Confidence of each entry, positive. */
  readonly values: Float32Array
}

/** Steps per half-step, each starting from the row's previous vector. */
const conjugateGradientSteps = 6
/** Entries per run: large enough for efficient products, small enough for the caches. */
const entriesPerRun = 1 << 16
const rowsPerRun = 512

export class LeastSquaresSolver {
  readonly #dimension: number
  readonly #solve: Session
  readonly #gram: Session
  #indices = new Int32Array(entriesPerRun)
  #confidences = new Float32Array(entriesPerRun)

  private constructor(dimension: number, solve: Session, gram: Session) {
    this.#dimension = dimension
    this.#solve = solve
    this.#gram = gram
  }

  /** @param unobservedWeight α₀, the weight of every cell's pull towards 0 */
  static async open(dimension: number, unobservedWeight: number, threads: number): Promise<LeastSquaresSolver> {
    const solve = await openSession(solveGraph(dimension), { threads })
    const gram = await openSession(gramGraph(dimension, unobservedWeight), { threads })
    return new LeastSquaresSolver(dimension, solve, gram)
  }

  /**
   * Moves each row's vector in `factors` [rows, d] to the minimum of Σ confidence · (1 − x·y)² + α₀ Σ (x·y)² + ridge · |x|²
   * over the vectors y in `fixed`. Rows without entries become 0.
   * @param pulling what the second sum runs over instead of `fixed`, where its terms are weighted: y scaled by the root
   */
  async solve(
    rows: SparseRows,
    fixed: Float32Array,
    factors: Float32Array,
    ridge: (entries: number) => number,
    pulling: Float32Array = fixed,
  ): Promise<void> {
    const dimension = this.#dimension
    const table = tensor(fixed, [fixed.length / dimension, dimension])
    const { gram } = await run(this.#gram, { factors: tensor(pulling, table.dims) }, ['gram'])
    const gramTensor = tensor(gram, [dimension, dimension])
    for (const batch of batches(rows)) {
      const length = rowLength(rows, batch[batch.length - 1])
      if (length === 0) {
        for (const row of batch) factors.fill(0, row * dimension, (row + 1) * dimension)
        continue
      }
      const start = new Float32Array(batch.length * dimension)
      for (const [position, row] of batch.entries()) {
        start.set(factors.subarray(row * dimension, (row + 1) * dimension), position * dimension)
      }
      const ridges = Float32Array.from(batch, row => ridge(rowLength(rows, row)))
      const { solution } = await run(
        this.#solve,
        {
          ...this.#entryFeeds(rows, batch, length),
          factors: table,
          gram: gramTensor,
          ridge: tensor(ridges, [batch.length, 1, 1]),
          start: tensor(start, [batch.length, dimension, 1]),
        },
        ['solution'],
      )
      for (const [position, row] of batch.entries()) {
        factors.set(solution.subarray(position * dimension, (position + 1) * dimension), row * dimension)
      }
    }
  }

  async close(): Promise<void> {
    await this.#solve.release()
    await this.#gram.release()
  }

  /** The entries of the rows, each row filled up to `length` with entries of confidence 0. */
  #entryFeeds(rows: SparseRows, batch: Uint32Array, length: number) {
    const size = batch.length * length
    if (size > this.#indices.length) {
      this.#indices = new Int32Array(size)
      this.#confidences = new Float32Array(size)
    }
    const indices = this.#indices.subarray(0, size).fill(0)
    const confidences = this.#confidences.subarray(0, size).fill(0)
    for (const [position, row] of batch.entries()) {
      const [begin, end] = [rows.offsets[row], rows.offsets[row + 1]]
      indices.set(rows.indices.subarray(begin, end), position * length)
      confidences.set(rows.values.subarray(begin, end), position * length)
    }
    return {
      indices: tensor(indices, [batch.length, length]),
      confidences: tensor(confidences, [batch.length, length, 1]),
    }
  }
}

/** Rows in order of their length, so that few cells of a run are filling. */
function* batches(rows: SparseRows): Generator<Uint32Array> {
  const order = Uint32Array.from({ length: rows.offsets.length - 1 }, (_, row) => row)
  order.sort((a, b) => rowLength(rows, a) - rowLength(rows, b) || a - b)
  let begin = 0
  for (let end = 1; end <= order.length; end++) {
    const next = end < order.length ? rowLength(rows, order[end]) : 0
    const full = end - begin === rowsPerRun || (end + 1 - begin) * next > entriesPerRun
    if (end < order.length && !full) continue
    yield order.subarray(begin, end)
    begin = end
  }
}

function rowLength(rows: SparseRows, row: number): number {
  return rows.offsets[row + 1] - rows.offsets[row]
}

function gramGraph(dimension: number, unobservedWeight: number): Uint8Array {
  const graph = new Graph()
  const factors = graph.input('factors', ['count', dimension])
  graph.output('gram', matmul(factors, factors, { transposeA: true, scale: unobservedWeight }))
  return graph.build('gram')
}

/** Solves (α₀YᵀY + Y_uᵀC_uY_u + ridge·I) x = Y_uᵀ c_u for all rows u of a run. */
function solveGraph(dimension: number): Uint8Array {
  const graph = new Graph()
  const column = ['rows', dimension, 1]
  const picked = gather(
    graph.input('factors', ['count', dimension]),
    graph.input('indices', ['rows', 'length'], 'int32'),
  )
  const confidences = graph.input('confidences', ['rows', 'length', 1])
  const weighted = mul(picked, confidences)
  const normal = add(matmul(picked, weighted, { transposeA: true }), graph.input('gram', [dimension, dimension]))
  const target = matmul(picked, confidences, { transposeA: true })
  const ridge = graph.input('ridge', ['rows', 1, 1])
  const product = (vector: Value) => add(matmul(normal, vector), mul(vector, ridge))
  const dot = (left: Value, right: Value) => reduceSum(mul(left, right), [1], true)
  const quotient = (numerator: Value, denominator: Value) => div(numerator, add(denominator, graph.constant(1e-20)))

  let solution = graph.input('start', column)
  let residual = sub(target, product(solution))
  let direction = residual
  let squares = dot(residual, residual)
  for (let step = 0; step < conjugateGradientSteps; step++) {
    const image = product(direction)
    const length = quotient(squares, dot(direction, image))
    solution = add(solution, mul(direction, length))
    residual = sub(residual, mul(image, length))
    const nextSquares = dot(residual, residual)
    direction = add(residual, mul(direction, quotient(nextSquares, squares)))
    squares = nextSquares
  }
  graph.output('solution', solution)
  return graph.build('least-squares')
}
