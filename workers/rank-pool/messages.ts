import type { SettingsText } from '../../funnel/fragments.ts'
import type { ModelSetHandles, ThreadTables } from '../../funnel/ports.ts'

/** Work for a rank thread. Frames are packed, see `funnel/request-frame.ts` and `funnel/hydrators/query-vectors.ts`. */
export type RankTask =
  | { readonly type: 'rank'; readonly request: ArrayBuffer; readonly shards: readonly ArrayBuffer[] }
  | { readonly type: 'encode'; readonly histories: readonly ArrayBuffer[] }

/** A packed ranking, or the packed query vectors of each history. */
export type RankResult = ArrayBuffer | ArrayBuffer[]

/**
 * What all rank threads are told, over one broadcast channel: threads of a pool cannot be addressed one by one, and one
 * that replaces a dead one asks for everything with `hello`.
 */
export type ToRankThreads =
  | { readonly type: 'tables'; readonly tables: ThreadTables }
  | { readonly type: 'prepare'; readonly handles: ModelSetHandles }
  | { readonly type: 'retire'; readonly generation: number }

export type FromRankThreads =
  | { readonly type: 'hello'; readonly threadId: number }
  | { readonly type: 'prepared'; readonly threadId: number; readonly generation: number }
  | { readonly type: 'prepare-failed'; readonly threadId: number; readonly generation: number; readonly reason: string }

export interface RankThreadData {
  readonly channel: string
  readonly settings: SettingsText
  /** How long a task waits for tables or a model set that its thread has not heard of yet. */
  readonly waitMs: number
}
