/**
 * Approximate search by a hierarchical navigable small world graph (Malkov and Yashunin, TPAMI 2018) through
 * hnswlib-node. All vectors enter the graph with norm 1, in its inner-product space: normalised under `cosine`,
 * augmented by one dimension under `inner-product` (see vector-transform.ts).
 *
 * Invariants
 * 1. The graph's own labels are the slots of `slots`; a vacant slot is marked deleted in the graph, a live one is not.
 * 2. A slot is appended only while nothing in the graph is marked deleted (`LabelSlots` sees to it): hnswlib reads past
 *    the end of an empty list when it appends a point and reaches none but deleted ones.
 * 3. `scales[slot]` is |x| / maximumNorm where that is above 1, else 1; `clampedCount` counts the former.
 * 4. While a save or load is under way the graph is only read.
 */
import type { HierarchicalNSW } from 'hnswlib-node'
import hnswlib from 'hnswlib-node'
import { fileChecksum, type IndexFile, readIndexFile, writeIndexFile } from './index-file.ts'
import { LabelSlots } from './label-slots.ts'
import { searchWidthFor } from './search-width.ts'
import type { Metric, SearchResult, VectorIndex } from './vector-index.ts'
import {
  assertDimension,
  assertLabel,
  checkedItemNorm,
  checkedNorm,
  createSearchResult,
  resultCount,
  VectorIndexError,
} from './vector-index.ts'
import { mipsAugment, mipsQuery, normalise } from './vector-transform.ts'

const KIND = 'hnsw-index/1'
const SPACE = 'ip'
const SMALLEST_CAPACITY = 16

interface GraphOptions {
  readonly dimension: number
  /** Points allotted at first; the graph grows by half when they are used up. */
  readonly capacity?: number
  /** Links per point and layer (`M`; twice as many in the lowest layer). */
  readonly linksPerPoint?: number
  /** Candidates kept in view while a point is linked (`efConstruction`). */
  readonly buildWidth?: number
  /** Seeds the draw of each point's highest layer. */
  readonly seed?: number
}

/**
 * `maximumNorm` is the M of the augmentation and stays fixed for the life of the index: choose the largest norm of the
 * vectors at build. A longer vector upserted later is placed in the graph as if it had norm M. Its score is still its
 * true inner product; only whether the search comes across it is decided by the shorter one, and the search fetches
 * one more candidate per such vector (at most twice k) to make up for that. Rebuild when they become many.
 */
export type HnswIndexOptions = GraphOptions &
  ({ readonly metric: 'cosine' } | { readonly metric: 'inner-product'; readonly maximumNorm: number })

export class HnswIndex implements VectorIndex {
  readonly dimension: number
  readonly metric: Metric
  private readonly maximumNorm: number
  private readonly linksPerPoint: number
  private readonly buildWidth: number
  private readonly seed: number
  private graph: HierarchicalNSW
  private capacity = 0
  private slots = new LabelSlots(0)
  private scales = new Float32Array(0)
  private clampedCount = 0
  private searchWidth: number
  private isBusy = false
  /** The vector as the graph wants it, and the plain array that is all hnswlib-node accepts; both reused. */
  private readonly transformed: Float32Array
  private readonly point: number[]
  private found: SearchResult = createSearchResult(0)

  constructor(options: HnswIndexOptions) {
    const { dimension, metric, capacity = 1024, linksPerPoint = 16, buildWidth = 200, seed = 1 } = options
    assertDimension(dimension)
    this.maximumNorm = options.metric === 'inner-product' ? options.maximumNorm : 1
    if (!(this.maximumNorm > 0 && this.maximumNorm < Infinity)) {
      throw new RangeError(`maximumNorm must be positive and finite, not ${this.maximumNorm}`)
    }
    this.dimension = dimension
    this.metric = metric
    this.linksPerPoint = linksPerPoint
    this.buildWidth = buildWidth
    this.seed = seed
    this.searchWidth = searchWidthFor(10, metric)
    this.transformed = new Float32Array(metric === 'cosine' ? dimension : dimension + 1)
    this.point = Array.from(this.transformed)
    this.graph = new hnswlib.HierarchicalNSW(SPACE, this.point.length)
    this.initialise(Math.max(SMALLEST_CAPACITY, capacity))
  }

