/**
 * The catalog actor: the first to see what the journal committed.
 *
 * 1. Records are applied in journal order; an event is handed on only after every item change before it is readable.
 * 2. `appliedSeq` moves on when a slice has been applied and handed on, so what a request pins is complete.
 * 3. Each slice is bounded; other messages get a turn between two of them.
 * 4. A snapshot stands behind an epoch record: every owner is asked at that place in the stream, and the number is
 *    written last, together with the catalogue's own part, which is what it was at that place.
 */
import type { Settings } from '../../config/settings.ts'
import type { CatalogState, ItemVersion } from '../../domain/catalog-state.ts'
import type { JournalEvent } from '../../domain/event.ts'
import { hashId } from '../../domain/identity/id-dictionary.ts'
import type { JournalRecord } from '../../domain/journal.ts'
import type { MonotonicClock } from '../../domain/ports.ts'
import { foldEvent } from '../../funnel/fold-event.ts'
import type { LiveModelSets } from '../../funnel/live-model-sets.ts'
import type { OnlineStore, SpaceChanges } from '../../storage/online-store.ts'
import { type ActorRef, tell } from '../../supervision/actor-ref.ts'
import type { ActorContext, Behaviour, Receiver } from '../../supervision/behaviour.ts'
import { applyOrSkip } from '../apply-or-skip.ts'
import type { CounterEntry, CountersMessage } from '../counters/protocol.ts'
import type { IndexShardMessage } from '../index-shard/protocol.ts'
import type { AppendReply, CommittedGroup } from '../journal/protocol.ts'
import type { SnapshotDone, SnapshotWritten } from '../snapshot-protocol.ts'
import type { EventsApplied, ShardEntry, UserShardMessage } from '../user-shard/protocol.ts'
import type { CatalogMessage } from './protocol.ts'
import { catalogSettings } from './settings.ts'
import { type CatalogStand, snapshotChanges, standOf } from './snapshot.ts'

export interface CatalogParts {
  readonly state: CatalogState
  readonly models: LiveModelSets
  readonly store: OnlineStore
  readonly userShards: readonly ActorRef<UserShardMessage>[]
  readonly counters: ActorRef<CountersMessage>
  readonly indexShards: readonly ActorRef<IndexShardMessage>[]
  /** Asks the journal for an epoch record; `replyTo` hears when none will come. */
  readonly requestEpoch: (replyTo: ActorRef<AppendReply>) => void
  /** Told what can be read from now on. */
  readonly onApplied: (throughSeq: number) => void
  readonly monotonic: MonotonicClock
  readonly settings: Settings
}

export function catalogActor(parts: CatalogParts): Behaviour<CatalogMessage> {
  return context => new CatalogActor(context, parts)
}

/** How long the catalogue's part of a snapshot is encoded before other messages get a turn. */
const encodeSliceMs = 3
/** Rows freed before other messages get a turn. */
const reclaimedPerSlice = 5000

interface Snapshot {
  readonly replyTo: ActorRef<SnapshotDone>
  /** 0 until its epoch record has come by. */
  throughSeq: number
  waitingFor: Set<string>
  changed: ReadonlyMap<number, ItemVersion>
  stand: CatalogStand | null
  /** Encodes the catalogue's part. */
  encoding: Generator<void, SpaceChanges[]> | null
}

class CatalogActor implements Receiver<CatalogMessage> {
  private readonly context: ActorContext<CatalogMessage>
  private readonly parts: CatalogParts
  private readonly sliceRecords: number
  private readonly keptMs: number
  private queue: CommittedGroup[] = []
  /** Place in the first group of the queue. */
  private place = 0
  private slice: Slice
  private snapshot: Snapshot | null = null
  private readonly applied: { readonly seq: number; readonly atMs: number }[] = []
  /** Rows superseded by a number below this one can be freed. */
  private reclaimBefore = 0

  constructor(context: ActorContext<CatalogMessage>, parts: CatalogParts) {
    const { sliceRecords, supersededKeptMs } = parts.settings.of(catalogSettings)
    this.context = context
    this.parts = parts
    this.sliceRecords = sliceRecords
    this.keptMs = supersededKeptMs
    this.slice = new Slice(parts.userShards.length, parts.indexShards.length)
    context.after(this.keptMs, { type: 'reclaim-due' })
    context.health('ready')
  }

