import { expect } from 'vitest'
import type { IndexShardMessage } from '../../actors/index-shard/protocol.ts'
import { requestActor } from '../../actors/request/actor.ts'
import type { RequestTask } from '../../actors/request/parts.ts'
import type { RecommendReply, RequestMessage } from '../../actors/request/protocol.ts'
import { RequestStages } from '../../actors/request/stages.ts'
import type { CachedQuery, UserShardMessage } from '../../actors/user-shard/protocol.ts'
import type { ServedRecord } from '../../domain/journal.ts'
import type { Recommendation, RecommendationRequest } from '../../domain/recommendation.ts'
import { featureSettings } from '../../features/settings.ts'
import { UserState } from '../../features/user-state.ts'
import { buildUserView } from '../../features/user-view.ts'
import type { LiveModelSet } from '../../funnel/live-model-sets.ts'
import { type ActorRef, tell } from '../../supervision/actor-ref.ts'
import { createMetrics } from '../../telemetry/metrics.ts'
import { FakeRanking } from '../fakes/fake-ranking.ts'
import { Probe } from '../fakes/probe.ts'
import { packRanked, type RankedItems } from '../fakes/ranked-frame.ts'
import { catalogOf, startOf2024 as now, sampleItems, sampleRequest, testSettings } from '../fakes/samples.ts'
import { settle, testSystem } from './supervision.harness.ts'

export const settings = testSettings({ 'funnel.gatherDeadlineMs': 50, 'funnel.requestDeadlineMs': 200 })
const models = { generation: 3, id: 'set-3' } as LiveModelSet

/** One request among probes: the test plays the user shard, two index shards and the rank threads. */
export class RequestWorld {
  readonly catalog = catalogOf(sampleItems(8))
  readonly users = new Probe<UserShardMessage>('users')
  readonly shards = [new Probe<IndexShardMessage>('index-0'), new Probe<IndexShardMessage>('index-1')]
  readonly ranking = new FakeRanking()
  readonly replyTo = new Probe<RecommendReply>('client')
  readonly served: ServedRecord[] = []
  readonly time
  readonly ref: ActorRef<RequestMessage>
  readonly metrics
  /** Of the model set that the request pinned. */
  readonly generation: number
  released = 0
  loggingFails = false

  constructor(request: Partial<RecommendationRequest> = {}, hasModels = true, deadShards: readonly number[] = []) {
    const { system, time } = testSystem()
    this.time = time
    this.metrics = createMetrics({ clock: time, latencyWindowMs: 1000 })
    this.generation = hasModels ? models.generation : 0
    const task: RequestTask = { request: sampleRequest('u', request), now, seed: 6, replyTo: this.replyTo }
    this.ref = system.spawn(
      'request-1',
      requestActor(
        {
          settings,
          catalog: this.catalog,
          userShards: [this.users],
          indexShards: this.shards,
          shardIsUp: shard => !deadShards.includes(shard),
          ranking: this.ranking,
          stages: new RequestStages(time, this.metrics),
          tables: () => ({ version: 4, counterEpoch: 2 }),
          pinModelSet: () => (hasModels ? models : null),
          releaseModelSet: () => void this.released++,
          schemaHash: 'schema',
          logServed: record => {
            if (this.loggingFails) throw new Error('logging failed')
            this.served.push(record)
          },
        },
        task,
      ),
      { lifetime: 'temporary' },
    )
  }

  get reply(): Recommendation {
    expect(this.replyTo.received).toHaveLength(1)
    const [reply] = this.replyTo.of('recommendation')
    return reply.recommendation
  }

  /** The person's view, of somebody who engaged with these items. */
  async hydrate(history: readonly number[] = [], query: CachedQuery | null = null, userSeq = 0): Promise<void> {
    await settle()
    const asked = this.users.of('view').at(-1)!
    const view = buildUserView(
      new UserState(),
      { ...asked.context, deviceClassOf: () => 0 },
      now,
      settings.of(featureSettings),
    )
    const historyItem = Uint32Array.from(history)
    const historyWeight = new Float32Array(history.length).fill(1)
    tell(asked.replyTo, { type: 'user-view', view: { ...view, userSeq, historyItem, historyWeight }, query })
    await settle()
  }

  async answer(shard: number, reason?: string): Promise<ArrayBuffer> {
    const frame = new ArrayBuffer(8 * (shard + 1))
    const { replyTo } = this.shards[shard].of('retrieve')[0]
    if (reason === undefined) tell(replyTo, { type: 'shard-reply', shard, frame })
    else tell(replyTo, { type: 'shard-failed', shard, reason })
    await settle()
    return frame
  }

  async ranked(ranked: RankedItems = { items: [0, 1, 2, 3], slateLength: 2 }): Promise<void> {
    const { generation } = this
    this.ranking.rankings.at(-1)!.resolve(packRanked({ generation, ...ranked }))
    await settle()
  }

  async rankFails(error = new Error('the thread ended')): Promise<void> {
    this.ranking.rankings.at(-1)!.reject(error)
    await settle()
  }

  async lastResort(ranked: RankedItems = { items: [5], neural: 0 }): Promise<void> {
    this.ranking.lastResorts.at(-1)!.resolve(packRanked(ranked))
    await settle()
  }

  async wait(ms: number): Promise<void> {
    this.time.advance(ms)
    await settle()
  }
}
