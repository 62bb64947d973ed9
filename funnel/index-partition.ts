/**
 * The items one index thread owns: their vectors in HNSW graphs per model set, and the newest of them.
 *
 * 1. A generation answers only after all its vectors are in; until then the thread serves the others.
 * 2. Changes reach every generation that is loaded or loading, so none misses an item.
 * 3. Work on an index is done in steps that a caller can interleave with searches.
 * 4. What changes between `expect` and `adopt` of a generation is placed before that generation answers.
 */
import { join } from 'node:path'
import { SparseAccumulator } from '../algorithms/retrieval/sparse-accumulator.ts'
import { TopK } from '../algorithms/retrieval/top-k.ts'
import type { VectorIndex } from '../algorithms/retrieval/vector-index.ts'
import type { SettingsOf } from '../config/fragment.ts'
import type { Settings } from '../config/settings.ts'
import { grown } from '../domain/grown.ts'
import { type PerSpace, perSpace, type SpaceName, spaceNames } from '../features/vector-spaces.ts'
import { FreshList } from './fresh-list.ts'
import { scatterHistory } from './hydrators/co-visitation.ts'
import { ModelSpaces } from './model-spaces.ts'
import type { Partition, RankedItems } from './partition.ts'
import type { ModelSetHandles, ThreadTables } from './ports.ts'
import type { RequestFrame } from './request-frame.ts'
import { indexSettings } from './settings.ts'
import { itemToItemSettings } from './sources/item-to-item.ts'
import { createSpaceIndex, spaceSearchWidth } from './space-index.ts'
import { TableReaders } from './table-readers.ts'

interface Generation {
  readonly spaces: ModelSpaces
  /** None for a space that the set was not trained for. */
  readonly indexes: PerSpace<VectorIndex | null>
  ready: boolean
}

export class IndexPartition implements Partition {
  readonly settings: Settings
  readonly partitions: number
  readonly exactScanShare: number
  private readonly tables = new TableReaders()
  private readonly generations = new Map<number, Generation>()
  /** Items that changed since, for each generation whose graphs are being built elsewhere. */
  private readonly expected = new Map<number, Set<number>>()
  private readonly owned = new OwnedItems()
  private readonly freshList = new FreshList()
  private readonly index: SettingsOf<typeof indexSettings>
  private readonly top = new TopK()
  private accumulator = new SparseAccumulator(1024)
  private result = new Scratch(1024)
  private current: Generation | null = null

  constructor(partitions: number, settings: Settings) {
    this.partitions = partitions
    this.settings = settings
    this.index = settings.of(indexSettings)
    this.exactScanShare = this.index.exactScanShare
  }

  get items() {
    return this.tables.items
  }

  get counters() {
    return this.tables.counters
  }

  get popular() {
    return this.tables.popular
  }

  /** Of the request that began last, as it stands in the set that answers it. */
  get generation(): number {
    return this.current?.spaces.generation ?? 0
  }

  /** Whether a model set answers here. */
  get isServing(): boolean {
    return this.generations.values().some(({ ready }) => ready)
  }

  setTables(tables: ThreadTables): void {
    this.tables.set(tables)
  }

  /** @throws RangeError when the request pins a generation or tables this thread does not hold. */
  begin(query: RequestFrame): void {
    if (query.tablesVersion > this.tables.version)
      throw new RangeError(`tables ${query.tablesVersion} have not arrived`)
    this.current = null
    if (query.generation === 0) return
    const generation = this.generations.get(query.generation)
    if (generation === undefined || !generation.ready)
      throw new RangeError(`model set ${query.generation} is not loaded`)
    this.current = generation
  }

  owns(item: number): boolean {
    return this.owned.has(item)
  }

  /** This partition's part of a budget: an even share plus three standard deviations of a fair draw. */
  shareOf(budget: number): number {
    if (this.partitions === 1 || budget === 0) return budget
    const share = budget / this.partitions
    return Math.min(budget, Math.ceil(share + 3 * Math.sqrt(share * (1 - 1 / this.partitions))))
  }

