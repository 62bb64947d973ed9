import type { ModelSetContents } from '../../funnel/model-set-files.ts'
import type { ShardPrepared } from '../index-shard/protocol.ts'
import type { AppendReply } from '../journal/protocol.ts'

/** The model manager watches what is promoted, loads it everywhere, and only then switches. */
export type ModelManagerMessage =
  | { readonly type: 'look' }
  | { readonly type: 'found'; readonly id: string | null }
  | { readonly type: 'read'; readonly id: string; readonly contents: ModelSetContents }
  | { readonly type: 'read-failed'; readonly id: string; readonly reason: string }
  | { readonly type: 'load-slice' }
  | ShardPrepared
  | { readonly type: 'pool-prepared'; readonly generation: number; readonly failure: string | null }
  /** The promotion has its number, or none. */
  | AppendReply
