import type { CountersMessage } from '../../actors/counters/protocol.ts'
import type { SnapshotWritten } from '../../actors/snapshot-protocol.ts'
import { userShardActor } from '../../actors/user-shard/actor.ts'
import type { ShardEntry, UserReply, UserShardMessage, UserViewReply } from '../../actors/user-shard/protocol.ts'
import { Role } from '../../domain/roles.ts'
import type { User } from '../../domain/user.ts'
import { foldEvent } from '../../funnel/fold-event.ts'
import { tell } from '../../supervision/actor-ref.ts'
import { MemoryOnlineStore } from '../fakes/memory-online-store.ts'
import { Probe } from '../fakes/probe.ts'
import { catalogOf, startOf2024 as now, sampleEvent, sampleItems, testSettings } from '../fakes/samples.ts'
import { settle, testSystem } from './supervision.harness.ts'

export const catalog = catalogOf(sampleItems(30))
/** The journal numbers of the items end here. */
export const firstSeq = catalog.appliedSeq + 1

/** A shard on manual time, over a store in memory. */
export function startShard(values: Record<string, number> = {}, store = new MemoryOnlineStore()) {
  const { system, time, logged } = testSystem()
  const counters = new Probe<CountersMessage>('counters')
  const settings = testSettings(values)
  const shard = system.spawn<UserShardMessage>(
    'shard',
    userShardActor({ catalog, deviceClassOf: () => 0, store, counters, settings }),
  )
  const fold = (...entries: ShardEntry[]) => tell(shard, { type: 'fold', batch: { throughSeq: 0, entries } })
  const viewOf = async (userId: string, generation = 0) => {
    const replyTo = new Probe<UserViewReply>()
    const context = { region: 0, language: 0, device: 0 }
    tell(shard, { type: 'view', userId, context, now, generation, replyTo })
    await settle()
    return replyTo.last!
  }
  const userOf = async (userId: string) => {
    const replyTo = new Probe<UserReply>()
    tell(shard, { type: 'get-user', userId, replyTo })
    await settle()
    return replyTo.last!.user
  }
  const snapshot = (throughSeq: number) => {
    const replyTo = new Probe<SnapshotWritten>()
    tell(shard, { type: 'write-snapshot', throughSeq, replyTo })
    return replyTo
  }
  return { system, time, logged, store, counters, shard, fold, viewOf, userOf, snapshot }
}

export interface EventFields {
  readonly seq: number
  readonly user?: string
  readonly item?: number
  readonly eventId?: string
  readonly roles?: number
  readonly time?: number
}

export function clicked({ seq, user = 'u', item = 0, eventId = `e${seq}`, roles = Role.click, time }: EventFields) {
  const event = sampleEvent(user, `i${item}`, { eventId, roles, time: time ?? now - 10_000_000 + seq * 1000 })
  return { kind: 'event', userId: user, event: foldEvent(event, item, seq, catalog) } as const
}

export const profile = (id: string, seq: number, fields: Partial<User> = {}): ShardEntry => {
  const user = { id, ...fields }
  return { kind: 'profile', userId: id, seq, user, profile: catalog.profileCodes(user) }
}

export const forget = (userId: string, seq: number): ShardEntry => ({ kind: 'forget', userId, seq })
