import { l2Norm } from './vector-transform.ts'

/**
 * How similar two vectors are. `cosine`: the inner product of the normalised vectors. `inner-product`: of the vectors
 * as they are.
 */
export type Metric = 'cosine' | 'inner-product'

/** Where a search writes: parallel arrays, caller-owned and reused, of at least k places. */
export interface SearchResult {
  readonly labels: Uint32Array
  readonly scores: Float32Array
}

/**
 * Vectors under uint32 labels, searched for the largest similarity to a query. Every implementation passes
 * `test/contract/vector-index.test.ts`. All calls are synchronous except `save` and `load`.
 */
export interface VectorIndex {
  readonly dimension: number
  readonly metric: Metric
  /** Number of labels present. */
  readonly size: number
  has(label: number): boolean
  /**
   * Adds a vector, or replaces the one under this label. The vector is read, not kept.
   * @throws VectorIndexError `bad-vector` for a wrong length, a component that is not finite, or, under cosine, a zero
   * vector, which has no direction; `bad-label` for anything but a uint32; `busy` while a save or load is under way.
   */
  upsert(label: number, vector: Float32Array): void
  /** Removes a label; false when it was not there. @throws VectorIndexError `busy` */
  remove(label: number): boolean
  /**
   * Removes everything and gives memory back at once: the garbage collector does not see what a graph holds outside the
   * JavaScript heap, and would let go of it late. @throws VectorIndexError `busy`
   */
  clear(): void
  /**
   * Writes the most similar labels, score descending, equal scores by label ascending, and returns how many: min(k,
   * size), possibly fewer from an approximate index. A zero query prefers nothing and finds nothing.
   * @throws VectorIndexError `bad-vector`; RangeError when `out` has fewer than k places.
   */
  search(query: Float32Array, k: number, out: SearchResult): number
  /** Candidates an approximate search keeps in view (`ef`): wider finds more and costs more. Exact: no effect. */
  setSearchWidth(ef: number): void
  /** Writes files whose names start with `path`. Searches go on meanwhile; changes may be refused (`busy`). */
  save(path: string): Promise<void>
  /**
   * Replaces all content by what `save` wrote; on failure the old content stays.
   * @throws VectorIndexError `bad-file` when the files are damaged, do not belong together, or hold another kind,
   * dimension or metric; the file system's own error when they cannot be opened.
   */
  load(path: string): Promise<void>
}

export class VectorIndexError extends Error {
  readonly code: 'bad-vector' | 'bad-label' | 'bad-file' | 'busy'

  constructor(code: VectorIndexError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'VectorIndexError'
    this.code = code
  }
}

export function createSearchResult(k: number): SearchResult {
  return { labels: new Uint32Array(k), scores: new Float32Array(k) }
}

export function assertLabel(label: number): void {
  if (label >>> 0 !== label) throw new VectorIndexError('bad-label', `a label is an integer in [0, 2^32), not ${label}`)
}

export function assertDimension(dimension: number): void {
  if (!Number.isInteger(dimension) || dimension < 1) {
    throw new RangeError(`the dimension must be a positive integer, not ${dimension}`)
  }
}

/** Checks length and finiteness, and returns the norm, which is how finiteness is known. */
export function checkedNorm(vector: Float32Array, dimension: number): number {
  if (vector.length !== dimension) {
    throw new VectorIndexError('bad-vector', `the index has ${dimension} dimensions, the vector has ${vector.length}`)
  }
  const norm = l2Norm(vector)
  if (!Number.isFinite(norm)) throw new VectorIndexError('bad-vector', 'the vector has a component that is not finite')
  return norm
}

/** The same for a vector to be indexed. */
export function checkedItemNorm(label: number, vector: Float32Array, { dimension, metric }: VectorIndex): number {
  const norm = checkedNorm(vector, dimension)
  if (norm === 0 && metric === 'cosine') {
    throw new VectorIndexError('bad-vector', `the vector of label ${label} is zero: it has no direction to index`)
  }
  return norm
}

/** Number of results a search may write: k, or the number of labels when that is smaller. */
export function resultCount(k: number, size: number, out: SearchResult): number {
  if (!Number.isInteger(k) || k < 1) throw new RangeError(`k must be a positive integer, not ${k}`)
  if (out.labels.length < k || out.scores.length < k) throw new RangeError(`the output has fewer than ${k} places`)
  return Math.min(k, size)
}