  sample(): Uint32Array {
    return this.owned.sample()
  }

  sizeOf(space: SpaceName): number {
    return this.current?.indexes[space]?.size ?? 0
  }

  nearest(space: SpaceName, query: Float32Array, k: number): RankedItems {
    const index = this.current!.indexes[space]!
    index.setSearchWidth(spaceSearchWidth(k, this.index))
    const result = this.scratch(k)
    return result.filled(index.search(query, k, result))
  }

  scan(space: SpaceName, query: Float32Array, k: number): RankedItems {
    const vectors = this.current!.spaces.readers[space]
    this.top.begin(k)
    this.owned.forEach(item => {
      const row = this.items.currentRow(item)
      if (row >= 0 && vectors.has(row)) this.top.offer(item, Math.fround(vectors.dot(row, query)))
    })
    return this.drain(k)
  }

  relatedToHistory(query: RequestFrame, k = Number.POSITIVE_INFINITY): RankedItems {
    if (this.current === null) return this.scratch(0).filled(0)
    const { itemCount } = this.items
    if (this.accumulator.capacity < itemCount) this.accumulator = new SparseAccumulator(itemCount * 2)
    scatterHistory(query, this.current.spaces.coVisitation, this.settings.of(itemToItemSettings), this.accumulator)
    const wanted = Math.min(k, this.accumulator.count)
    const result = this.scratch(wanted)
    const count = this.accumulator.selectTop(wanted, this.top, result.items, result.scores)
    this.accumulator.reset()
    return result.filled(count)
  }

  newest(query: RequestFrame, since: number, scanMax: number): RankedItems {
    const content = query.contentQuery.length > 0 && this.current !== null ? this.current.spaces.content : null
    this.top.begin(scanMax)
    let visited = 0
    this.freshList.visitNewest(this.items, since, query.now, (item, publishedAt) => {
      const newness = (publishedAt - since) / (query.now - since)
      const row = this.items.currentRow(item)
      this.top.offer(item, Math.fround(newness + (content === null ? 0 : content.dot(row, query.contentQuery))))
      return ++visited < scanMax
    })
    return this.drain(visited)
  }

  /**
   * Steps that build the graphs of a model set; each adds one vector. Ready once exhausted; what changes from now on
   * reaches it, also before the first step.
   */
  prepare(handles: ModelSetHandles): Generator<void> {
    const spaces = new ModelSpaces(handles)
    const generation: Generation = { spaces, indexes: this.emptyIndexes(handles), ready: false }
    this.generations.set(handles.generation, generation)
    return this.build(handles.generation, generation, handles.owned)
  }

  /** Ends early when the set is retired before it is whole. */
  private *build(number: number, generation: Generation, owned: Iterable<number>): Generator<void> {
    for (const item of owned) {
      if (this.generations.get(number) !== generation) return
      this.owned.add(item)
      this.place(generation, item)
      yield
    }
    generation.ready = true
  }

  /** From now on changes are kept for a generation whose graphs another partition object builds and saves. */
  expect(generation: number): void {
    this.expected.set(generation, new Set())
  }

  /** Writes the graphs of a prepared generation to a folder. */
  async save(generation: number, folder: string): Promise<void> {
    const { indexes } = this.generations.get(generation)!
    for (const name of spaceNames) await indexes[name]?.save(join(folder, name))
  }

  /**
   * Takes over graphs that were saved for this partition, and gives the steps after which they answer: those place what
   * changed meanwhile.
   * @throws Error when a file cannot be read or is of other settings
   */
  async adopt(handles: ModelSetHandles, folder: string): Promise<Generator<void>> {
    const indexes = this.emptyIndexes(handles)
    for (const name of spaceNames) await indexes[name]?.load(join(folder, name))
    return this.catchUp(handles, { spaces: new ModelSpaces(handles), indexes, ready: false })
  }

