import type { Settings } from '../config/settings.ts'
import type { CatalogState } from '../domain/catalog-state.ts'
import type { AcknowledgementLevel, EventResult, JournalEvent } from '../domain/event.ts'
import { hashId } from '../domain/identity/id-dictionary.ts'
import type { Item } from '../domain/item.ts'
import type { JournalRecord } from '../domain/journal.ts'
import type { Clock } from '../domain/ports.ts'
import type { Recommendation, RecommendationRequest } from '../domain/recommendation.ts'
import type { User } from '../domain/user.ts'
import type { DataDirectory } from '../storage/data-directory.ts'
import type { EventLog } from '../storage/event-log.ts'
import type { OnlineStore } from '../storage/online-store.ts'
import { storageSettings } from '../storage/settings.ts'
import { callbackRef, tell } from '../supervision/actor-ref.ts'
import { ask } from '../supervision/ask.ts'
import type { HealthReport } from '../supervision/health.ts'
import { spawn } from '../supervision/system.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { checkItems } from './check-items.ts'
import { type Engine, EngineError, type PutResult } from './engine.ts'
import { engineSettings } from './engine-settings.ts'
import { appendedAt, journalEvents } from './event-desk.ts'
import { requestActor } from './request/actor.ts'
import type { RecommendReply } from './request/protocol.ts'
import type { SnapshotDone } from './snapshot-protocol.ts'
import type { Tree } from './tree.ts'

export interface RunningParts {
  readonly tree: Tree
  readonly state: CatalogState
  readonly clock: Clock
  readonly log: EventLog
  readonly store: OnlineStore
  readonly directory: DataDirectory
  readonly settings: Settings
  readonly metrics: Metrics
  readonly faults: boolean
}

/**
 * The engine over a running tree of actors: turns calls into messages and replies into results.
 *
 * 1. Every call is settled: when the engine stops, what is under way is finished first and later calls are refused; when
 *    an actor has given up, all fail.
 * 2. An item that is acknowledged as stored or deleted is: room for it is set aside while it is on its way.
 */
export class RunningEngine implements Engine {
  readonly clock: Clock
  readonly metrics: Metrics
  readonly catalog: CatalogState
  private readonly parts: RunningParts
  private readonly tree: Tree
  private readonly snapshots: NodeJS.Timeout
  private requestNumber = 0
  private snapshotSeq: number
  private lastSnapshot: Promise<void> = Promise.resolve()
  private readonly underWay = new Set<Promise<unknown>>()
  private readonly itemsOnTheirWay = { items: 0, rows: 0 }
  /** How to reject each call that is under way; a promise that all of them raced with would keep all their results. */
  private readonly rejections = new Set<(error: Error) => void>()
  private failure: EngineError | null = null
  private stopping: Promise<void> | null = null

  constructor(parts: RunningParts) {
    this.parts = parts
    this.tree = parts.tree
    this.clock = parts.clock
    this.metrics = parts.metrics
    this.catalog = parts.state
    this.snapshotSeq = parts.state.appliedSeq
    const { snapshotIntervalMs } = parts.settings.of(engineSettings)
    this.snapshots = setInterval(() => void this.snapshotIfChanged(), snapshotIntervalMs)
    this.snapshots.unref()
  }

  get modelSet(): string | null {
    return this.tree.models.current?.id ?? null
  }

  recommend(request: RecommendationRequest): Promise<Recommendation> {
    return this.finish(() => this.spawnRequest(request))
  }

  private spawnRequest(request: RecommendationRequest): Promise<Recommendation> {
    return new Promise((resolve, reject) => {
      const replyTo = callbackRef<RecommendReply>(reply => {
        if (reply.type === 'recommendation') resolve(reply.recommendation)
        else reject(new EngineError(reply.code, reply.reason))
      })
      const task = {
        request,
        now: request.context.time ?? this.clock.now(),
        seed: hashId(request.requestId),
        replyTo,
      }
      const name = `request-${++this.requestNumber}`
      spawn(this.tree.requests, name, requestActor(this.tree.requestParts, task), { lifetime: 'temporary' })
    })
  }

  appendEvents(events: readonly JournalEvent[], level: AcknowledgementLevel): Promise<EventResult[]> {
    const { ackTimeoutMs } = this.parts.settings.of(engineSettings)
    return this.finish(() => journalEvents(this.tree, this.catalog, events, level, ackTimeoutMs))
  }

  async putItems(items: readonly Item[]): Promise<PutResult[]> {
    const rejections = checkItems(items, this.parts.state, this.itemsOnTheirWay)
    const accepted = items.filter((_, i) => rejections[i] === null)
    const at = this.clock.now()
    const newItems = accepted.filter(({ id }) => this.catalog.findItem(id) < 0).length
    let seq = await this.withRoom(newItems, accepted.length, () =>
      this.appendAndApply(accepted.map(item => ({ kind: 'item', at, item }))),
    )
    return items.map((item, i) => rejections[i] ?? { id: item.id, status: 'stored', seq: seq++ })
  }

  async deleteItem(id: string): Promise<boolean> {
    if (this.catalog.findLiveItem(id) < 0) return false
    if (this.parts.state.table.rowsLeft <= this.itemsOnTheirWay.rows) {
      throw new EngineError('overloaded', 'too many items changed at once (catalog.rowsMax)')
    }
    await this.withRoom(0, 1, () => this.appendAndApply([{ kind: 'item-delete', at: this.clock.now(), id }]))
    return true
  }

  /** Sets room in the item table aside until the call has ended. */
  private async withRoom<T>(items: number, rows: number, call: () => Promise<T>): Promise<T> {
    const { itemsOnTheirWay } = this
    itemsOnTheirWay.items += items
    itemsOnTheirWay.rows += rows
    try {
      return await call()
    } finally {
      itemsOnTheirWay.items -= items
      itemsOnTheirWay.rows -= rows
    }
  }

