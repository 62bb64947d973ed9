import type { JournalEvent } from './event.ts'
import type { Item } from './item.ts'
import type { User } from './user.ts'

/**
 * The journal numbers everything that changes an answer, in one order; state is a fold over it.
 *
 * A record speaks in id strings. The only integers that stand for things are the catalogue's own ordinals:
 * the n-th distinct item id that the journal ever named has ordinal n, so a replay recovers them.
 */
export type JournalRecord =
  | { readonly kind: 'item'; readonly at: number; readonly item: Item }
  | { readonly kind: 'item-delete'; readonly at: number; readonly id: string }
  | { readonly kind: 'user'; readonly at: number; readonly user: User }
  | { readonly kind: 'user-delete'; readonly at: number; readonly id: string }
  | { readonly kind: 'event'; readonly at: number; readonly event: JournalEvent }
  | { readonly kind: 'served'; readonly at: number; readonly served: ServedRecord }
  /** Counters folded through this record's own number become the epoch of that number. */
  | { readonly kind: 'epoch'; readonly at: number }
  | {
      readonly kind: 'settings'
      readonly at: number
      readonly hash: string
      readonly values: Readonly<Record<string, unknown>>
    }
  | { readonly kind: 'promotion'; readonly at: number; readonly modelSet: string; readonly previous: string | null }

export type JournalKind = JournalRecord['kind']

/** A record with its number. Numbers start at 1 and have no gaps. */
export interface Numbered<R extends JournalRecord = JournalRecord> {
  readonly seq: number
  readonly record: R
}

/**
 * What was served and everything needed to compute its features again, bit for bit:
 * user state at `userSeq`, items at `catalogSeq`, counters at `counterEpoch`, `now` and `modelSet`.
 * `candidates` packs the ranked candidates with their retrieval evidence, see `funnel/candidate-log.ts`.
 */
export interface ServedRecord {
  readonly requestId: string
  readonly user: string
  readonly userSeq: number
  readonly catalogSeq: number
  /** The catalogue number at which the cached query vectors read the history's vectors; at most `catalogSeq`. */
  readonly querySeq: number
  readonly counterEpoch: number
  readonly now: number
  readonly modelSet: string
  readonly schemaHash: string
  readonly settingsHash: string
  readonly seed: number
  readonly context: ServedContext
  readonly partial: boolean
  readonly degraded: string | null
  readonly items: readonly string[]
  readonly propensities: Float32Array
  /** Proposers of each returned item, one bit per source in the order of `sourceNames`. */
  readonly sources: Uint32Array
  readonly sourceNames: readonly string[]
  readonly scores: Float32Array
  /** [items × features] row-major, exactly as the ranker read them. */
  readonly features: Float32Array
  /** Over the features of all ranked candidates in their order, `features/feature-hash.ts`. */
  readonly featureHash: number
  readonly candidates: Uint8Array
}

export interface ServedContext {
  readonly device?: string
  readonly region?: string
  readonly language?: string
}