  receive(message: CatalogMessage): void {
    switch (message.type) {
      case 'committed':
        this.queue.push(...message.groups)
        return this.applySlice()
      case 'continue':
        return this.applySlice()
      case 'snapshot':
        return this.beginSnapshot(message.replyTo)
      case 'snapshot-written':
        return this.partWritten(message)
      case 'encode-slice':
        return this.encodeSlice()
      case 'catalog-written':
        return this.endSnapshot()
      case 'catalog-failed':
        return this.failSnapshot(message.reason)
      case 'reclaim-due':
        return this.reclaim()
      case 'appended':
        return
      case 'append-failed':
        return this.failSnapshot(`its place in the journal could not be marked: ${message.reason}`)
      default:
        message satisfies never
    }
  }

  private applySlice(): void {
    let left = this.sliceRecords
    while (left > 0 && this.queue.length > 0) {
      const group = this.queue[0]
      while (left > 0 && this.place < group.records.length) {
        const record = group.records[this.place]
        const seq = group.firstSeq + this.place
        applyOrSkip(this.context.log, record.kind, () => this.apply(record, seq, group.appliedTo))
        this.place++
        left--
      }
      if (this.place < group.records.length) break
      this.queue.shift()
      this.place = 0
      if (group.handedOnTo !== undefined) this.slice.handedOn.push(group.handedOnTo)
    }
    this.handOn()
    if (this.queue.length > 0) tell(this.context.self, { type: 'continue' })
  }

  private apply(record: JournalRecord, seq: number, appliedTo: ActorRef<EventsApplied> | undefined): void {
    const { state } = this.parts
    this.slice.throughSeq = seq
    if (seq <= state.appliedSeq) return
    switch (record.kind) {
      case 'item': {
        const row = state.putItem(record.item, seq)
        if (row < 0) return
        this.parts.models.admit(row, record.item)
        return this.itemChanged(state.findItem(record.item.id))
      }
      case 'item-delete': {
        const row = state.deleteItem(record.id, seq)
        if (row < 0) return
        this.parts.models.clear(row)
        return this.itemChanged(state.findItem(record.id))
      }
      case 'user': {
        const profile = state.profileCodes(record.user)
        return this.toUser(record.user.id, { kind: 'profile', userId: record.user.id, seq, user: record.user, profile })
      }
      case 'user-delete':
        return this.toUser(record.id, { kind: 'forget', userId: record.id, seq })
      case 'event':
        return this.applyEvent(record.event, seq, appliedTo)
      case 'epoch':
        this.slice.counters.push({ kind: 'epoch', seq, at: record.at })
        if (this.snapshot?.throughSeq === 0) this.reachSnapshot(seq)
        return
      case 'settings':
        state.settingsHash = record.hash
        return
      case 'served':
      case 'promotion':
        return
      default:
        record satisfies never
    }
  }

  private applyEvent(event: JournalEvent, seq: number, appliedTo: ActorRef<EventsApplied> | undefined): void {
    const { state } = this.parts
    const item = state.findLiveItem(event.item)
    state.lastEventAt = Math.max(state.lastEventAt, event.time)
    if (item < 0) {
      if (appliedTo !== undefined) tell(appliedTo, { type: 'events-applied', seqs: [seq], outcomes: ['unknown-item'] })
      return
    }
    const folded = foldEvent(event, item, seq, state)
    this.toUser(event.user, { kind: 'event', userId: event.user, event: folded, appliedTo })
    this.slice.counters.push({ kind: 'event', event: folded })
  }

  private toUser(userId: string, entry: ShardEntry): void {
    this.slice.users[hashId(userId) % this.slice.users.length].push(entry)
  }

  private itemChanged(item: number): void {
    this.slice.items[this.parts.state.ids.hashOf(item) % this.slice.items.length].push(item)
  }

  /** Sends what the slice collected, and lets requests pin it. */
  private handOn(): void {
    const { slice, parts } = this
    const { throughSeq } = slice
    if (throughSeq > parts.state.appliedSeq) {
      parts.state.appliedSeq = throughSeq
      this.applied.push({ seq: throughSeq, atMs: parts.monotonic.ms() })
    }
    slice.items.forEach((items, shard) => {
      if (items.length > 0) tell(parts.indexShards[shard], { type: 'items-changed', items: Uint32Array.from(items) })
    })
    slice.users.forEach((entries, shard) => {
      if (entries.length > 0) tell(parts.userShards[shard], { type: 'fold', batch: { throughSeq, entries } })
    })
    tell(parts.counters, { type: 'fold', batch: { throughSeq, entries: slice.counters } })
    parts.onApplied(parts.state.appliedSeq)
    for (const journal of slice.handedOn) tell(journal, { type: 'handed-on' })
    this.slice = new Slice(parts.userShards.length, parts.indexShards.length)
  }

