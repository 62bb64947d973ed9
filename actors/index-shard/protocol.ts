import type { ModelSetHandles, ThreadTables } from '../../funnel/ports.ts'
import type { ActorRef } from '../../supervision/actor-ref.ts'

/** An index shard owns one partition of the items and the thread that searches it. */
export type IndexShardMessage =
  /** `frame` is a packed request; every shard gets the same bytes. */
  | { readonly type: 'retrieve'; readonly frame: ArrayBuffer; readonly replyTo: ActorRef<ShardReply> }
  | { readonly type: 'tables'; readonly tables: ThreadTables }
  | { readonly type: 'items-changed'; readonly items: Uint32Array }
  | { readonly type: 'prepare'; readonly handles: ModelSetHandles }
  | { readonly type: 'retire'; readonly generation: number }
  | { readonly type: 'thread-ready' }
  | { readonly type: 'thread-filled' }
  | { readonly type: 'thread-prepared'; readonly generation: number; readonly failure: string | null }
  | { readonly type: 'thread-died'; readonly reason: string }
  /** A fault on purpose; the door refuses it unless faults are switched on. */
  | { readonly type: 'kill-thread' }

export type ShardReply =
  | { readonly type: 'shard-reply'; readonly shard: number; readonly frame: ArrayBuffer }
  | { readonly type: 'shard-failed'; readonly shard: number; readonly reason: string }

/** Told to the model manager whenever a thread has loaded a set, also a thread that replaced another. */
export interface ShardPrepared {
  readonly type: 'shard-prepared'
  readonly shard: number
  readonly generation: number
  readonly failure: string | null
}
