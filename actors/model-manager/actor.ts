/**
 * The model manager.
 *
 * 1. One model set is taken up at a time: read and checked, loaded in slices with rests between them, prepared by every
 *    index shard and every rank thread, given its number in the journal, and only then current.
 * 2. A set that cannot be taken up is refused once, with the reason; the present one stays.
 * 3. No set is loaded before the journal has been recovered: items it does not find then stay unknown to it.
 * 4. A set is retired in the threads after the last request that pinned it has ended (see `LiveModelSets`).
 */

import type { Settings } from '../../config/settings.ts'
import type { JournalRecord } from '../../domain/journal.ts'
import type { Clock, MonotonicClock } from '../../domain/ports.ts'
import type { LiveModelSet, LiveModelSets } from '../../funnel/live-model-sets.ts'
import type { ModelSetContents } from '../../funnel/model-set-files.ts'
import type { ModelSetHandles } from '../../funnel/ports.ts'
import { type ActorRef, tell } from '../../supervision/actor-ref.ts'
import type { ActorContext, Behaviour, Receiver } from '../../supervision/behaviour.ts'
import type { IndexShardMessage } from '../index-shard/protocol.ts'
import type { AppendReply, JournalMessage } from '../journal/protocol.ts'
import type { ModelManagerMessage } from './protocol.ts'
import { modelSettings } from './settings.ts'

export interface ModelManagerParts {
  readonly models: LiveModelSets
  readonly journal: ActorRef<JournalMessage>
  readonly indexShards: readonly ActorRef<IndexShardMessage>[]
  /** The handles as one shard receives them, with the items it owns. */
  readonly handlesFor: (handles: ModelSetHandles, shard: number) => ModelSetHandles
  readonly preparePool: (handles: ModelSetHandles) => Promise<void>
  readonly readPromoted: () => Promise<string | null>
  /** Whether everything that was durable at the start has been applied. */
  readonly isRecovered: () => boolean
  /** Reads and checks a set. @throws when it is missing, damaged, or of another feature schema */
  readonly read: (id: string) => Promise<ModelSetContents>
  readonly schemaHash: string
  readonly clock: Clock
  readonly monotonic: MonotonicClock
  readonly settings: Settings
}

/** How soon to look again while the journal is recovered. */
const recoveryLookMs = 20
/** Steps of loading between two looks at the clock; one takes up to 0.1 ms. */
const stepsPerLook = 4

export function modelManagerActor(parts: ModelManagerParts): Behaviour<ModelManagerMessage> {
  return context => new ModelManagerActor(context, parts)
}

interface Uptake {
  readonly id: string
  steps: Generator<void, LiveModelSet> | null
  loaded: LiveModelSet | null
  readonly waitingFor: Set<number | 'pool'>
  /** Its promotion is on its way to the journal: whatever a thread still says does not matter. */
  journaling: boolean
}

class ModelManagerActor implements Receiver<ModelManagerMessage> {
  private readonly context: ActorContext<ModelManagerMessage>
  private readonly parts: ModelManagerParts
  private readonly lookIntervalMs: number
  private readonly loadSliceMs: number
  private readonly loadShare: number
  private uptake: Uptake | null = null
  private refused: string | null = null

  constructor(context: ActorContext<ModelManagerMessage>, parts: ModelManagerParts) {
    const { lookIntervalMs, loadSliceMs, loadShare } = parts.settings.of(modelSettings)
    this.context = context
    this.parts = parts
    this.lookIntervalMs = lookIntervalMs
    this.loadSliceMs = loadSliceMs
    this.loadShare = loadShare
    context.health('starting', 'looking for the promoted model set')
    tell(context.self, { type: 'look' })
  }

  receive(message: ModelManagerMessage): void {
    switch (message.type) {
      case 'look':
        return this.look()
      case 'found':
        return this.found(message.id)
      case 'read':
        return this.load(message.id, message.contents)
      case 'read-failed':
        return this.refuse(message.reason)
      case 'load-slice':
        return this.loadSlice()
      case 'shard-prepared':
      case 'pool-prepared':
        return this.prepared(message)
      case 'appended':
        return this.switchOver()
      case 'append-failed':
        return this.putOff(`its promotion could not be journaled: ${message.reason}`)
      default:
        message satisfies never
    }
  }