  private beginSnapshot(replyTo: ActorRef<SnapshotDone>): void {
    if (this.snapshot !== null) {
      const failure = 'a snapshot is being written already'
      return tell<SnapshotDone>(replyTo, { type: 'snapshot-done', throughSeq: 0, failure })
    }
    this.snapshot = {
      replyTo,
      throughSeq: 0,
      waitingFor: new Set(),
      changed: new Map(),
      stand: null,
      encoding: null,
    }
    this.parts.requestEpoch(this.context.self as ActorRef<AppendReply>)
  }

  /** The epoch record has come by: what was collected goes out first, then every owner is asked for its part. */
  private reachSnapshot(throughSeq: number): void {
    const snapshot = this.snapshot!
    this.handOn()
    snapshot.throughSeq = throughSeq
    snapshot.changed = new Map(this.parts.state.changed)
    snapshot.stand = standOf(this.parts.state)
    const replyTo = this.context.self as ActorRef<SnapshotWritten>
    for (const shard of this.parts.userShards) {
      snapshot.waitingFor.add(shard.path)
      tell(shard, { type: 'write-snapshot', throughSeq, replyTo })
    }
    tell(this.parts.counters, { type: 'write-snapshot', throughSeq, replyTo })
  }

  /** Parts of an earlier snapshot, which failed, may still come in: they do not count for this one. */
  private partWritten({ failure, owner, throughSeq: partSeq }: SnapshotWritten): void {
    const { snapshot } = this
    if (snapshot?.throughSeq !== partSeq) return
    if (failure !== null) return this.failSnapshot(`${owner}: ${failure}`)
    snapshot.waitingFor.delete(owner)
    if (snapshot.waitingFor.size > 0) return
    const { counters } = this.parts
    // The shards had told everything before they wrote.
    if (owner !== counters.path) {
      snapshot.waitingFor.add(counters.path)
      return tell(counters, { type: 'segments-told', throughSeq: snapshot.throughSeq })
    }
    snapshot.encoding = snapshotChanges(snapshot.changed, this.parts.state, snapshot.stand!, snapshot.throughSeq)
    this.encodeSlice()
  }

  private encodeSlice(): void {
    if (this.snapshot === null) return
    const { encoding, throughSeq } = this.snapshot
    const until = this.parts.monotonic.ms() + encodeSliceMs
    let step = encoding!.next()
    while (step.done !== true && this.parts.monotonic.ms() < until) step = encoding!.next()
    if (step.done !== true) return tell(this.context.self, { type: 'encode-slice' })
    this.context.pipe(
      this.parts.store.commit(step.value),
      () => ({ type: 'catalog-written', throughSeq }),
      error => ({ type: 'catalog-failed', reason: String(error) }),
    )
  }

  private endSnapshot(): void {
    const { replyTo, throughSeq, changed } = this.snapshot!
    this.snapshot = null
    this.parts.state.stored(changed)
    tell<SnapshotDone>(replyTo, { type: 'snapshot-done', throughSeq, failure: null })
  }

  private failSnapshot(failure: string): void {
    if (this.snapshot === null) return
    const { replyTo } = this.snapshot
    this.snapshot = null
    this.context.log.error({ failure }, 'the snapshot was not written; the journal still holds everything')
    tell<SnapshotDone>(replyTo, { type: 'snapshot-done', throughSeq: 0, failure })
  }

  /** Frees the rows that were superseded longer ago than any request may take. */
  private reclaim(): void {
    const before = this.parts.monotonic.ms() - this.keptMs
    while (this.applied.length > 1 && this.applied[0].atMs < before) this.reclaimBefore = this.applied.shift()!.seq
    const rows = this.parts.state.table.reclaim(this.reclaimBefore, reclaimedPerSlice)
    for (const row of rows) this.parts.models.clear(row)
    if (rows.length === reclaimedPerSlice) tell(this.context.self, { type: 'reclaim-due' })
    else this.context.after(this.keptMs / 4, { type: 'reclaim-due' })
  }
}

/** What one slice has to hand on. */
class Slice {
  throughSeq = 0
  readonly users: ShardEntry[][]
  readonly items: number[][]
  readonly counters: CounterEntry[] = []
  readonly handedOn: NonNullable<CommittedGroup['handedOnTo']>[] = []

  constructor(userShards: number, indexShards: number) {
    this.users = Array.from({ length: userShards }, () => [])
    this.items = Array.from({ length: indexShards }, () => [])
  }
}
