/**
 * The pool of rank threads.
 *
 * 1. A model set counts as prepared when every thread that lives has loaded it.
 * 2. A thread that piscina put in place of a dead one gets the tables and all live model sets before it can run a task
 *    that pins them; tasks that were queued wait for that.
 * 3. Queued tasks are bounded; beyond that a task is refused at once.
 * 4. A thread that fails while it has no task is replaced, and costs nothing else.
 */
import { BroadcastChannel } from 'node:worker_threads'
import { Piscina } from 'piscina'
import type { Settings } from '../../config/settings.ts'
import { settingsText } from '../../funnel/fragments.ts'
import type { ModelSetHandles, ThreadTables } from '../../funnel/ports.ts'
import { rankingSettings } from '../../funnel/scorers/settings.ts'
import { funnelSettings } from '../../funnel/settings.ts'
import { epochsKept } from '../../funnel/table-readers.ts'
import type { Logger } from '../../telemetry/log.ts'
import type { FromRankThreads, RankTask, RankThreadData, ToRankThreads } from './messages.ts'
import { RankQueueFull } from './rank-queue-full.ts'

let pools = 0
const stopGraceMs = 3000

export class RankPool {
  private readonly pool: Piscina<RankTask, ArrayBuffer | ArrayBuffer[]>
  private readonly channel: BroadcastChannel
  /** The latest and those that queued tasks may have pinned. */
  private recentTables: ThreadTables[]
  private readonly live = new Map<number, ModelSetHandles>()
  private readonly preparing = new Map<number, Preparation>()
  private readonly greeted = new Set<number>()
  private readonly threads: number
  private readonly queueMax: number
  private onStarted!: () => void
  private onNotStarted!: (error: Error) => void
  /** Resolves once every thread has come up. @throws Error when one can not */
  readonly started: Promise<void> = new Promise((resolve, reject) => {
    this.onStarted = resolve
    this.onNotStarted = reject
  })

  constructor(settings: Settings, tables: ThreadTables, log: Logger) {
    this.recentTables = [tables]
    const { threads, queueMax } = settings.of(rankingSettings)
    this.threads = threads
    this.queueMax = queueMax
    const data: RankThreadData = {
      channel: `sluice-rank-${process.pid}-${++pools}`,
      settings: settingsText(settings),
      waitMs: settings.of(funnelSettings).requestDeadlineMs,
    }
    this.channel = new BroadcastChannel(data.channel)
    this.channel.onmessage = event => this.receive(event.data as FromRankThreads)
    this.pool = new Piscina({
      filename: new URL('./task.ts', import.meta.url).href,
      minThreads: threads,
      maxThreads: threads,
      concurrentTasksPerWorker: 1,
      // The synchronous wait would keep a thread from hearing the channel while it has no task.
      atomics: 'async',
      workerData: data,
    })
    this.started.catch(() => {})
    this.pool.on('error', (error: Error) => {
      log.error({ err: error }, 'a rank thread failed')
      this.onNotStarted(error)
    })
  }

  /** Packed request and shard replies in, packed ranking out. @throws RankQueueFull, or why the task failed */
  rank(request: ArrayBuffer, shards: readonly ArrayBuffer[]): Promise<ArrayBuffer> {
    return this.run({ type: 'rank', request, shards }) as Promise<ArrayBuffer>
  }

  /** @throws RankQueueFull, or why the task failed */
  encode(histories: readonly ArrayBuffer[]): Promise<ArrayBuffer[]> {
    return this.run({ type: 'encode', histories }) as Promise<ArrayBuffer[]>
  }

  private async run(task: RankTask): Promise<ArrayBuffer | ArrayBuffer[]> {
    if (this.pool.queueSize >= this.queueMax) throw new RankQueueFull(this.queueMax)
    return this.pool.run(task)
  }

  setTables(tables: ThreadTables): void {
    this.recentTables = [...this.recentTables.slice(1 - epochsKept), tables]
    this.say({ type: 'tables', tables })
  }

  /** Resolves once every thread has loaded the model set. @throws Error with the first thread's reason for failing. */
  prepare(handles: ModelSetHandles): Promise<void> {
    this.live.set(handles.generation, handles)
    const preparation = new Preparation()
    this.preparing.set(handles.generation, preparation)
    this.say({ type: 'prepare', handles })
    return preparation.promise
  }

  retire(generation: number): void {
    this.live.delete(generation)
    this.preparing.delete(generation)
    this.say({ type: 'retire', generation })
  }

  get queueLength(): number {
    return this.pool.queueSize
  }

  /**
   * A thread that is ended while it starts, or opens a model, takes the process along (nodejs/node#60755), so both are
   * waited for, up to a bound.
   */
  async stop(): Promise<void> {
    const busy = [this.started, ...[...this.preparing.values()].map(({ promise }) => promise)]
    await Promise.race([Promise.allSettled(busy), new Promise(resolve => setTimeout(resolve, stopGraceMs).unref())])
    this.channel.close()
    await this.pool.close({ force: false })
  }

  private say(message: ToRankThreads): void {
    this.channel.postMessage(message)
  }

  private receive(message: FromRankThreads): void {
    if (message.type === 'hello') {
      for (const tables of this.recentTables) this.say({ type: 'tables', tables })
      for (const handles of this.live.values()) this.say({ type: 'prepare', handles })
      this.greeted.add(message.threadId)
      if (this.greeted.size >= this.threads) this.onStarted()
      return
    }
    const preparation = this.preparing.get(message.generation)
    if (preparation === undefined) return
    if (message.type === 'prepare-failed') preparation.fail(message.reason)
    else
      preparation.heard(
        message.threadId,
        this.pool.threads.map(thread => thread.threadId),
      )
    if (preparation.settled) this.preparing.delete(message.generation)
  }
}

/** Waits until every living thread has said that it loaded one model set. */
class Preparation {
  readonly promise: Promise<void>
  settled = false
  private readonly loaded = new Set<number>()
  private resolve!: () => void
  private reject!: (error: Error) => void

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
  }

  heard(threadId: number, living: readonly number[]): void {
    this.loaded.add(threadId)
    if (!living.every(id => this.loaded.has(id))) return
    this.settled = true
    this.resolve()
  }

  fail(reason: string): void {
    this.settled = true
    this.reject(new Error(reason))
  }
}
