/**
 * The model sets this process has loaded, on the thread that writes the catalogue.
 *
 * 1. A new row of an item has its vectors in every loaded set before a request can pin the row.
 * 2. New requests get the current set; an older one is released when the last request that pinned it has ended.
 * 3. Vectors are a function of the set and of the item's facts: a replay writes the same ones.
 */
import type { CatalogState } from '../domain/catalog-state.ts'
import type { Item } from '../domain/item.ts'
import { VectorSpaceWriter } from '../domain/shared/vector-space.ts'
import { type PerSpace, perSpace, spaceNames } from '../features/vector-spaces.ts'
import { ItemVectors } from './item-vectors.ts'
import type { ModelSetContents } from './model-set-files.ts'
import { shareModelSet } from './model-set-sharing.ts'
import type { ModelSetHandles } from './ports.ts'

/** A loaded set; `handles.owned` is filled per shard. */
export interface LiveModelSet {
  readonly generation: number
  readonly id: string
  readonly handles: ModelSetHandles
}

interface Loaded extends LiveModelSet {
  readonly spaces: PerSpace<VectorSpaceWriter>
  readonly vectors: ItemVectors
  pins: number
  /** Every vector of the items that were there has been written. */
  complete: boolean
}

export class LiveModelSets {
  current: LiveModelSet | null = null
  private readonly catalog: CatalogState
  private readonly rowsMax: number
  private readonly loaded = new Map<number, Loaded>()
  private readonly onUnused: (generation: number) => void
  private generations = 0

  /** @param onUnused told when a set that is no longer current has lost its last request */
  constructor(catalog: CatalogState, rowsMax: number, onUnused: (generation: number) => void) {
    this.catalog = catalog
    this.rowsMax = rowsMax
    this.onUnused = onUnused
  }

  /**
   * Makes the shared memory of a set and fills it, in steps that a caller can spread out. Items that change meanwhile
   * are taken care of by `admit`.
   */
  *load(id: string, contents: ModelSetContents, rankerSchemaHash: string): Generator<void, LiveModelSet> {
    const generation = ++this.generations
    const spaces = perSpace(space => new VectorSpaceWriter(contents[space]?.dimension ?? 0, this.rowsMax))
    const ordinals = yield* this.ordinalsOf(contents.vocabulary)
    const place = { generation, id, spaces, ordinals, itemCount: this.catalog.items.itemCount, rankerSchemaHash }
    const handles = yield* shareModelSet(contents, place)
    const vectors = new ItemVectors(contents, spaces)
    const loaded: Loaded = { generation, id, handles, spaces, vectors, pins: 0, complete: false }
    this.loaded.set(generation, loaded)
    try {
      yield* this.writeAll(loaded)
      loaded.complete = true
    } finally {
      if (!loaded.complete) this.loaded.delete(generation)
    }
    return loaded
  }

  /** Writes the vectors of a new row in every loaded set. */
  admit(row: number, item: Item): void {
    for (const loaded of this.loaded.values()) this.write(loaded, row, item)
  }

  /** A row without facts, or one that is about to be used again, has no vectors. */
  clear(row: number): void {
    for (const { spaces } of this.loaded.values()) {
      for (const space of spaceNames) spaces[space].clear(row)
    }
  }

  /** Those that a thread can be given; one that is still being filled is not among them. */
  live(): readonly LiveModelSet[] {
    return [...this.loaded.values()].filter(({ complete }) => complete)
  }

  promote(generation: number): void {
    const previous = this.current
    this.current = this.loaded.get(generation)!
    if (previous !== null) this.releaseIfUnused(previous.generation)
  }

  /** Gives up a set that never became current. */
  discard(generation: number): void {
    this.loaded.delete(generation)
    this.onUnused(generation)
  }

  pin(): LiveModelSet | null {
    const { current } = this
    if (current !== null) this.loaded.get(current.generation)!.pins++
    return current
  }

  release({ generation }: LiveModelSet): void {
    const loaded = this.loaded.get(generation)!
    loaded.pins--
    this.releaseIfUnused(generation)
  }

  private releaseIfUnused(generation: number): void {
    if (this.current?.generation === generation || this.loaded.get(generation)?.pins !== 0) return
    this.loaded.delete(generation)
    this.onUnused(generation)
  }

  /** −1 for what the catalogue does not know. */
  private *ordinalsOf(vocabulary: readonly string[]): Generator<void, Int32Array> {
    const ordinals = new Int32Array(vocabulary.length)
    for (let place = 0; place < vocabulary.length; place++) {
      ordinals[place] = this.catalog.findItem(vocabulary[place])
      yield
    }
    return ordinals
  }

  /** In the order of the items, so that what a set holds does not depend on when it was loaded. */
  private *writeAll(loaded: Loaded): Generator<void> {
    for (let item = 0; item < this.catalog.items.itemCount; item++) {
      const row = this.catalog.items.currentRow(item)
      const document = row < 0 ? undefined : this.catalog.document(item)
      if (document !== undefined) this.write(loaded, row, document)
      yield
    }
  }

  /** Found by the item, not carried over from its row before: an item that was deleted meanwhile gets them back. */
  private write({ vectors, handles }: Loaded, row: number, document: Item): void {
    const { placeOf } = handles.foldIn
    const item = this.catalog.items.itemOf(row)
    vectors.write(row, document, item < placeOf.length ? placeOf[item] : -1)
  }
}
