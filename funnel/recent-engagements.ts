import { Role, type RoleSet } from '../domain/roles.ts'
import type { FoldedEvent } from '../features/folded-event.ts'

/**
 * What the item counters have counted lately, so that an event that is sent twice, or a play that is told as a click and
 * later as a finish, counts once. A window of the last `capacity` engagements, in journal order.
 *
 * 1. What is in the window depends on the events alone.
 * 2. At most `capacity` engagements and as many event ids are remembered; the oldest leave first.
 */
export class RecentEngagements {
  private readonly capacity: number
  private readonly windowMs: number
  private readonly engagements = new Map<number, Engagement>()
  private readonly eventIds = new Set<number>()

  /** @param windowMs events of one person on one item this close together are one engagement */
  constructor(capacity: number, windowMs: number, from: RecentState = { engagements: [], eventIds: [] }) {
    this.capacity = capacity
    this.windowMs = windowMs
    for (const [key, roles, time] of from.engagements) this.engagements.set(key, { roles, time })
    for (const id of from.eventIds) this.eventIds.add(id)
  }

  /** The roles of the event that have not been counted yet; none for an event that has been seen. */
  newRoles({ eventIdHash, userHash, item, roles, time }: FoldedEvent): RoleSet {
    if (this.eventIds.has(eventIdHash)) return 0
    this.eventIds.add(eventIdHash)
    if (this.eventIds.size > this.capacity) this.eventIds.delete(this.eventIds.values().next().value!)
    if (roles === Role.impression) return roles

    const key = engagementKey(userHash, item)
    const known = this.engagements.get(key)
    const counted = known !== undefined && Math.abs(time - known.time) <= this.windowMs ? known.roles : 0
    this.engagements.delete(key)
    this.engagements.set(key, { roles: counted | (roles & ~Role.impression), time })
    if (this.engagements.size > this.capacity) this.engagements.delete(this.engagements.keys().next().value!)
    return roles & ~counted
  }

  toState(): RecentState {
    return {
      engagements: [...this.engagements].map(([key, { roles, time }]) => [key, roles, time] as const),
      eventIds: [...this.eventIds],
    }
  }
}

export interface RecentState {
  readonly engagements: readonly (readonly [key: number, roles: RoleSet, time: number])[]
  readonly eventIds: readonly number[]
}

interface Engagement {
  readonly roles: RoleSet
  readonly time: number
}

/** 53 bits of (person, item): unlikely enough to collide within one window. */
function engagementKey(userHash: number, item: number): number {
  return (Math.imul(item, 0x9e3779b1) & 0x1fffff) * 0x1_0000_0000 + ((userHash ^ item) >>> 0)
}
