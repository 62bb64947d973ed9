import type { FoldedEvent } from '../../features/folded-event.ts'
import type { SegmentEngagement } from '../../funnel/counters-state.ts'
import type { AppendReply } from '../journal/protocol.ts'
import type { WriteSnapshot } from '../snapshot-protocol.ts'

/** The counters actor is the only writer of item counters and of the trending and popular lists. */
export type CountersMessage =
  | { readonly type: 'fold'; readonly batch: CounterBatch }
  /** Which segments the folded events came from; only the lists per segment read it. */
  | { readonly type: 'segments'; readonly engagements: readonly SegmentEngagement[] }
  | { readonly type: 'epoch-due' }
  /** What the journal says of the epoch record that was asked for. */
  | AppendReply
  | WriteSnapshot
  | { readonly type: 'written'; readonly throughSeq: number; readonly failure: string | null }

export interface CounterBatch {
  readonly throughSeq: number
  readonly entries: readonly CounterEntry[]
}

export type CounterEntry =
  | { readonly kind: 'event'; readonly event: FoldedEvent }
  | { readonly kind: 'epoch'; readonly seq: number; readonly at: number }
