/**
 * The counters actor.
 *
 * 1. Events are folded in journal order, each once.
 * 2. An epoch is published when its own record comes by in the journal, so it holds exactly what came before it: a
 *    replay publishes the same epochs with the same content.
 * 3. An epoch that a request may still read is not reused.
 * 4. A snapshot is of the counters as of an epoch record, and of the lists per segment as of a little later: they are
 *    told in a roundabout way, and none of what they were told may be lost.
 */
import { deserialize, serialize } from 'node:v8'
import type { Settings } from '../../config/settings.ts'
import { countersSettings } from '../../funnel/counters-settings.ts'
import {
  type CountersSnapshot,
  CountersState,
  type PublishedEpoch,
  type SegmentEngagement,
} from '../../funnel/counters-state.ts'
import { epochsKept } from '../../funnel/table-readers.ts'
import type { OnlineStore, StoreEntry } from '../../storage/online-store.ts'
import { type ActorRef, tell } from '../../supervision/actor-ref.ts'
import type { ActorContext, Behaviour, Receiver } from '../../supervision/behaviour.ts'
import { applyOrSkip } from '../apply-or-skip.ts'
import type { AppendReply } from '../journal/protocol.ts'
import type { SnapshotWritten, WriteSnapshot } from '../snapshot-protocol.ts'
import { snapshotVersion } from '../snapshot-version.ts'
import type { CounterBatch, CountersFolded, CountersMessage } from './protocol.ts'

export interface CountersParts {
  readonly settings: Settings
  readonly store: OnlineStore
  /**
   * Asks the journal for an epoch record; the epoch is published when it comes back through the stream. `replyTo` hears
   * when none will come.
   */
  readonly requestEpoch: (replyTo: ActorRef<AppendReply>) => void
  readonly publish: (epoch: PublishedEpoch) => void
}

export function countersActor(parts: CountersParts): Behaviour<CountersMessage> {
  const actor = new CountersActor(parts)
  return context => actor.live(context)
}

const space = 'counters'

/** The chunks stand beside it, one entry each. */
interface StoredCounters {
  readonly version: number
  readonly throughSeq: number
  readonly segmentsThrough: number
  readonly epoch: number
  readonly at: number
  readonly totals: Float64Array
  readonly chunks: number
  readonly lists: Omit<CountersSnapshot, 'counters'>
}

class CountersActor implements Receiver<CountersMessage> {
  private context!: ActorContext<CountersMessage>
  private readonly parts: CountersParts
  private readonly state: CountersState
  /** Everything up to here is in the counters, and everything up to `segmentsThrough` in the lists per segment. */
  private throughSeq = 0
  private segmentsThrough = 0
  private segmentsSeen = 0
  private changed = false
  private epochRequested = false
  private readonly recentEpochs: number[] = []
  private pendingSnapshot: { readonly request: WriteSnapshot; readonly state: CountersSnapshot } | null = null

  constructor(parts: CountersParts) {
    this.parts = parts
    const stored = readStored(parts.store)
    this.state = new CountersState(parts.settings, stored === null ? undefined : fromStored(stored, parts.store))
    if (stored !== null) {
      this.throughSeq = stored.throughSeq
      this.segmentsThrough = stored.segmentsThrough
    }
    parts.publish(this.state.latest)
  }

  /** One life of the actor; the counters outlive a restart. */
  live(context: ActorContext<CountersMessage>): this {
    this.context = context
    if (this.pendingSnapshot !== null) this.answerSnapshot('the counters were restarted')
    this.epochRequested = false
    this.schedule()
    context.health('ready')
    return this
  }

  receive(message: CountersMessage): void {
    switch (message.type) {
      case 'fold':
        return this.fold(message.batch)
      case 'segments':
        return this.foldSegments(message.engagements)
      case 'epoch-due':
        this.requestEpoch()
        return this.schedule()
      case 'when-folded':
        return tell<CountersFolded>(message.replyTo, { type: 'counters-folded' })
      case 'appended':
        return
      case 'append-failed':
        this.epochRequested = false
        return
      case 'write-snapshot':
        this.pendingSnapshot = { request: message, state: this.state.snapshot() }
        return
      case 'segments-told':
        return this.writeSnapshot(message.throughSeq)
      case 'written':
        return this.written(message.throughSeq, message.failure)
      default:
        message satisfies never
    }
  }

