/**
 * The journal folded as serving folds it: items, user state, counters. What a model trains on, and what a check computes
 * again, comes from here.
 *
 * 1. After `apply` of record n, the state is that of a server which has applied everything up to n.
 * 2. Nothing is evicted and no row is reclaimed, so any earlier number can still be read from the item table.
 */
import type { Settings } from '../config/settings.ts'
import { CatalogState, noDocuments } from '../domain/catalog-state.ts'
import type { JournalEvent } from '../domain/event.ts'
import type { ItemTableLimits } from '../domain/item-table/item-table-writer.ts'
import type { Numbered } from '../domain/journal.ts'
import type { CounterEpochHandles } from '../domain/shared/counter-epochs.ts'
import { deviceClassOf } from '../features/device-class.ts'
import { featureSettings } from '../features/settings.ts'
import { applyEvent, applyProfile } from '../features/user-fold.ts'
import { Scalar, UserState } from '../features/user-state.ts'
import { buildUserView, type UserView } from '../features/user-view.ts'
import type { ContextCodes } from '../funnel/context-codes.ts'
import { CountersState } from '../funnel/counters-state.ts'
import { foldEvent } from '../funnel/fold-event.ts'

export interface ReplayHooks {
  /** A new row of an item, before anything can read it; −1 where the item is gone. */
  readonly onItem?: (item: number, row: number) => void
  /** An epoch of the counters has been published. */
  readonly onEpoch?: (epoch: CounterEpochHandles) => void
}

export class Replay {
  readonly catalog: CatalogState
  readonly counters: CountersState
  readonly users = new Map<string, UserState>()
  /** The epoch published last; lists of it are made with `counters.lists`, where they are needed. */
  epoch: CounterEpochHandles
  private readonly features
  private readonly hooks: ReplayHooks

  constructor(settings: Settings, limits: ItemTableLimits, hooks: ReplayHooks = {}) {
    this.catalog = new CatalogState(limits, noDocuments)
    this.counters = new CountersState(settings)
    this.epoch = this.counters.latest.counters
    this.features = settings.of(featureSettings)
    this.hooks = hooks
  }

  apply({ seq, record }: Numbered): void {
    switch (record.kind) {
      case 'item':
        this.itemChanged(record.item.id, this.catalog.putItem(record.item, seq))
        break
      case 'item-delete':
        this.itemChanged(record.id, this.catalog.deleteItem(record.id, seq))
        break
      case 'user':
        applyProfile(this.user(record.user.id), this.catalog.profileCodes(record.user), seq)
        break
      case 'user-delete':
        this.users.delete(record.id)
        break
      case 'event':
        this.applyEvent(record.event, seq)
        break
      case 'epoch':
        this.epoch = this.counters.publishCounters(seq, record.at)
        this.hooks.onEpoch?.(this.epoch)
        break
      case 'served':
      case 'settings':
      case 'promotion':
        break
      default:
        record satisfies never
    }
    this.catalog.appliedSeq = seq
  }

  /** A person as a user shard would show them once it has folded what has been applied here. */
  view(userId: string, context: ContextCodes, now: number): UserView {
    const classOf = (code: number) => deviceClassOf(this.catalog.deviceName(code))
    return buildUserView(this.users.get(userId), { ...context, deviceClassOf: classOf }, now, this.features)
  }

  private itemChanged(id: string, row: number): void {
    if (row >= 0) this.hooks.onItem?.(this.catalog.findItem(id), row)
  }

  private applyEvent(event: JournalEvent, seq: number): void {
    const { catalog, counters } = this
    catalog.lastEventAt = Math.max(catalog.lastEventAt, event.time)
    const item = catalog.findLiveItem(event.item)
    if (item < 0) return
    const folded = foldEvent(event, item, seq, catalog)
    const state = this.user(event.user)
    const outcome = applyEvent(state, folded, catalog.items, this.features)
    counters.apply(folded)
    const segment = state.get(Scalar.segment)
    if (outcome !== 'applied' || segment === 0) return
    counters.applySegment({ seq, item, segment, roles: state.gained, time: event.time })
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
