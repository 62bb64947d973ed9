/**
 * Exact search by scanning all vectors: the oracle that approximate indexes are measured against, and the better choice
 * for a few thousand vectors.
 *
 * Invariants
 * 1. Rows [0, size) are dense: `labels[row]` owns `vectors[row * dimension ...]`, and `rowOf` is its inverse.
 * 2. Under cosine every stored vector has norm 1.
 */
import { readIndexFile, writeIndexFile } from './index-file.ts'
import { TopK } from './top-k.ts'
import { Uint32Map } from './uint32-map.ts'
import type { Metric, SearchResult, VectorIndex } from './vector-index.ts'
import {
  assertDimension,
  assertLabel,
  checkedItemNorm,
  checkedNorm,
  resultCount,
  VectorIndexError,
} from './vector-index.ts'
import { normalise } from './vector-transform.ts'

const KIND = 'exact-index/1'
const rowsPerBlock = 4

export interface ExactIndexOptions {
  readonly dimension: number
  readonly metric: Metric
}

export class ExactIndex implements VectorIndex {
  readonly dimension: number
  readonly metric: Metric
  private vectors: Float32Array
  private labels: Uint32Array
  private rowOf = new Uint32Map()
  private readonly unitQuery: Float32Array
  /** What rows are compared with, in float64: no element is converted more than once. */
  private readonly compared: Float64Array
  private readonly best = new TopK()

  constructor({ dimension, metric }: ExactIndexOptions) {
    assertDimension(dimension)
    this.dimension = dimension
    this.metric = metric
    this.vectors = new Float32Array(0)
    this.labels = new Uint32Array(0)
    this.unitQuery = new Float32Array(dimension)
    this.compared = new Float64Array(dimension)
  }

  get size(): number {
    return this.rowOf.size
  }

  has(label: number): boolean {
    return this.rowOf.get(label) !== -1
  }

  upsert(label: number, vector: Float32Array): void {
    assertLabel(label)
    checkedItemNorm(label, vector, this)
    let row = this.rowOf.get(label)
    if (row === -1) {
      row = this.size
      if (row === this.labels.length) this.grow()
      this.labels[row] = label
      this.rowOf.set(label, row)
    }
    const stored = this.vectors.subarray(row * this.dimension, (row + 1) * this.dimension)
    if (this.metric === 'cosine') normalise(vector, stored)
    else stored.set(vector)
  }

  remove(label: number): boolean {
    const row = this.rowOf.get(label)
    if (row === -1) return false
    const { dimension, labels, vectors, rowOf } = this
    const last = this.size - 1
    if (row !== last) {
      labels[row] = labels[last]!
      rowOf.set(labels[row]!, row)
      vectors.copyWithin(row * dimension, last * dimension, (last + 1) * dimension)
    }
    rowOf.delete(label)
    return true
  }

  clear(): void {
    this.vectors = new Float32Array(0)
    this.labels = new Uint32Array(0)
    this.rowOf = new Uint32Map()
  }

  search(query: Float32Array, k: number, out: SearchResult): number {
    const wanted = resultCount(k, this.size, out)
    if (checkedNorm(query, this.dimension) === 0) return 0
    if (this.metric === 'cosine') normalise(query, this.unitQuery)
    this.compared.set(this.metric === 'cosine' ? this.unitQuery : query)
    const { dimension, compared, labels, vectors, best, size } = this
    const whole = size - (size % rowsPerBlock)
    best.begin(wanted)
    for (let row = 0; row < whole; row += rowsPerBlock) this.offerBlock(row)
    for (let row = whole; row < size; row++) {
      const at = row * dimension
      let sum = 0
      for (let j = 0; j < dimension; j++) sum += compared[j]! * vectors[at + j]!
      best.offer(labels[row]!, Math.fround(sum))
    }
    return best.drain(out.labels, out.scores)
  }

  /** Four rows at a time: their sums are independent of each other, and an element of the query is read once for all of them. */
  private offerBlock(row: number): void {
    const { dimension, compared, labels, vectors, best } = this
    const a = row * dimension
    const b = a + dimension
    const c = b + dimension
    const d = c + dimension
    let sumA = 0
    let sumB = 0
    let sumC = 0
    let sumD = 0
    for (let j = 0; j < dimension; j++) {
      const x = compared[j]!
      sumA += x * vectors[a + j]!
      sumB += x * vectors[b + j]!
      sumC += x * vectors[c + j]!
      sumD += x * vectors[d + j]!
    }
    best.offer(labels[row]!, Math.fround(sumA))
    best.offer(labels[row + 1]!, Math.fround(sumB))
    best.offer(labels[row + 2]!, Math.fround(sumC))
    best.offer(labels[row + 3]!, Math.fround(sumD))
  }

  setSearchWidth(_ef: number): void {
    // An exact search looks at everything, so there is nothing to widen.
  }

  async save(path: string): Promise<void> {
    const { dimension, metric, size } = this
    // Copies, because changes may arrive while the file is being written.
    const labels = this.labels.slice(0, size)
    const vectors = this.vectors.slice(0, size * dimension)
    await writeIndexFile(path, { meta: { kind: KIND, dimension, metric }, columns: { labels, vectors } })
  }

  async load(path: string): Promise<void> {
    const { meta, columns } = await readIndexFile(path)
    if (meta.kind !== KIND || meta.dimension !== this.dimension || meta.metric !== this.metric) {
      throw new VectorIndexError('bad-file', `${path} holds ${meta.kind} ${meta.metric} of dimension ${meta.dimension}`)
    }
    this.labels = columns.labels as Uint32Array
    this.vectors = columns.vectors as Float32Array
    this.rowOf = new Uint32Map(this.labels.length)
    for (let row = 0; row < this.labels.length; row++) this.rowOf.set(this.labels[row]!, row)
  }

  private grow(): void {
    const capacity = Math.max(16, 2 * this.labels.length)
    const labels = new Uint32Array(capacity)
    const vectors = new Float32Array(capacity * this.dimension)
    labels.set(this.labels)
    vectors.set(this.vectors)
    this.labels = labels
    this.vectors = vectors
  }
}
