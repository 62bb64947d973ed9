import type { ProfileCodes } from '../../domain/catalog-state.ts'
import type { User } from '../../domain/user.ts'
import type { FoldedEvent } from '../../features/folded-event.ts'
import type { UserView } from '../../features/user-view.ts'
import type { QueryVectors } from '../../features/vector-spaces.ts'
import type { ContextCodes } from '../../funnel/context-codes.ts'
import type { ActorRef } from '../../supervision/actor-ref.ts'
import type { WriteSnapshot } from '../snapshot-protocol.ts'

/** A user shard owns the state of the people whose id hashes to it. */
export type UserShardMessage =
  | { readonly type: 'fold'; readonly batch: ShardBatch }
  | {
      readonly type: 'view'
      readonly userId: string
      readonly context: ContextCodes
      readonly now: number
      readonly generation: number
      readonly replyTo: ActorRef<UserViewReply>
    }
  /** Query vectors computed for a view, kept until the person's state or the model set moves on. */
  | { readonly type: 'cache-query'; readonly userId: string; readonly userSeq: number; readonly query: CachedQuery }
  | { readonly type: 'get-user'; readonly userId: string; readonly replyTo: ActorRef<UserReply> }
  | WriteSnapshot
  | { readonly type: 'encode-slice' }
  | { readonly type: 'written'; readonly users: readonly string[]; readonly failure: string | null }

export interface UserReply {
  readonly type: 'user'
  readonly user: User | null
  /** Whether anything is known of the person, a profile or an event. */
  readonly known: boolean
}

export interface CachedQuery {
  readonly generation: number
  /** The catalogue number the history's vectors were read at. */
  readonly querySeq: number
  /** See `funnel/hydrators/query-history.ts`. */
  readonly key: number
  readonly vectors: QueryVectors
}

export interface UserViewReply {
  readonly type: 'user-view'
  readonly view: UserView
  readonly query: CachedQuery | null
}

/** What one journal group holds for one shard, in journal order. */
export interface ShardBatch {
  /** Everything up to this number has been handed on, also where this shard had no part in it. */
  readonly throughSeq: number
  readonly entries: readonly ShardEntry[]
}

export type ShardEntry =
  | {
      readonly kind: 'event'
      readonly userId: string
      readonly event: FoldedEvent
      readonly appliedTo?: ActorRef<EventsApplied>
    }
  | {
      readonly kind: 'profile'
      readonly userId: string
      readonly seq: number
      readonly user: User
      readonly profile: ProfileCodes
    }
  | { readonly kind: 'forget'; readonly userId: string; readonly seq: number }

export interface EventsApplied {
  readonly type: 'events-applied'
  readonly seqs: readonly number[]
  readonly outcomes: readonly AppliedOutcomeName[]
}

export type AppliedOutcomeName = 'applied' | 'duplicate' | 'unknown-item'
