import type { Settings } from '../config/settings.ts'
import type { CounterReader } from '../domain/counters.ts'
import type { ItemReader } from '../domain/item-table/item-reader.ts'
import type { PopularLists } from '../domain/popular-lists.ts'
import type { SpaceName } from '../features/vector-spaces.ts'
import type { RequestFrame } from './request-frame.ts'

/** Items with scores, best first; the columns are scratch of the partition, valid until the next call. */
export interface RankedItems {
  readonly items: Uint32Array
  readonly scores: Float32Array
  readonly count: number
}

/** What a source can ask of the index partition it runs in, all at the versions the request pinned. */
export interface Partition {
  readonly settings: Settings
  /** How many partitions share the catalogue. */
  readonly partitions: number
  readonly items: ItemReader
  readonly counters: CounterReader
  readonly popular: PopularLists
  /** Searches for more than this share of the partition go to the exact scan. */
  readonly exactScanShare: number
  /** Some items from all over the partition, to judge by how many of its items the filters let pass. */
  sample(): Uint32Array
  /** Items of this partition with a vector in the space. */
  sizeOf(space: SpaceName): number
  nearest(space: SpaceName, query: Float32Array, k: number): RankedItems
  /** The exact ranking of the whole partition. */
  scan(space: SpaceName, query: Float32Array, k: number): RankedItems
  /** The `k` best neighbours of the recent history by co-visitation, over the whole catalogue; all when not given. */
  relatedToHistory(query: RequestFrame, k?: number): RankedItems
  /** Items of this partition published at or after `since` (epoch ms) and not after `query.now`. */
  newest(query: RequestFrame, since: number, scanMax: number): RankedItems
}