  private *catchUp(handles: ModelSetHandles, generation: Generation): Generator<void> {
    const changed = this.expected.get(handles.generation)
    if (changed === undefined) return
    this.expected.delete(handles.generation)
    this.generations.set(handles.generation, generation)
    for (const item of handles.owned) this.owned.add(item)
    yield* this.build(handles.generation, generation, changed)
  }

  /** It answers no longer; steps that free its graphs, one at a time: a large one takes as long as several searches. */
  retire(generation: number): Generator<void> {
    this.expected.delete(generation)
    const retired = this.generations.get(generation)
    this.generations.delete(generation)
    return free(retired)
  }

  /** Steps that bring changed or new items of this partition into every index; each places one item at most. */
  *update(items: Uint32Array): Generator<void> {
    for (const item of items) {
      this.owned.add(item)
      this.freshList.add(item)
      for (const changed of this.expected.values()) changed.add(item)
      for (const generation of this.generations.values()) this.place(generation, item)
      yield
      while (this.freshList.settleStep(this.items)) yield
    }
  }

  private place(generation: Generation, item: number): void {
    const row = this.items.currentRow(item)
    const gone = row < 0 || this.items.isDeleted(row)
    for (const name of spaceNames) {
      const index = generation.indexes[name]
      if (index === null) continue
      if (!gone && generation.spaces.vectorInto(name, row)) index.upsert(item, generation.spaces.vector[name])
      else if (index.has(item)) index.remove(item)
    }
  }

  private emptyIndexes(handles: ModelSetHandles): Generation['indexes'] {
    const capacity = handles.owned.length + 1024
    return perSpace(name => {
      const { dimension } = handles.spaces[name]
      const size = { dimension, capacity, ordinaryNorm: handles.ordinaryNorm[name] }
      return dimension === 0 ? null : createSpaceIndex(name, size, this.index)
    })
  }

  private drain(k: number): RankedItems {
    const result = this.scratch(k)
    return result.filled(this.top.drain(result.items, result.scores))
  }

  private scratch(k: number): Scratch {
    if (this.result.items.length < k) this.result = new Scratch(k * 2)
    return this.result
  }
}

function* free(generation?: Generation): Generator<void> {
  // The graphs lie outside the heap, where the collector does not see how much there is to free.
  for (const name of spaceNames) {
    generation?.indexes[name]?.clear()
    yield
  }
}

/** Reused columns for one ranking, also in the shape a vector index writes to. */
class Scratch implements RankedItems {
  readonly items: Uint32Array
  readonly labels: Uint32Array
  readonly scores: Float32Array
  count = 0

  constructor(capacity: number) {
    this.items = new Uint32Array(capacity)
    this.labels = this.items
    this.scores = new Float32Array(capacity)
  }

  filled(count: number): RankedItems {
    this.count = count
    return this
  }
}

const sampleSize = 128

/** The items of this partition, each once, in order of arrival. */
class OwnedItems {
  private items = new Uint32Array(1024)
  private isOwned = new Uint8Array(4096)
  private size = 0
  private sampled = new Uint32Array(0)
  private sampledAt = 0

  add(item: number): void {
    if (item >= this.isOwned.length)
      this.isOwned = grown(this.isOwned, new Uint8Array(Math.max(item + 1, this.isOwned.length * 2)))
    if (this.isOwned[item] === 1) return
    this.isOwned[item] = 1
    if (this.size === this.items.length) this.items = grown(this.items, new Uint32Array(this.size * 2))
    this.items[this.size++] = item
  }

  has(item: number): boolean {
    return item < this.isOwned.length && this.isOwned[item] === 1
  }

  /** Evenly spread over the order of arrival; chosen anew when the partition has grown by a quarter. */
  sample(): Uint32Array {
    if (this.size > this.sampledAt * 1.25) {
      this.sampledAt = this.size
      const count = Math.min(sampleSize, this.size)
      this.sampled = Uint32Array.from({ length: count }, (_, i) => this.items[Math.floor((i * this.size) / count)])
    }
    return this.sampled
  }

  forEach(visit: (item: number) => void): void {
    for (let i = 0; i < this.size; i++) visit(this.items[i])
  }
}
