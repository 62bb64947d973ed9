import type { ActorRef } from '../../supervision/actor-ref.ts'
import type { AppendReply, CommittedGroup } from '../journal/protocol.ts'
import type { SnapshotDone, SnapshotWritten } from '../snapshot-protocol.ts'

/**
 * The catalog is the only writer of items and the first to see a committed record: it applies item changes in journal
 * order and then hands events on with ids already resolved, so that every fold reads the items as of its own number.
 * It also leads snapshots, because its place in the stream is where all owners can be told the same number.
 */
export type CatalogMessage =
  | { readonly type: 'committed'; readonly groups: readonly CommittedGroup[] }
  | { readonly type: 'continue' }
  /** Takes a snapshot behind the next epoch record, which the catalog asks for. */
  | { readonly type: 'snapshot'; readonly replyTo: ActorRef<SnapshotDone> }
  /** What the journal says of the epoch record that was asked for. */
  | AppendReply
  | SnapshotWritten
  | { readonly type: 'encode-slice' }
  | { readonly type: 'catalog-written'; readonly throughSeq: number }
  | { readonly type: 'catalog-failed'; readonly reason: string }
  /** Rows that no request can read any more may be used again. */
  | { readonly type: 'reclaim-due' }