  private fold(batch: CounterBatch): void {
    for (const entry of batch.entries) {
      if (entry.kind === 'epoch') {
        if (entry.seq <= this.throughSeq) continue
        this.publish(entry.seq, entry.at)
        this.epochRequested = false
        this.changed = false
      } else if (entry.event.seq > this.throughSeq) {
        applyOrSkip(this.context.log, 'event', () => this.state.apply(entry.event))
        this.changed = true
      }
    }
    this.throughSeq = Math.max(this.throughSeq, batch.throughSeq)
  }

  private foldSegments(engagements: readonly SegmentEngagement[]): void {
    for (const engagement of engagements) {
      this.segmentsSeen = Math.max(this.segmentsSeen, engagement.seq)
      if (engagement.seq > this.segmentsThrough) this.state.applySegment(engagement)
    }
  }

  private requestEpoch(): void {
    if (!this.changed || this.epochRequested) return
    this.epochRequested = true
    this.parts.requestEpoch(this.context.self as ActorRef<AppendReply>)
  }

  private publish(epoch: number, at: number): void {
    this.parts.publish(this.state.publish(epoch, at))
    this.recentEpochs.push(epoch)
    // What a snapshot is being written of stays as it is.
    const written = this.pendingSnapshot?.state.counters.epoch ?? Number.POSITIVE_INFINITY
    while (this.recentEpochs.length > epochsKept && this.recentEpochs[0] < written) {
      this.state.releaseBefore(this.recentEpochs.shift()! + 1)
    }
  }

  private schedule(): void {
    this.context.after(this.parts.settings.of(countersSettings).epochIntervalMs, { type: 'epoch-due' })
  }

  /** The catalog asked right behind an epoch record, so what was taken then is the state as of its number. */
  private writeSnapshot(throughSeq: number): void {
    if (this.pendingSnapshot?.request.throughSeq !== throughSeq) return
    const { counters, ...lists } = this.pendingSnapshot.state
    const { epoch, at, totals } = counters
    const stored: StoredCounters = {
      version: snapshotVersion,
      throughSeq,
      segmentsThrough: Math.max(throughSeq, this.segmentsSeen),
      epoch,
      at,
      totals,
      chunks: counters.chunks.length,
      lists: { ...lists, segments: this.state.segmentStates() },
    }
    this.context.pipe(
      this.parts.store.putBatch(space, [['state', serialize(stored)], ...chunkEntries(counters.chunks)]),
      () => ({ type: 'written', throughSeq, failure: null }),
      error => ({ type: 'written', throughSeq, failure: String(error) }),
    )
  }

  private written(throughSeq: number, failure: string | null): void {
    if (this.pendingSnapshot?.request.throughSeq === throughSeq) this.answerSnapshot(failure)
  }

  private answerSnapshot(failure: string | null): void {
    const { throughSeq, replyTo } = this.pendingSnapshot!.request
    this.pendingSnapshot = null
    tell<SnapshotWritten>(replyTo, { type: 'snapshot-written', owner: this.context.path, throughSeq, failure })
  }
}

function* chunkEntries(chunks: readonly SharedArrayBuffer[]): Generator<StoreEntry> {
  for (let i = 0; i < chunks.length; i++) yield [i, new Uint8Array(chunks[i])]
}

function readStored(store: OnlineStore): StoredCounters | null {
  const bytes = store.get(space, 'state')
  const stored = bytes === undefined ? null : (deserialize(bytes) as StoredCounters)
  return stored?.version === snapshotVersion ? stored : null
}

function fromStored({ epoch, at, totals, chunks, lists }: StoredCounters, store: OnlineStore): CountersSnapshot {
  const shared = Array.from({ length: chunks }, (_, i) => toShared(store.get(space, i)!))
  return { counters: { epoch, at, totals, chunks: shared }, ...lists }
}

function toShared(bytes: Uint8Array): SharedArrayBuffer {
  const shared = new SharedArrayBuffer(bytes.length)
  new Uint8Array(shared).set(bytes)
  return shared
}
