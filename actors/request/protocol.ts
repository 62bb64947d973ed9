import type { Recommendation } from '../../domain/recommendation.ts'
import type { QueryVectors } from '../../features/vector-spaces.ts'
import type { EngineErrorCode } from '../engine.ts'
import type { ShardReply } from '../index-shard/protocol.ts'
import type { UserViewReply } from '../user-shard/protocol.ts'

/** What a request actor hears while it carries one request through the funnel. */
export type RequestMessage =
  | { readonly type: 'start' }
  | UserViewReply
  | ShardReply
  | { readonly type: 'query-encoded'; readonly vectors: QueryVectors }
  | { readonly type: 'query-failed'; readonly reason: string }
  | { readonly type: 'gather-deadline' }
  | { readonly type: 'ranked'; readonly frame: ArrayBuffer }
  | { readonly type: 'last-resort'; readonly frame: ArrayBuffer }
  | { readonly type: 'last-resort-failed'; readonly reason: string }
  | { readonly type: 'rank-failed'; readonly code: 'overloaded' | 'internal'; readonly reason: string }
  | { readonly type: 'request-deadline' }

export type RecommendReply =
  | { readonly type: 'recommendation'; readonly recommendation: Recommendation }
  | { readonly type: 'recommendation-failed'; readonly code: EngineErrorCode; readonly reason: string }
