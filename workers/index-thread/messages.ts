import type { SettingsText } from '../../funnel/fragments.ts'
import type { ModelSetHandles, ThreadTables } from '../../funnel/ports.ts'

/** What the main thread says to an index thread. Requests are answered in the order the thread gets to them. */
export type ToIndexThread =
  | { readonly type: 'tables'; readonly tables: ThreadTables }
  | { readonly type: 'retrieve'; readonly call: number; readonly frame: ArrayBuffer }
  /** All items of the partition, for a thread that starts empty. */
  | { readonly type: 'fill'; readonly items: Uint32Array }
  | { readonly type: 'items-changed'; readonly items: Uint32Array }
  | { readonly type: 'prepare'; readonly handles: ModelSetHandles }
  | { readonly type: 'retire'; readonly generation: number }
  | { readonly type: 'stop' }
  /** Ends the thread the way a defect would; sent only where faults are switched on. */
  | { readonly type: 'die' }

export type FromIndexThread =
  /** The handshake: the thread has its tables and can be asked. */
  | { readonly type: 'ready' }
  | { readonly type: 'filled' }
  | { readonly type: 'retrieved'; readonly call: number; readonly frame: ArrayBuffer }
  | { readonly type: 'retrieve-failed'; readonly call: number; readonly reason: string }
  | { readonly type: 'prepared'; readonly generation: number }
  | { readonly type: 'prepare-failed'; readonly generation: number; readonly reason: string }

export interface IndexThreadData {
  readonly shard: number
  readonly shards: number
  readonly settings: SettingsText
  readonly tables: ThreadTables
}
