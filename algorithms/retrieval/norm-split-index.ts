/**
 * Search for the largest inner product over vectors of very uneven norms: the few long vectors are scanned, the many
 * short ones lie in a graph.
 *
 * The graph turns inner products into angles by one more dimension, √(M² - |x|²) (see vector-transform.ts). Where a few
 * norms are many times the median, as those of trained item factors are, that dimension is nearly the same for almost all
 * vectors and hides how they differ: with M the largest norm, a search for 170 among 32,000 factors found 88 % at ef 680.
 * With M the norm that 95 % stay below, it finds more than 99.9 % at ef 170, in half the time.
 *
 * Invariants
 * 1. A label lies in one of the two parts: among the long ones exactly when its norm is above `maximumNorm`.
 * 2. So nothing in the graph is shortened, and scores are true inner products in both parts.
 */
import { ExactIndex } from './exact-index.ts'
import { HnswIndex, type HnswIndexOptions } from './hnsw-index.ts'
import { fileChecksum, readIndexFile, writeIndexFile } from './index-file.ts'
import {
  assertLabel,
  checkedItemNorm,
  createSearchResult,
  resultCount,
  type SearchResult,
  type VectorIndex,
  VectorIndexError,
} from './vector-index.ts'

const KIND = 'norm-split-index/1'

export type NormSplitIndexOptions = Omit<Extract<HnswIndexOptions, { metric: 'inner-product' }>, 'metric'>

export class NormSplitIndex implements VectorIndex {
  readonly dimension: number
  readonly metric = 'inner-product'
  private readonly maximumNorm: number
  private readonly short: HnswIndex
  private readonly long: ExactIndex
  private foundShort: SearchResult = createSearchResult(0)
  private foundLong: SearchResult = createSearchResult(0)

  /** `maximumNorm` is the norm that few vectors exceed: those are compared one by one in every search. */
  constructor(options: NormSplitIndexOptions) {
    this.dimension = options.dimension
    this.maximumNorm = options.maximumNorm
    this.short = new HnswIndex({ ...options, metric: 'inner-product' })
    this.long = new ExactIndex({ dimension: options.dimension, metric: 'inner-product' })
  }

  get size(): number {
    return this.short.size + this.long.size
  }

  has(label: number): boolean {
    return this.short.has(label) || this.long.has(label)
  }

  upsert(label: number, vector: Float32Array): void {
    assertLabel(label)
    const isLong = checkedItemNorm(label, vector, this) > this.maximumNorm
    const [home, other] = isLong ? [this.long, this.short] : [this.short, this.long]
    home.upsert(label, vector)
    other.remove(label)
  }

  remove(label: number): boolean {
    return this.short.remove(label) || this.long.remove(label)
  }

  clear(): void {
    this.short.clear()
    this.long.clear()
  }

  search(query: Float32Array, k: number, out: SearchResult): number {
    const wanted = resultCount(k, this.size, out)
    if (this.foundShort.labels.length < k) {
      this.foundShort = createSearchResult(k)
      this.foundLong = createSearchResult(k)
    }
    const short = this.short.search(query, k, this.foundShort)
    const long = this.long.search(query, k, this.foundLong)
    return mergeBest(this.foundShort, short, this.foundLong, long, wanted, out)
  }

  setSearchWidth(ef: number): void {
    this.short.setSearchWidth(ef)
  }

  /** Writes `path` and, beside it, the two parts. The first carries their checksums, so a torn set is noticed. */
  async save(path: string): Promise<void> {
    await this.short.save(shortPath(path))
    await this.long.save(longPath(path))
    const { dimension, maximumNorm } = this
    const [short, long] = await Promise.all([fileChecksum(shortPath(path)), fileChecksum(longPath(path))])
    await writeIndexFile(path, { meta: { kind: KIND, dimension, maximumNorm, short, long }, columns: {} })
  }

  async load(path: string): Promise<void> {
    const { meta } = await readIndexFile(path)
    const fits = meta.kind === KIND && meta.dimension === this.dimension && meta.maximumNorm === this.maximumNorm
    const [short, long] = fits ? await Promise.all([fileChecksum(shortPath(path)), fileChecksum(longPath(path))]) : []
    if (!fits || meta.short !== short || meta.long !== long) {
      throw new VectorIndexError('bad-file', `${path} is another index, or its parts do not belong to it. Rebuild it`)
    }
    await this.short.load(shortPath(path))
    await this.long.load(longPath(path))
  }
}

/** The best `wanted` of two lists without a common label, score descending, equal scores by label. */
function mergeBest(
  a: SearchResult,
  aCount: number,
  b: SearchResult,
  bCount: number,
  wanted: number,
  out: SearchResult,
): number {
  let fromA = 0
  let fromB = 0
  let count = 0
  while (count < wanted && (fromA < aCount || fromB < bCount)) {
    const takeA = fromB === bCount || (fromA < aCount && comesFirst(a, fromA, b, fromB))
    const from = takeA ? a : b
    const at = takeA ? fromA++ : fromB++
    out.labels[count] = from.labels[at]!
    out.scores[count++] = from.scores[at]!
  }
  return count
}

function comesFirst(a: SearchResult, i: number, b: SearchResult, j: number): boolean {
  return a.scores[i]! > b.scores[j]! || (a.scores[i] === b.scores[j] && a.labels[i]! < b.labels[j]!)
}

function shortPath(path: string): string {
  return `${path}.short`
}

function longPath(path: string): string {
  return `${path}.long`
}