  getItem(id: string): Item | undefined {
    const item = this.catalog.findLiveItem(id)
    return item < 0 ? undefined : this.catalog.document(item)
  }

  async putUsers(users: readonly User[]): Promise<PutResult[]> {
    const at = this.clock.now()
    const firstSeq = await this.appendAndApply(users.map(user => ({ kind: 'user', at, user })))
    return users.map((user, i) => ({ id: user.id, status: 'stored', seq: firstSeq + i }))
  }

  async deleteUser(id: string): Promise<boolean> {
    const { known } = await this.askUser(id)
    if (!known) return false
    await this.appendAndApply([{ kind: 'user-delete', at: this.clock.now(), id }])
    return true
  }

  async getUser(id: string): Promise<User | undefined> {
    const { user } = await this.askUser(id)
    return user ?? undefined
  }

  private askUser(userId: string) {
    const { userShards, system } = this.tree
    const shard = userShards[hashId(userId) % userShards.length]
    return this.finish(() =>
      ask(system, shard, { type: 'get-user', userId }, this.ackTimeoutMs).catch(error => {
        throw new EngineError('deadline', String(error))
      }),
    )
  }

  health(): HealthReport {
    return this.tree.system.health()
  }

  notReadyReasons(): readonly string[] {
    const { ready, reasons } = this.health()
    if (this.stopping !== null) return ['the engine is stopping']
    return ready ? [] : reasons
  }

  publishEpoch(): Promise<void> {
    return this.finish(async () => {
      await this.tree.published.until(await this.append([{ kind: 'epoch', at: this.clock.now() }]))
    })
  }

  /** Calls take turns: each is resolved by a snapshot that was begun after it. */
  snapshot(): Promise<void> {
    const turn = this.lastSnapshot.then(() => this.takeSnapshot())
    this.lastSnapshot = turn.catch(() => {})
    return turn
  }

  private async takeSnapshot(): Promise<void> {
    const snapshot = new Promise<SnapshotDone>(resolve => {
      tell(this.tree.catalog, { type: 'snapshot', replyTo: callbackRef(resolve) })
    })
    const done = await this.orFailure(snapshot)
    if (done.failure !== null) throw new EngineError('storage_failed', done.failure)
    this.snapshotSeq = done.throughSeq
    await this.retain(done.throughSeq)
  }

  /** Lets go of old segments of the journal, never of what a restart has to fold again. */
  private async retain(snapshotSeq: number): Promise<void> {
    const { retainedRecords } = this.parts.settings.of(storageSettings)
    if (retainedRecords === 0) return
    await this.parts.log.dropBefore(Math.min(snapshotSeq + 1, this.parts.log.lastSeq - retainedRecords + 1))
  }

  killIndexThread(shard: number): void {
    if (!this.parts.faults) throw new EngineError('not_allowed', 'faults are switched off: start with --faults')
    const ref = this.tree.indexShards[shard]
    if (ref === undefined) throw new EngineError('not_allowed', `there is no index shard ${shard}`)
    tell(ref, { type: 'kill-thread' })
  }

  announce(url: string | null): void {
    this.parts.directory.announce(url)
  }

  stop(): Promise<void> {
    this.stopping ??= this.stopOnce()
    return this.stopping
  }

  private async stopOnce(): Promise<void> {
    clearInterval(this.snapshots)
    await Promise.allSettled([...this.underWay])
    // The journal takes groups in order: once this one is durable, so are the feeds that were logged before it.
    await this.orFailure(this.append([{ kind: 'epoch', at: this.clock.now() }])).catch(() => {})
    await this.snapshotIfChanged()
    await this.tree.system.stop()
    await this.tree.pool.stop()
    await this.parts.log.close()
    await this.parts.store.close()
    this.parts.directory.close()
  }

  /** Runs a call that a stop waits for. */
  private finish<T>(call: () => Promise<T>): Promise<T> {
    if (this.stopping !== null) return Promise.reject(new EngineError('not_ready', 'the engine is stopping'))
    const result = this.orFailure(call())
    this.underWay.add(result)
    const forget = () => void this.underWay.delete(result)
    result.then(forget, forget)
    return result
  }

  /** An actor has given up: what waits for it would wait for ever. */
  fail(error: Error): void {
    this.failure = new EngineError('internal', `the engine has failed: ${error.message}`)
    for (const reject of this.rejections) reject(this.failure)
    this.rejections.clear()
  }

  private orFailure<T>(result: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.failure !== null) reject(this.failure)
      else this.rejections.add(reject)
      const settle = () => this.rejections.delete(reject)
      result.then(resolve, reject).then(settle)
    })
  }

  private get ackTimeoutMs(): number {
    return this.parts.settings.of(engineSettings).ackTimeoutMs
  }

  /** A snapshot that fails costs a longer restart, not data: the journal holds everything. */
  private async snapshotIfChanged(): Promise<void> {
    if (this.catalog.appliedSeq <= this.snapshotSeq) return
    await this.snapshot().catch(() => {})
  }

  /** Resolves when all records are durable and can be read. @returns the number of the first */
  private appendAndApply(records: readonly JournalRecord[]): Promise<number> {
    return this.finish(async () => {
      const firstSeq = await this.append(records)
      await this.tree.applied.until(firstSeq + records.length - 1)
      return firstSeq
    })
  }

  private async append(records: readonly JournalRecord[]): Promise<number> {
    if (records.length === 0) return this.catalog.appliedSeq + 1
    const reply = await appendedAt(this.tree.journal, records)
    if (reply.type === 'appended') return reply.firstSeq
    throw new EngineError(reply.code, reply.reason)
  }
}
