import type { ActorRef } from '../supervision/actor-ref.ts'

/** Asks an owner to write everything it folded up to here; it may hold more, but nothing less. */
export interface WriteSnapshot {
  readonly type: 'write-snapshot'
  readonly throughSeq: number
  readonly replyTo: ActorRef<SnapshotWritten>
}

/** An owner's part of the snapshot at `throughSeq` is durable, or not. */
export interface SnapshotWritten {
  readonly type: 'snapshot-written'
  readonly owner: string
  readonly throughSeq: number
  readonly failure: string | null
}

/** The whole snapshot is durable, or not. */
export interface SnapshotDone {
  readonly type: 'snapshot-done'
  readonly throughSeq: number
  readonly failure: string | null
}
