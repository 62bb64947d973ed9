import { deviceClassOf } from '../actors/device-class.ts'
import type { ContextCodes } from '../actors/user-shard/protocol.ts'
import type { Settings } from '../config/settings.ts'
import { CatalogState, noDocuments } from '../domain/catalog-state.ts'
import type { JournalEvent } from '../domain/event.ts'
import type { JournalRecord, Numbered } from '../domain/journal.ts'
import { featureSettings } from '../features/settings.ts'
import { applyEvent, applyProfile } from '../features/user-fold.ts'
import { Scalar, UserState } from '../features/user-state.ts'
import { buildUserView, type UserView } from '../features/user-view.ts'
import { CountersState, type PublishedEpoch } from '../funnel/counters-state.ts'
import { foldEvent } from '../funnel/fold-event.ts'

export class Replay {
  readonly catalog: CatalogState
  readonly counters: CountersState
  readonly users = new Map<string, UserState>()
  private readonly features
  constructor(settings: Settings, limits = { itemsMax: 2_000_000, rowsMax: 3_000_000 }) {
    this.catalog = new CatalogState(limits, noDocuments)
    this.counters = new CountersState(settings)
    this.features = settings.of(featureSettings)
  }
  get epoch(): PublishedEpoch {
    return this.counters.latest
  }
  apply({ seq, record }: Numbered): void {
    this.applyRecord(record, seq)
    this.catalog.appliedSeq = seq
  }
  userSeqOf(userId: string): number {
    return this.users.get(userId)?.userSeq ?? 0
  }
  viewOf(userId: string, context: ContextCodes, now: number): UserView {
    const classOf = (code: number) => deviceClassOf(this.catalog.deviceName(code))
    return buildUserView(this.users.get(userId), { ...context, deviceClassOf: classOf }, now, this.features)
  }
  private applyRecord(record: JournalRecord, seq: number): void {
    const { catalog } = this
    switch (record.kind) {
      case 'item':
        catalog.putItem(record.item, seq)
        return
      case 'item-delete':
        catalog.deleteItem(record.id, seq)
        return
      case 'user':
        return applyProfile(this.user(record.user.id), catalog.profileCodes(record.user), seq)
      case 'user-delete':
        this.users.delete(record.id)
        return
      case 'event':
        return this.applyEvent(record.event, seq)
      case 'epoch':
        this.counters.publish(seq, record.at)
        return
      default:
        return
    }
  }
  private applyEvent(event: JournalEvent, seq: number): void {
    const { catalog } = this
    const item = catalog.findLiveItem(event.item)
    catalog.lastEventAt = Math.max(catalog.lastEventAt, event.time)
    if (item < 0) return
    const folded = foldEvent(event, item, seq, catalog)
    const state = this.user(event.user)
    const outcome = applyEvent(state, folded, catalog.items, this.features)
    this.counters.apply(folded)
    const segment = state.get(Scalar.segment)
    if (outcome === 'applied' && segment !== 0) {
      this.counters.applySegment({ seq, item, segment, roles: event.roles, time: event.time })
    }
  }
  private user(id: string): UserState {
    let state = this.users.get(id)
    if (state === undefined) {
      state = new UserState()
      this.users.set(id, state)
    }
    return state
  }
}
