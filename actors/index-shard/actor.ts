/**
 * An index shard and its thread.
 *
 * 1. One thread at a time. When it dies the actor crashes with it: supervision waits its backoff and starts both anew.
 * 2. A new thread has the tables, all items of the partition and every live model set before it is `ready`; until then
 *    requests are told at once that this shard is out.
 * 3. Every `retrieve` is answered, also when the thread dies over it; what is more than `queueMax` at once.
 */
import type { ModelSetHandles } from '../../funnel/ports.ts'
import { type ActorRef, tell } from '../../supervision/actor-ref.ts'
import type { ActorContext, Behaviour, Receiver } from '../../supervision/behaviour.ts'
import type { IndexThread, IndexThreadEvents } from '../../workers/index-thread/proxy.ts'
import type { IndexShardMessage, ShardPrepared, ShardReply } from './protocol.ts'

export interface IndexShardParts {
  readonly shard: number
  /** Searches under way at most. */
  readonly queueMax: number
  /** Starts the thread; its events come back as messages. */
  readonly startThread: (events: IndexThreadEvents) => IndexThread
  /** Every item of this partition, for a thread that starts empty. */
  readonly ownedItems: () => Uint32Array
  /** Model sets that are live or being prepared, as this shard receives them. */
  readonly liveModelSets: () => readonly ModelSetHandles[]
  readonly onPrepared: (message: ShardPrepared) => void
  /** Told whether requests may be sent here. */
  readonly onUp: (isUp: boolean) => void
}

export function indexShardActor(parts: IndexShardParts): Behaviour<IndexShardMessage> {
  return context => new IndexShardActor(context, parts)
}

class IndexThreadDied extends Error {
  override readonly name = 'IndexThreadDied'
}

class IndexShardActor implements Receiver<IndexShardMessage> {
  private readonly context: ActorContext<IndexShardMessage>
  private readonly parts: IndexShardParts
  private readonly thread: IndexThread
  private readonly loading = new Set<number>()
  /** Generations that the thread has been told to prepare; null until it is filled. */
  private told: Set<number> | null = null
  private underWay = 0
  private isFilled = false
  private isReady = false

  constructor(context: ActorContext<IndexShardMessage>, parts: IndexShardParts) {
    this.context = context
    this.parts = parts
    context.health('starting', 'the index thread is loading')
    this.thread = parts.startThread({
      ready: () => tell(context.self, { type: 'thread-ready' }),
      filled: () => tell(context.self, { type: 'thread-filled' }),
      prepared: generation => tell(context.self, { type: 'thread-prepared', generation, failure: null }),
      prepareFailed: (generation, failure) => tell(context.self, { type: 'thread-prepared', generation, failure }),
      died: reason => tell(context.self, { type: 'thread-died', reason }),
    })
  }

  receive(message: IndexShardMessage): void {
    switch (message.type) {
      case 'retrieve':
        return this.retrieve(message.frame, message.replyTo)
      case 'tables':
        return this.thread.setTables(message.tables)
      case 'items-changed':
        return this.thread.itemsChanged(message.items)
      case 'prepare':
        return this.prepare(message.handles)
      case 'retire':
        this.told?.delete(message.generation)
        return this.thread.retire(message.generation)
      case 'thread-ready':
        return this.fill()
      case 'thread-filled':
        return this.filled()
      case 'thread-prepared':
        return this.prepared(message.generation, message.failure)
      case 'thread-died':
        throw new IndexThreadDied(message.reason)
      case 'kill-thread':
        return this.thread.die()
      default:
        message satisfies never
    }
  }

  stopped(): Promise<void> {
    this.parts.onUp(false)
    return this.thread.stop()
  }

  private retrieve(frame: ArrayBuffer, replyTo: ActorRef<ShardReply>): void {
    const { shard } = this.parts
    if (!this.isReady) {
      return tell<ShardReply>(replyTo, { type: 'shard-failed', shard, reason: 'the index thread is loading' })
    }
    if (this.underWay >= this.parts.queueMax) {
      const reason = `${this.underWay} searches already wait for the index thread`
      return tell<ShardReply>(replyTo, { type: 'shard-failed', shard, reason })
    }
    this.underWay++
    this.thread.retrieve(frame, outcome => {
      this.underWay--
      if (outcome.ok) tell<ShardReply>(replyTo, { type: 'shard-reply', shard, frame: outcome.frame })
      else tell<ShardReply>(replyTo, { type: 'shard-failed', shard, reason: outcome.reason })
    })
  }

  /** A thread starts empty, the first and every later one alike. */
  private fill(): void {
    this.thread.fill(this.parts.ownedItems())
  }

  /** Only now: a set that were prepared meanwhile would get every item twice. */
  private filled(): void {
    this.isFilled = true
    this.told = new Set()
    for (const handles of this.parts.liveModelSets()) {
      this.loading.add(handles.generation)
      this.prepare(handles)
    }
    this.becomeReady()
  }

  /** Once per set: a thread that is yet to be filled gets all live ones then, and to build one anew stops it serving. */
  private prepare(handles: ModelSetHandles): void {
    if (this.told === null || this.told.has(handles.generation)) return
    this.told.add(handles.generation)
    this.thread.prepare(handles)
  }

  private prepared(generation: number, failure: string | null): void {
    const { shard } = this.parts
    this.parts.onPrepared({ type: 'shard-prepared', shard, generation, failure })
    if (!this.loading.delete(generation)) return
    if (failure !== null) throw new IndexThreadDied(`model set ${generation} could not be loaded: ${failure}`)
    this.becomeReady()
  }

  private becomeReady(): void {
    if (!this.isFilled || this.loading.size > 0) return
    this.isReady = true
    this.parts.onUp(true)
    this.context.health('ready')
  }
}
