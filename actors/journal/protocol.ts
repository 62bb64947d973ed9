import type { JournalRecord } from '../../domain/journal.ts'
import type { ActorRef } from '../../supervision/actor-ref.ts'
import type { EventsApplied } from '../user-shard/protocol.ts'

/** The journal gives everything that changes an answer its number, makes it durable, and only then hands it on. */
export type JournalMessage =
  | {
      readonly type: 'append'
      readonly records: readonly JournalRecord[]
      /** Told once the records are durable, or that they are not. */
      readonly replyTo?: ActorRef<AppendReply>
      /** Told once the records are in memory and waiting for the disk, or that they are not. */
      readonly takenInTo?: ActorRef<TakenIn | AppendFailed>
      /** Told by the user shards once events of this group are folded. */
      readonly appliedTo?: ActorRef<EventsApplied>
    }
  /** Whatever was in the mailbox with the first group of a commit has been taken in too. */
  | { readonly type: 'commit-due' }
  | { readonly type: 'committed'; readonly firstSeq: number }
  | { readonly type: 'commit-failed'; readonly reason: string }
  /** Hand on what the snapshots do not hold, in slices; `doneTo` is told when the last is on its way. */
  | { readonly type: 'recover'; readonly fromSeq: number; readonly doneTo: ActorRef<Recovered> }
  | { readonly type: 'handed-on' }

export type AppendReply = { readonly type: 'appended'; readonly firstSeq: number } | AppendFailed

export interface AppendFailed {
  readonly type: 'append-failed'
  readonly code: 'overloaded' | 'storage_failed'
  readonly reason: string
}

export interface TakenIn {
  readonly type: 'taken-in'
}

export interface Recovered {
  readonly type: 'recovered'
  readonly throughSeq: number
}

/** Durable records in journal order; what the catalog receives. */
export interface CommittedGroup {
  readonly firstSeq: number
  readonly records: readonly JournalRecord[]
  readonly appliedTo?: ActorRef<EventsApplied>
  /** Told when the group has been applied and handed on: the brake of a recovery. */
  readonly handedOnTo?: ActorRef<JournalMessage>
}
