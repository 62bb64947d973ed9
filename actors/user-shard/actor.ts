/**
 * A user shard: a thin shell around the pure fold of `features/`.
 *
 * 1. Events of one person are folded in journal order, each once: what the state already holds is skipped.
 * 2. A view shows everything folded before it was asked for.
 * 3. A snapshot through a number holds every change up to it, and may hold later ones.
 * 4. The people stay when the actor restarts after a defect; an entry that a defect stops is skipped and logged.
 * 5. A request for a snapshot is answered, also when the life that took it ends before: that one has failed.
 */
import type { Settings } from '../../config/settings.ts'
import type { CatalogReader } from '../../domain/catalog-reader.ts'
import { featureSettings } from '../../features/settings.ts'
import { applyEvent, applyProfile } from '../../features/user-fold.ts'
import { Scalar } from '../../features/user-state.ts'
import { buildUserView } from '../../features/user-view.ts'
import type { SegmentEngagement } from '../../funnel/counters-state.ts'
import type { OnlineStore } from '../../storage/online-store.ts'
import { type ActorRef, tell } from '../../supervision/actor-ref.ts'
import type { ActorContext, Behaviour, Receiver } from '../../supervision/behaviour.ts'
import type { Logger } from '../../telemetry/log.ts'
import { applyOrSkip } from '../apply-or-skip.ts'
import type { CountersMessage } from '../counters/protocol.ts'
import type { SnapshotWritten, WriteSnapshot } from '../snapshot-protocol.ts'
import type {
  AppliedOutcomeName,
  EventsApplied,
  ShardBatch,
  ShardEntry,
  UserReply,
  UserShardMessage,
  UserViewReply,
} from './protocol.ts'
import { type Resident, Residents } from './residents.ts'
import { usersSettings } from './settings.ts'

export interface UserShardParts {
  readonly catalog: CatalogReader
  /** Class of a device code, see `features/`. */
  readonly deviceClassOf: (device: number) => number
  readonly store: OnlineStore
  readonly counters: ActorRef<CountersMessage>
  readonly settings: Settings
}

export function userShardActor(parts: UserShardParts): Behaviour<UserShardMessage> {
  const { residentsPerShardMax } = parts.settings.of(usersSettings)
  let log: Logger | null = null
  const residents = new Residents(parts.store, residentsPerShardMax, (userId, error) =>
    log?.error({ userId, err: error }, 'a stored person could not be read: set aside, and taken for somebody new'),
  )
  const unanswered: Unanswered = { request: null }
  return context => {
    log = context.log
    residents.abandonWrites()
    return new UserShardActor(context, parts, residents, unanswered)
  }
}

/** The request for a snapshot that is being worked on; it outlives a life of the actor. */
interface Unanswered {
  request: WriteSnapshot | null
}

type EventEntry = Extract<ShardEntry, { kind: 'event' }>

class UserShardActor implements Receiver<UserShardMessage> {
  private readonly context: ActorContext<UserShardMessage>
  private readonly parts: UserShardParts
  private readonly residents: Residents
  private readonly features
  private readonly writeBatch: number
  private readonly unanswered: Unanswered
  private snapshot: { waiting: string[] } | null = null

  constructor(
    context: ActorContext<UserShardMessage>,
    parts: UserShardParts,
    residents: Residents,
    unanswered: Unanswered,
  ) {
    this.context = context
    this.parts = parts
    this.features = parts.settings.of(featureSettings)
    this.writeBatch = parts.settings.of(usersSettings).writeBatch
    this.residents = residents
    this.unanswered = unanswered
    if (unanswered.request !== null) this.answerSnapshot('the shard was restarted')
    context.health('ready')
  }

  receive(message: UserShardMessage): void {
    switch (message.type) {
      case 'fold':
        return this.fold(message.batch)
      case 'view':
        return this.view(message)
      case 'cache-query':
        return this.cacheQuery(message)
      case 'get-user':
        return this.tellUser(message)
      case 'write-snapshot':
        return this.beginSnapshot(message)
      case 'encode-slice':
        return this.writeSlice()
      case 'written':
        return this.written(message.users, message.failure)
      default:
        message satisfies never
    }
  }

  private tellUser({ userId, replyTo }: Extract<UserShardMessage, { type: 'get-user' }>): void {
    const resident = this.residents.find(userId)
    tell<UserReply>(replyTo, { type: 'user', user: resident?.profile ?? null, known: resident !== undefined })
  }

