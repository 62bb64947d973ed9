import type { Settings } from '../../config/settings.ts'
import type { CatalogReader } from '../../domain/catalog-reader.ts'
import type { ServedRecord } from '../../domain/journal.ts'
import type { RecommendationRequest } from '../../domain/recommendation.ts'
import type { QueryVectors } from '../../features/vector-spaces.ts'
import type { LiveModelSet } from '../../funnel/live-model-sets.ts'
import type { ActorRef } from '../../supervision/actor-ref.ts'
import type { IndexShardMessage } from '../index-shard/protocol.ts'
import type { UserShardMessage } from '../user-shard/protocol.ts'
import type { RecommendReply } from './protocol.ts'
import type { RequestStages } from './stages.ts'

/** What all requests share. */
export interface RequestParts {
  readonly settings: Settings
  readonly catalog: CatalogReader
  readonly userShards: readonly ActorRef<UserShardMessage>[]
  readonly indexShards: readonly ActorRef<IndexShardMessage>[]
  /** Whether the shard can be asked; one that cannot is not waited for. */
  readonly shardIsUp: (shard: number) => boolean
  readonly ranking: RankingPort
  readonly stages: RequestStages
  /** Versions of the shared tables as of now. */
  readonly tables: () => { readonly version: number; readonly counterEpoch: number }
  /** The model set for a new request, held until `release`. */
  readonly pinModelSet: () => LiveModelSet | null
  readonly releaseModelSet: (models: LiveModelSet) => void
  readonly schemaHash: string
  readonly logServed: (record: ServedRecord) => void
}

/** What ranks; the pool of rank threads. */
export interface RankingPort {
  rank(request: ArrayBuffer, shards: readonly ArrayBuffer[]): Promise<ArrayBuffer>
  encode(history: ArrayBuffer): Promise<QueryVectors>
  /** The feed of last resort; needs no other thread. */
  lastResort(request: ArrayBuffer): Promise<ArrayBuffer>
}

export interface RequestTask {
  readonly request: RecommendationRequest
  /** Epoch ms for the whole funnel. */
  readonly now: number
  readonly seed: number
  readonly replyTo: ActorRef<RecommendReply>
}
