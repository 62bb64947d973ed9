/**
 * An index thread seen from the main thread.
 *
 * 1. Every call is answered exactly once: by the thread, or with its death, at once.
 * 2. A thread that has not said `ready` is not asked anything.
 * 3. A proxy is one life of one thread; the shard makes a new proxy for the next.
 */
import { Worker } from 'node:worker_threads'
import type { ModelSetHandles, ThreadTables } from '../../funnel/ports.ts'
import type { FromIndexThread, IndexThreadData, ToIndexThread } from './messages.ts'

export type RetrieveOutcome =
  | { readonly ok: true; readonly frame: ArrayBuffer }
  | { readonly ok: false; readonly reason: string }

/** What an index shard asks of whatever searches its partition. */
export interface IndexThread {
  retrieve(frame: ArrayBuffer, done: (outcome: RetrieveOutcome) => void): void
  setTables(tables: ThreadTables): void
  /** All items of the partition, for a thread that starts empty. */
  fill(items: Uint32Array): void
  itemsChanged(items: Uint32Array): void
  prepare(handles: ModelSetHandles): void
  retire(generation: number): void
  /** Ends it in good order. */
  stop(): Promise<void>
  /** Ends it the way a defect would. */
  die(): void
}

export interface IndexThreadEvents {
  ready(): void
  filled(): void
  prepared(generation: number): void
  prepareFailed(generation: number, reason: string): void
  died(reason: string): void
}

export class IndexThreadProxy implements IndexThread {
  private readonly worker: Worker
  private readonly events: IndexThreadEvents
  private readonly pending = new Map<number, (outcome: RetrieveOutcome) => void>()
  private nextCall = 1
  private isReady = false
  private isStopping = false
  private deathReason: string | null = null

  constructor(data: IndexThreadData, events: IndexThreadEvents) {
    this.events = events
    this.worker = new Worker(new URL('./thread.ts', import.meta.url), {
      workerData: data,
      name: `index-${data.shard}`,
    })
    this.worker.on('message', (message: FromIndexThread) => this.receive(message))
    this.worker.on('error', error => this.end(String(error)))
    this.worker.on('exit', code => this.end(`exited with code ${code}`))
  }

  retrieve(frame: ArrayBuffer, done: (outcome: RetrieveOutcome) => void): void {
    if (this.deathReason !== null || !this.isReady) {
      done({ ok: false, reason: this.deathReason ?? 'the index thread is not ready' })
      return
    }
    const call = this.nextCall++
    this.pending.set(call, done)
    this.say({ type: 'retrieve', call, frame })
  }

  setTables(tables: ThreadTables): void {
    this.say({ type: 'tables', tables })
  }

  fill(items: Uint32Array): void {
    this.say({ type: 'fill', items })
  }

  itemsChanged(items: Uint32Array): void {
    this.say({ type: 'items-changed', items })
  }

  prepare(handles: ModelSetHandles): void {
    this.say({ type: 'prepare', handles })
  }

  retire(generation: number): void {
    this.say({ type: 'retire', generation })
  }

  stop(): Promise<void> {
    if (this.deathReason !== null) return Promise.resolve()
    this.isStopping = true
    const gone = new Promise<void>(resolve => this.worker.once('exit', () => resolve()))
    this.say({ type: 'stop' })
    return gone
  }

  die(): void {
    this.say({ type: 'die' })
  }

  private say(message: ToIndexThread): void {
    if (this.deathReason === null) this.worker.postMessage(message)
  }

  private receive(message: FromIndexThread): void {
    switch (message.type) {
      case 'ready':
        this.isReady = true
        return this.events.ready()
      case 'filled':
        return this.events.filled()
      case 'retrieved':
        return this.settle(message.call, { ok: true, frame: message.frame })
      case 'retrieve-failed':
        return this.settle(message.call, { ok: false, reason: message.reason })
      case 'prepared':
        return this.events.prepared(message.generation)
      case 'prepare-failed':
        return this.events.prepareFailed(message.generation, message.reason)
      default:
        message satisfies never
    }
  }

  private settle(call: number, outcome: RetrieveOutcome): void {
    const done = this.pending.get(call)
    this.pending.delete(call)
    done?.(outcome)
  }

  private end(reason: string): void {
    if (this.deathReason !== null) return
    this.deathReason = reason
    const waiting = [...this.pending.values()]
    this.pending.clear()
    for (const done of waiting) done({ ok: false, reason: `the index thread ended: ${reason}` })
    if (!this.isStopping) this.events.died(reason)
  }
}