  private fold(batch: ShardBatch): void {
    const applied = new Map<ActorRef<EventsApplied>, { seqs: number[]; outcomes: AppliedOutcomeName[] }>()
    const engagements: SegmentEngagement[] = []
    for (const entry of batch.entries) {
      const outcome = applyOrSkip(this.context.log, entry.kind, () => this.foldEntry(entry, engagements))
      if (outcome === undefined || entry.kind !== 'event' || entry.appliedTo === undefined) continue
      const report = applied.get(entry.appliedTo) ?? { seqs: [], outcomes: [] }
      applied.set(entry.appliedTo, report)
      report.seqs.push(entry.event.seq)
      report.outcomes.push(outcome)
    }
    for (const [ref, report] of applied) tell<EventsApplied>(ref, { type: 'events-applied', ...report })
    if (engagements.length > 0) tell(this.parts.counters, { type: 'segments', engagements })
    this.evict()
  }

  private foldEntry(entry: ShardEntry, engagements: SegmentEngagement[]): AppliedOutcomeName {
    if (entry.kind === 'event') return this.foldEvent(entry, engagements)
    this.foldProfile(entry)
    return 'applied'
  }

  private foldEvent({ userId, event }: EventEntry, engagements: SegmentEngagement[]): AppliedOutcomeName {
    const resident = this.residents.findOrCreate(userId)
    const alreadyFolded = event.seq <= resident.state.userSeq
    const outcome = alreadyFolded
      ? 'applied'
      : applyEvent(resident.state, event, this.parts.catalog.items, this.features)
    if (!alreadyFolded && outcome === 'applied') this.residents.changed(resident)
    const segment = resident.state.get(Scalar.segment)
    if (outcome === 'applied' && segment !== 0) {
      const roles = alreadyFolded ? event.roles : resident.state.gained
      engagements.push({ seq: event.seq, item: event.item, segment, roles, time: event.time })
    }
    return outcome
  }

  private foldProfile(entry: Exclude<ShardEntry, EventEntry>): void {
    if (entry.kind === 'forget') {
      const failed = (failure: string | null) => ({ type: 'written' as const, users: [], failure })
      return this.context.pipe(
        this.residents.forget(entry.userId),
        () => failed(null),
        error => failed(String(error)),
      )
    }
    const resident = this.residents.findOrCreate(entry.userId)
    if (entry.seq <= resident.state.userSeq) return
    applyProfile(resident.state, entry.profile, entry.seq)
    resident.profile = entry.user
    this.residents.changed(resident)
  }

  private view({ userId, context, now, generation, replyTo }: Extract<UserShardMessage, { type: 'view' }>): void {
    const resident = this.residents.find(userId)
    const view = buildUserView(
      resident?.state,
      { ...context, deviceClassOf: this.parts.deviceClassOf },
      now,
      this.features,
    )
    tell<UserViewReply>(replyTo, { type: 'user-view', view, query: cachedFor(resident, generation) })
    this.evict()
  }

  private cacheQuery({ userId, userSeq, query }: Extract<UserShardMessage, { type: 'cache-query' }>): void {
    const resident = this.residents.find(userId)
    if (resident !== undefined && resident.state.userSeq === userSeq) resident.query = query
  }

  private evict(): void {
    const surplus = this.residents.surplus()
    if (surplus.length > 0) this.write(surplus)
  }

  /** One that replaces another, which was given up, goes on where that one is writing. */
  private beginSnapshot(request: WriteSnapshot): void {
    const isWriting = this.snapshot !== null
    this.unanswered.request = request
    this.snapshot = { waiting: this.residents.dirtyUsers() }
    if (isWriting) return
    this.context.pipe(
      this.residents.retryRemovals(),
      () => ({ type: 'encode-slice' }),
      error => ({ type: 'written', users: [], failure: String(error) }),
    )
  }

  /** Writes some of the dirty states; the rest waits for the next message, so that views are not kept waiting. */
  private writeSlice(): void {
    if (this.snapshot === null) return
    const users = this.snapshot.waiting.splice(0, this.writeBatch)
    if (users.length === 0) return this.endSnapshot(null)
    this.write(users, { type: 'encode-slice' })
  }

  private write(users: string[], next?: UserShardMessage): void {
    const outcome = (failure: string | null): UserShardMessage => ({ type: 'written', users, failure })
    this.context.pipe(
      this.residents.write(users),
      () => {
        if (next !== undefined) tell(this.context.self, next)
        return outcome(null)
      },
      error => outcome(String(error)),
    )
  }

  private written(users: readonly string[], failure: string | null): void {
    this.residents.written(users, failure === null)
    if (failure === null) return this.context.health('ready')
    this.context.health('degraded', `user state cannot be written: ${failure}`)
    if (this.snapshot !== null) this.endSnapshot(failure)
  }

  private endSnapshot(failure: string | null): void {
    this.snapshot = null
    this.answerSnapshot(failure)
  }

  private answerSnapshot(failure: string | null): void {
    const { throughSeq, replyTo } = this.unanswered.request!
    this.unanswered.request = null
    tell<SnapshotWritten>(replyTo, { type: 'snapshot-written', owner: this.context.path, throughSeq, failure })
  }
}

function cachedFor(resident: Resident | undefined, generation: number) {
  const query = resident?.query ?? null
  return query !== null && query.generation === generation ? query : null
}
