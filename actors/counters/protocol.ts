import type { FoldedEvent } from '../../features/folded-event.ts'
import type { SegmentEngagement } from '../../funnel/counters-state.ts'
import type { ActorRef } from '../../supervision/actor-ref.ts'
import type { AppendReply } from '../journal/protocol.ts'
import type { WriteSnapshot } from '../snapshot-protocol.ts'

/** The counters actor is the only writer of item counters and of the trending and popular lists. */
export type CountersMessage =
  | { readonly type: 'fold'; readonly batch: CounterBatch }
  /** Which segments the folded events came from; only the lists per segment read it. */
  | { readonly type: 'segments'; readonly engagements: readonly SegmentEngagement[] }
  | { readonly type: 'epoch-due' }
  /** Answered when everything that was sent before has been folded and published. */
  | { readonly type: 'when-folded'; readonly replyTo: ActorRef<CountersFolded> }
  /** What the journal says of the epoch record that was asked for. */
  | AppendReply
  | WriteSnapshot
  /** Every user shard has told which segments the events up to the number of the snapshot came from. */
  | { readonly type: 'segments-told'; readonly throughSeq: number }
  | { readonly type: 'written'; readonly throughSeq: number; readonly failure: string | null }

export interface CountersFolded {
  readonly type: 'counters-folded'
}

export interface CounterBatch {
  readonly throughSeq: number
  readonly entries: readonly CounterEntry[]
}

export type CounterEntry =
  | { readonly kind: 'event'; readonly event: FoldedEvent }
  | { readonly kind: 'epoch'; readonly seq: number; readonly at: number }