  get size(): number {
    return this.slots.size
  }

  has(label: number): boolean {
    return this.slots.slotOf(label) !== -1
  }

  upsert(label: number, vector: Float32Array): void {
    this.refuseWhileBusy()
    assertLabel(label)
    const norm = checkedItemNorm(label, vector, this)
    if (this.metric === 'cosine') normalise(vector, this.transformed)
    else mipsAugment(vector, this.maximumNorm, this.transformed)
    this.copyToPoint()
    const slot = this.slots.claim(label)
    if (this.slots.count > this.capacity) this.grow()
    // On a slot that is in use, or marked deleted, this replaces the vector and links it anew.
    this.graph.addPoint(this.point, slot)
    this.setScale(slot, this.metric === 'cosine' ? 1 : Math.max(1, norm / this.maximumNorm))
  }

  remove(label: number): boolean {
    this.refuseWhileBusy()
    const slot = this.slots.release(label)
    if (slot === -1) return false
    this.graph.markDelete(slot)
    this.setScale(slot, 1)
    return true
  }

  clear(): void {
    this.refuseWhileBusy()
    this.initialise(SMALLEST_CAPACITY)
  }

  search(query: Float32Array, k: number, out: SearchResult): number {
    const wanted = resultCount(k, this.size, out)
    const norm = checkedNorm(query, this.dimension)
    if (wanted === 0 || norm === 0) return 0
    if (this.metric === 'cosine') normalise(query, this.transformed)
    else mipsQuery(query, this.transformed)
    this.copyToPoint()
    const fetched = Math.min(this.size, wanted + Math.min(this.clampedCount, wanted))
    const { neighbors, distances } = this.graph.searchKnn(this.point, fetched)
    if (this.found.labels.length < neighbors.length) this.found = createSearchResult(2 * neighbors.length)
    const { labels, scores } = this.found
    const unit = this.metric === 'cosine' ? 1 : norm * this.maximumNorm
    for (let at = 0; at < neighbors.length; at++) {
      const slot = neighbors[at]!
      const score = Math.fround((1 - distances[at]!) * unit * this.scales[slot]!)
      insertInOrder(labels, scores, at, this.slots.labelOf(slot), score)
    }
    const count = Math.min(wanted, neighbors.length)
    for (let at = 0; at < count; at++) {
      out.labels[at] = labels[at]!
      out.scores[at] = scores[at]!
    }
    return count
  }

  setSearchWidth(ef: number): void {
    if (!Number.isInteger(ef) || ef < 1) throw new RangeError(`the search width must be a positive integer, not ${ef}`)
    this.searchWidth = ef
    this.graph.setEf(ef)
  }

  /** Writes `path` and `path.graph`. The first carries the checksum of the second, so a torn pair is noticed. */
  async save(path: string): Promise<void> {
    this.refuseWhileBusy()
    this.isBusy = true
    try {
      await this.graph.writeIndex(graphPath(path))
      const { dimension, metric, maximumNorm } = this
      const graphChecksum = await fileChecksum(graphPath(path))
      const { labels, vacant } = this.slots.toColumns()
      const scales = this.scales.subarray(0, labels.length)
      await writeIndexFile(path, {
        meta: { kind: KIND, dimension, metric, maximumNorm, graphChecksum },
        columns: { labels, vacant, scales },
      })
    } finally {
      this.isBusy = false
    }
  }

