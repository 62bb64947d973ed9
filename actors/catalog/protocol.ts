import type { ActorRef } from '../../supervision/actor-ref.ts'
import type { CommittedGroup } from '../journal/protocol.ts'

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
  | SnapshotWritten
  | { readonly type: 'catalog-written'; readonly throughSeq: number }
  | { readonly type: 'catalog-failed'; readonly reason: string }
  /** Rows that no request can read any more may be used again. */
  | { readonly type: 'reclaim-due' }

/** An owner's part of the snapshot at `throughSeq` is durable, or not. */
export interface SnapshotWritten {
  readonly type: 'snapshot-written'
  readonly owner: string
  readonly throughSeq: number
  readonly failure: string | null
}

export interface SnapshotDone {
  readonly type: 'snapshot-done'
  readonly throughSeq: number
  readonly failure: string | null
}

/** Asks an owner to write everything it folded up to here; it may hold more, but nothing less. */
export interface WriteSnapshot {
  readonly type: 'write-snapshot'
  readonly throughSeq: number
  readonly replyTo: ActorRef<SnapshotWritten>
}