  private look(): void {
    const recovered = this.parts.isRecovered()
    this.context.after(recovered ? this.lookIntervalMs : recoveryLookMs, { type: 'look' })
    if (this.uptake !== null || !recovered) return
    const known = this.refused ?? this.parts.models.current?.id ?? null
    const unreadable = (): ModelManagerMessage => ({ type: 'found', id: known })
    this.context.pipe(this.parts.readPromoted(), id => ({ type: 'found', id }), unreadable)
  }

  private found(id: string | null): void {
    if (this.uptake !== null) return
    if (id === null || id === this.parts.models.current?.id) {
      this.refused = null
      return this.context.health('ready')
    }
    if (id === this.refused) return
    this.uptake = { id, steps: null, loaded: null, waitingFor: new Set(), journaling: false }
    if (this.parts.models.current === null) this.context.health('starting', `loading model set ${id}`)
    this.context.pipe(
      this.parts.read(id),
      contents => ({ type: 'read', id, contents }),
      error => ({ type: 'read-failed', id, reason: String(error) }),
    )
  }

  private load(id: string, contents: ModelSetContents): void {
    this.uptake!.steps = this.parts.models.load(id, contents, this.parts.schemaHash)
    this.loadSlice()
  }

  private loadSlice(): void {
    const { monotonic } = this.parts
    const startedAt = monotonic.ms()
    try {
      while (monotonic.ms() < startedAt + this.loadSliceMs) {
        for (let step = 0; step < stepsPerLook; step++) {
          const next = this.uptake!.steps!.next()
          if (next.done === true) return this.prepare(next.value)
        }
      }
    } catch (error) {
      return this.refuse(`it cannot be loaded: ${error}`)
    }
    this.loadOn(monotonic.ms() - startedAt)
  }

  /** Requests pass through this thread several times each, and would wait for a slice each time. */
  private loadOn(sliceTookMs: number): void {
    if (this.parts.models.current === null) tell(this.context.self, { type: 'load-slice' })
    else this.context.after(sliceTookMs * (1 / this.loadShare - 1), { type: 'load-slice' })
  }

  private prepare(loaded: LiveModelSet): void {
    const { parts, context } = this
    const { generation, handles } = loaded
    this.uptake!.loaded = loaded
    const { waitingFor } = this.uptake!
    waitingFor.add('pool')
    parts.indexShards.forEach((shard, s) => {
      waitingFor.add(s)
      tell(shard, { type: 'prepare', handles: parts.handlesFor(handles, s) })
    })
    context.pipe(
      parts.preparePool(handles),
      () => ({ type: 'pool-prepared', generation, failure: null }),
      error => ({ type: 'pool-prepared', generation, failure: String(error) }),
    )
  }

  private prepared(message: Extract<ModelManagerMessage, { readonly failure: string | null }>): void {
    const { uptake, parts } = this
    if (uptake === null || uptake.journaling || uptake.loaded?.generation !== message.generation) return
    if (message.failure !== null) return this.refuse(message.failure)
    uptake.waitingFor.delete(message.type === 'pool-prepared' ? 'pool' : message.shard)
    if (uptake.waitingFor.size > 0) return
    uptake.journaling = true
    const previous = parts.models.current?.id ?? null
    const record: JournalRecord = { kind: 'promotion', at: parts.clock.now(), modelSet: uptake.id, previous }
    tell(parts.journal, { type: 'append', records: [record], replyTo: this.context.self as ActorRef<AppendReply> })
  }

  private switchOver(): void {
    const { id, loaded } = this.uptake!
    this.uptake = null
    this.refused = null
    this.parts.models.promote(loaded!.generation)
    this.context.log.info({ modelSet: id }, 'serving with a new model set')
    this.context.health('ready')
  }

  /** Nothing is wrong with the set: it is tried again with the next look. */
  private putOff(reason: string): void {
    const { id } = this.giveUp()
    this.context.log.warn({ modelSet: id, reason }, 'a promoted model set has to wait')
  }

  private giveUp(): Uptake {
    const uptake = this.uptake!
    this.uptake = null
    if (uptake.loaded !== null) this.parts.models.discard(uptake.loaded.generation)
    return uptake
  }

  private refuse(reason: string): void {
    const { id } = this.giveUp()
    this.refused = id
    this.context.log.error({ modelSet: id, reason }, 'a promoted model set cannot be used; the present one stays')
    this.context.health('degraded', `model set ${id} was refused: ${reason}`)
  }
}
