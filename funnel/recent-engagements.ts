import { Role, type RoleSet } from '../domain/roles.ts'
import type { FoldedEvent } from '../features/folded-event.ts'

/**
 * What the item counters have counted lately, so that an event that is sent twice, or a play that is told as a click and
 * later as a finish, counts once. In journal order, over the last `capacity` engagements at most and half as many at
 * least: two halves are kept, and the older one is let go when the newer one is full.
 *
 * What is remembered depends on the events alone.
 */
export class RecentEngagements {
  private readonly halfCapacity: number
  private readonly windowMs: number
  private newer: Half
  private older: Half

  /** @param windowMs events of one person on one item this close together are one engagement */
  constructor(capacity: number, windowMs: number, from: RecentState = { newer: emptyHalf, older: emptyHalf }) {
    this.halfCapacity = Math.ceil(capacity / 2)
    this.windowMs = windowMs
    this.newer = fromState(from.newer)
    this.older = fromState(from.older)
  }

  /** The roles of the event that have not been counted yet; none for an event that has been seen. */
  newRoles({ eventIdHash, userHash, item, roles, time }: FoldedEvent): RoleSet {
    if (this.newer.eventIds.has(eventIdHash) || this.older.eventIds.has(eventIdHash)) return 0
    if (this.newer.eventIds.size >= this.halfCapacity) this.turnOver()
    this.newer.eventIds.add(eventIdHash)
    if (roles === Role.impression) return roles

    const key = engagementKey(userHash, item)
    const known = this.newer.engagements.get(key) ?? this.older.engagements.get(key)
    const counted = known !== undefined && Math.abs(time - known.time) <= this.windowMs ? known.roles : 0
    this.newer.engagements.set(key, { roles: counted | (roles & ~Role.impression), time })
    return roles & ~counted
  }

  toState(): RecentState {
    return { newer: stateOf(this.newer), older: stateOf(this.older) }
  }

  private turnOver(): void {
    this.older = this.newer
    this.newer = fromState(emptyHalf)
  }
}

interface Half {
  readonly engagements: Map<number, Engagement>
  readonly eventIds: Set<number>
}

interface HalfState {
  readonly engagements: readonly (readonly [key: number, roles: RoleSet, time: number])[]
  readonly eventIds: readonly number[]
}

export interface RecentState {
  readonly newer: HalfState
  readonly older: HalfState
}

interface Engagement {
  readonly roles: RoleSet
  readonly time: number
}

const emptyHalf: HalfState = { engagements: [], eventIds: [] }

function fromState({ engagements, eventIds }: HalfState): Half {
  return {
    engagements: new Map(engagements.map(([key, roles, time]) => [key, { roles, time }])),
    eventIds: new Set(eventIds),
  }
}

function stateOf({ engagements, eventIds }: Half): HalfState {
  return {
    engagements: [...engagements].map(([key, { roles, time }]) => [key, roles, time] as const),
    eventIds: [...eventIds],
  }
}

/** 53 bits of (person, item): unlikely enough to collide within one window. */
function engagementKey(userHash: number, item: number): number {
  return (Math.imul(item, 0x9e3779b1) & 0x1fffff) * 0x1_0000_0000 + ((userHash ^ item) >>> 0)
}
