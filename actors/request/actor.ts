/**
 * One request on its way through the funnel: hydrate, encode, scatter, gather, rank, reply. It lives as long as the
 * request does.
 *
 * 1. Everything the request reads is pinned as it begins and stays so until the reply. Where the person's view turns out
 *    to be newer than that, it pins and asks anew: nothing in the view is newer than what is pinned.
 * 2. It replies exactly once: with a feed, or with why there is none.
 * 3. A shard that is out, fails or is late is left out, and the reply says `partial`. Another runs the global sources.
 * 4. All of a feed comes from the model set that was pinned; what does not is not served, and counted.
 * 5. Where rank threads fail or time runs out, the reply is the feed of last resort and says `degraded`.
 */
import { decodeFrame, encodeFrame } from '../../domain/frame.ts'
import { hashId } from '../../domain/identity/id-dictionary.ts'
import type { UserView } from '../../features/user-view.ts'
import { noQueryVectors, type QueryVectors } from '../../features/vector-spaces.ts'
import { type ContextCodes, contextCodes } from '../../funnel/context-codes.ts'
import { queryHistory, queryKey } from '../../funnel/hydrators/query-history.ts'
import { historyLayout } from '../../funnel/hydrators/query-vectors.ts'
import type { LiveModelSet } from '../../funnel/live-model-sets.ts'
import { rankingLayout } from '../../funnel/ranking-frame.ts'
import { packRequest } from '../../funnel/recommend.ts'
import { buildRecommendation, visibleSlate } from '../../funnel/reply.ts'
import { funnelSettings } from '../../funnel/settings.ts'
import { servedRecord } from '../../funnel/side-effects/served-record.ts'
import { tell } from '../../supervision/actor-ref.ts'
import type { ActorContext, Behaviour, Receiver, Scheduled } from '../../supervision/behaviour.ts'
import { RankQueueFull } from '../../workers/rank-pool/rank-queue-full.ts'
import type { EngineErrorCode } from '../engine.ts'
import type { CachedQuery } from '../user-shard/protocol.ts'
import type { RequestParts, RequestTask } from './parts.ts'
import type { RecommendReply, RequestMessage } from './protocol.ts'

export function requestActor(parts: RequestParts, task: RequestTask): Behaviour<RequestMessage> {
  return context => new RequestActor(context, parts, task)
}

class RequestActor implements Receiver<RequestMessage> {
  private readonly context: ActorContext<RequestMessage>
  private readonly parts: RequestParts
  private readonly task: RequestTask
  private readonly clock
  private models: LiveModelSet | null
  private catalogSeq = 0
  private codes!: ContextCodes
  private tables = { version: 0, counterEpoch: 0 }
  private view: UserView | null = null
  private querySeq = 0
  private frame!: ArrayBuffer
  private replies: ArrayBuffer[] = []
  private failedShards = 0
  private degraded: string | null = null
  private gathering: Scheduled | null = null
  private isRanking = false
  private isLastResort = false
  private hasReplied = false

  constructor(context: ActorContext<RequestMessage>, parts: RequestParts, task: RequestTask) {
    this.context = context
    this.parts = parts
    this.task = task
    this.clock = parts.stages.start()
    this.models = parts.pinModelSet()
    context.after(parts.settings.of(funnelSettings).requestDeadlineMs, { type: 'request-deadline' })
    tell(context.self, { type: 'start' })
  }

  /** A defect costs this request, with an answer, and nothing else. */
  receive(message: RequestMessage): void {
    try {
      this.advance(message)
    } catch (error) {
      this.fail('internal', error instanceof Error ? (error.stack ?? String(error)) : String(error))
    }
  }

  private advance(message: RequestMessage): void {
    switch (message.type) {
      case 'start':
        return this.hydrate()
      case 'user-view':
        return this.hydrated(message.view, message.query)
      case 'query-encoded':
        return this.encoded(message.vectors)
      case 'query-failed':
        this.degrade('query-vectors', message.reason)
        return this.scatter(noQueryVectors)
      case 'shard-reply':
        if (this.isRanking) return
        this.replies.push(message.frame)
        return this.rankOnceGathered()
      case 'shard-failed':
        this.failedShards++
        return this.rankOnceGathered()
      case 'gather-deadline':
        return this.rank()
      case 'ranked':
        if (this.isLastResort) return
        return this.reply(message.frame)
      case 'last-resort':
        return this.reply(message.frame)
      case 'last-resort-failed':
        return this.fail('internal', message.reason)
      case 'rank-failed':
        return this.rankFailed(message.code, message.reason)
      case 'request-deadline':
        return this.lastResort('deadline', 'the request took longer than funnel.requestDeadlineMs')
      default:
        message satisfies never
    }
  }