  /** A file made with another `maximumNorm` does not load: its scores would be scaled wrongly. */
  async load(path: string): Promise<void> {
    this.refuseWhileBusy()
    this.isBusy = true
    try {
      const file = await readIndexFile(path)
      this.assertFits(path, file)
      if ((await fileChecksum(graphPath(path))) !== file.meta.graphChecksum) {
        throw new VectorIndexError('bad-file', `${graphPath(path)} does not belong to ${path}. Rebuild the index`)
      }
      // Read into a graph of its own: searches go on in the old one, and a failed read would leave it half replaced.
      const graph = new hnswlib.HierarchicalNSW(SPACE, this.point.length)
      await graph.readIndex(graphPath(path)).catch(cause => {
        throw new VectorIndexError('bad-file', `${graphPath(path)} is not a whole graph. Rebuild the index`, { cause })
      })
      this.adopt(graph, file)
    } finally {
      this.isBusy = false
    }
  }

  private assertFits(path: string, { meta }: IndexFile): void {
    const same = meta.dimension === this.dimension && meta.metric === this.metric
    if (meta.kind === KIND && same && meta.maximumNorm === this.maximumNorm) return
    throw new VectorIndexError(
      'bad-file',
      `${path} holds ${meta.kind}, ${meta.metric}, dimension ${meta.dimension}, maximum norm ${meta.maximumNorm}; ` +
        `expected ${KIND}, ${this.metric}, dimension ${this.dimension}, maximum norm ${this.maximumNorm}`,
    )
  }

  private adopt(graph: HierarchicalNSW, { columns }: IndexFile): void {
    this.slots = LabelSlots.fromColumns(columns.labels as Uint32Array, columns.vacant as Uint32Array)
    // The room that was allotted beyond the points comes back too: growing copies the whole graph.
    this.capacity = graph.getMaxElements()
    this.scales = new Float32Array(this.capacity).fill(1)
    this.scales.set(columns.scales!)
    this.clampedCount = this.scales.reduce((count, scale) => count + (scale > 1 ? 1 : 0), 0)
    // Frees the old graph now; the collector would come to its small wrapper late.
    this.graph.initIndex(1)
    this.graph = graph
    this.graph.setEf(this.searchWidth)
  }

  /** Empties everything. The native object frees its old graph when it is initialised anew. */
  private initialise(capacity: number): void {
    this.graph.initIndex(capacity, this.linksPerPoint, this.buildWidth, this.seed)
    this.graph.setEf(this.searchWidth)
    this.capacity = capacity
    this.slots = new LabelSlots(capacity)
    this.scales = new Float32Array(capacity).fill(1)
    this.clampedCount = 0
  }

  private grow(): void {
    this.capacity = Math.max(SMALLEST_CAPACITY, Math.ceil(1.5 * this.slots.count))
    this.graph.resizeIndex(this.capacity)
    const scales = new Float32Array(this.capacity).fill(1)
    scales.set(this.scales)
    this.scales = scales
  }

  private setScale(slot: number, scale: number): void {
    if (this.scales[slot]! > 1) this.clampedCount--
    if (scale > 1) this.clampedCount++
    this.scales[slot] = scale
  }

  private copyToPoint(): void {
    const { transformed, point } = this
    for (let j = 0; j < transformed.length; j++) point[j] = transformed[j]!
  }

  private refuseWhileBusy(): void {
    if (this.isBusy) throw new VectorIndexError('busy', 'a save or load of this index is under way')
  }
}

/** Inserts entry `at` into the sorted entries before it. The graph answers almost in order, so little moves. */
function insertInOrder(labels: Uint32Array, scores: Float32Array, at: number, label: number, score: number): void {
  let place = at
  while (place > 0) {
    const before = scores[place - 1]!
    if (before > score || (before === score && labels[place - 1]! < label)) break
    labels[place] = labels[place - 1]!
    scores[place] = before
    place--
  }
  labels[place] = label
  scores[place] = score
}

function graphPath(path: string): string {
  return `${path}.graph`
}