  stopped(): void {
    this.respond({ type: 'recommendation-failed', code: 'not_ready', reason: 'the engine is stopping' })
    this.releaseModels()
  }

  private hydrate(): void {
    this.catalogSeq = this.parts.catalog.appliedSeq
    this.codes = contextCodes(this.task.request.context, this.parts.catalog)
    this.tables = this.parts.tables()
    const { request, now } = this.task
    const shard = this.parts.userShards[hashId(request.userId) % this.parts.userShards.length]
    const generation = this.models?.generation ?? 0
    tell(shard, {
      type: 'view',
      userId: request.userId,
      context: this.codes,
      now,
      generation,
      replyTo: this.context.self,
    })
  }

  private releaseModels(): void {
    if (this.models !== null) this.parts.releaseModelSet(this.models)
    this.models = null
  }

  private hydrated(view: UserView, cached: CachedQuery | null): void {
    if (this.isLastResort) return
    this.clock.lap('hydrate')
    if (Math.max(view.userSeq, cached?.querySeq ?? 0) > this.catalogSeq) return this.hydrate()
    this.view = view
    if (cached !== null && cached.key === queryKey(view)) {
      this.querySeq = cached.querySeq
      return this.scatter(cached.vectors)
    }
    this.querySeq = this.catalogSeq
    if (this.models === null) return this.scatter(noQueryVectors)
    const { generation } = this.models
    const versions = { generation, tablesVersion: this.tables.version, querySeq: this.querySeq }
    const history = queryHistory(view, versions, this.parts.catalog)
    if (view.historyItem.length === 0 && history.profileColumns.length === 0) return this.scatter(noQueryVectors)
    this.context.pipe(
      this.parts.ranking.encode(encodeFrame(historyLayout, history)),
      vectors => ({ type: 'query-encoded', vectors }),
      error => ({ type: 'query-failed', reason: String(error) }),
    )
  }

  private encoded(vectors: QueryVectors): void {
    if (this.isLastResort) return
    const { userId } = this.task.request
    const shard = this.parts.userShards[hashId(userId) % this.parts.userShards.length]
    const query = {
      generation: this.models!.generation,
      querySeq: this.querySeq,
      key: queryKey(this.view!),
      vectors,
    }
    tell(shard, { type: 'cache-query', userId, userSeq: this.view!.userSeq, query })
    this.scatter(vectors)
  }

  private scatter(query: QueryVectors): void {
    if (this.isLastResort) return
    this.clock.lap('encode')
    const { parts, task } = this
    const up = [...parts.indexShards.keys()].filter(shard => parts.shardIsUp(shard))
    if (up.length === 0) return this.lastResort('internal', 'no index shard is up')
    this.frame = this.pack(query, up[task.seed % up.length])
    this.gathering = this.context.after(parts.settings.of(funnelSettings).gatherDeadlineMs, { type: 'gather-deadline' })
    for (const shard of up) {
      tell(parts.indexShards[shard], { type: 'retrieve', frame: this.frame, replyTo: this.context.self })
    }
    this.failedShards = parts.indexShards.length - up.length
    this.rankOnceGathered()
  }

  private pack(query: QueryVectors, globalShard: number): ArrayBuffer {
    const { parts, task } = this
    const pins = {
      generation: this.models?.generation ?? 0,
      tablesVersion: this.tables.version,
      catalogSeq: this.catalogSeq,
      counterEpoch: this.tables.counterEpoch,
      seed: task.seed,
      globalShard,
    }
    return packRequest(task.request, this.view!, query, pins, parts.settings, parts.catalog)
  }

  private rankOnceGathered(): void {
    if (this.replies.length + this.failedShards >= this.parts.indexShards.length) this.rank()
  }

  private rank(): void {
    if (this.isRanking) return
    // Ranking nothing would make an empty feed.
    if (this.replies.length === 0) return this.lastResort('internal', 'no index shard answered in time')
    this.isRanking = true
    this.gathering?.cancel()
    this.clock.lap('retrieve')
    this.context.pipe(
      this.rankTwice(),
      frame => ({ type: 'ranked', frame }),
      error => ({
        type: 'rank-failed',
        code: error instanceof RankQueueFull ? 'overloaded' : 'internal',
        reason: String(error),
      }),
    )
  }

  /** A queue that is full is load, and adding to the work of this thread would make it worse. */
  private rankFailed(code: 'overloaded' | 'internal', reason: string): void {
    if (code === 'overloaded') this.fail(code, reason)
    else this.lastResort(code, reason)
  }

  /** Of what happened so far only the person's view is used, and no model: whatever still arrives is passed over. */
  private lastResort(code: EngineErrorCode, reason: string): void {
    if (this.isLastResort) return
    if (this.view === null) return this.fail(code, reason)
    this.degrade('last-resort', reason, code)
    this.isLastResort = true
    this.isRanking = true
    this.gathering?.cancel()
    this.releaseModels()
    this.tables = this.parts.tables()
    this.context.pipe(
      this.parts.ranking.lastResort(this.pack(noQueryVectors, 0)),
      frame => ({ type: 'last-resort', frame }),
      error => ({ type: 'last-resort-failed', reason: String(error) }),
    )
  }

  /** A thread that dies over a task takes only that task along: another can do it again. */
  private async rankTwice(): Promise<ArrayBuffer> {
    const { ranking } = this.parts
    try {
      return await ranking.rank(this.frame, this.replies)
    } catch (error) {
      if (error instanceof RankQueueFull) throw error
      return ranking.rank(this.frame, this.replies)
    }
  }

  private reply(frame: ArrayBuffer): void {
    const { parts, task, models } = this
    this.clock.lap('rank')
    const result = decodeFrame(rankingLayout, frame)
    const pinned = models?.generation ?? 0
    if (result.generation !== pinned && !this.isLastResort) return this.mixed(pinned, result.generation)
    const chosen = visibleSlate(result, task.now, parts.catalog)
    if (result.neural === 0) this.degraded ??= 'ranker'
    const recommendation = buildRecommendation(
      result,
      chosen,
      {
        request: task.request,
        modelSet: models?.id ?? null,
        partial: this.replies.length < parts.indexShards.length,
        degraded: this.degraded,
        segment: this.view!.segment,
        stagesMs: this.clock.stagesMs(result),
      },
      parts.catalog,
    )
    this.respond({ type: 'recommendation', recommendation })
    this.clock.finish(result)
    parts.stages.count(recommendation)
    if (task.request.overrides?.unlogged !== true) {
      parts.logServed(servedRecord(result, chosen, this.servedFacts(), parts.catalog))
    }
    this.context.stop()
  }

  /** A defect: whoever was asked answers with the set that the request pinned, or not at all. */
  private mixed(pinned: number, found: number): void {
    this.parts.stages.countMixed()
    this.lastResort('internal', `model set ${pinned} was pinned, the answer is of ${found} (−1: of several)`)
  }

  private servedFacts() {
    const { task, models, view } = this
    const { device, region, language } = task.request.context
    return {
      requestId: task.request.requestId,
      user: task.request.userId,
      userSeq: view!.userSeq,
      catalogSeq: this.catalogSeq,
      querySeq: this.querySeq,
      counterEpoch: this.tables.counterEpoch,
      now: task.now,
      modelSet: models?.id ?? '',
      schemaHash: this.parts.schemaHash,
      settingsHash: this.parts.settings.hash,
      seed: task.seed,
      context: { device, region, language },
      partial: this.replies.length < this.parts.indexShards.length,
      degraded: this.degraded,
    }
  }

  private degrade(step: string, reason: string, code: EngineErrorCode = 'internal'): void {
    this.degraded = step
    this.log(code, 'warn', `degraded: ${step}`, reason)
  }

  private fail(code: EngineErrorCode, reason: string): void {
    this.log(code, 'error', 'a request failed', reason)
    this.respond({ type: 'recommendation-failed', code, reason })
    this.context.stop()
  }

  /** What comes of load is counted; logging each would add to the load. */
  private log(code: EngineErrorCode, level: 'warn' | 'error', message: string, reason: string): void {
    const { requestId } = this.task.request
    this.context.log[code === 'internal' ? level : 'debug']({ reason, requestId }, message)
  }

  private respond(reply: RecommendReply): void {
    if (this.hasReplied) return
    this.hasReplied = true
    tell<RecommendReply>(this.task.replyTo, reply)
  }
}
