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
    this.newer = new Half(this.halfCapacity, from.newer)
    this.older = new Half(0, from.older)
  }

  /** The roles of the event that have not been counted yet; none for an event that has been seen. */
  newRoles({ eventIdHash, userHash, item, roles, time }: FoldedEvent): RoleSet {
    if (this.newer.hasEvent(eventIdHash) || this.older.hasEvent(eventIdHash)) return 0
    if (this.newer.size >= this.halfCapacity) this.turnOver()
    this.newer.addEvent(eventIdHash)
    if (roles === Role.impression) return roles

    const key = engagementKey(userHash, item)
    const counted = this.countedOf(key, time)
    this.newer.put(key, counted | (roles & ~Role.impression), time)
    return roles & ~counted
  }

  toState(): RecentState {
    return { newer: this.newer.toState(), older: this.older.toState() }
  }

  private countedOf(key: number, time: number): RoleSet {
    for (const half of [this.newer, this.older]) {
      const slot = half.slotOf(key)
      if (slot >= 0) return Math.abs(time - half.timeAt(slot)) <= this.windowMs ? half.countedAt(slot) : 0
    }
    return 0
  }

  private turnOver(): void {
    this.older = this.newer
    this.newer = new Half(this.halfCapacity, emptyHalf)
  }
}

/** Columns in order of arrival, found by key; a snapshot is a copy of the columns. */
export interface RecentHalf {
  readonly eventIds: Float64Array
  /** Per engagement: its key, what has been counted of it, and the time of its last event. */
  readonly keys: Float64Array
  readonly roles: Uint8Array
  readonly times: Float64Array
}

export interface RecentState {
  readonly newer: RecentHalf
  readonly older: RecentHalf
}

const emptyHalf: RecentHalf = {
  eventIds: new Float64Array(0),
  keys: new Float64Array(0),
  roles: new Uint8Array(0),
  times: new Float64Array(0),
}

class Half {
  private eventCount = 0
  private readonly eventIds: Float64Array
  private readonly keys: Float64Array
  private readonly roles: Uint8Array
  private readonly times: Float64Array
  private readonly knownEvents: Set<number>
  private readonly slots = new Map<number, number>()

  constructor(capacity: number, from: RecentHalf) {
    const columns = Math.max(capacity, from.eventIds.length)
    this.eventIds = new Float64Array(columns)
    this.keys = new Float64Array(columns)
    this.roles = new Uint8Array(columns)
    this.times = new Float64Array(columns)
    this.knownEvents = new Set(from.eventIds)
    this.eventIds.set(from.eventIds)
    this.eventCount = from.eventIds.length
    for (let i = 0; i < from.keys.length; i++) this.put(from.keys[i], from.roles[i], from.times[i])
  }

  get size(): number {
    return this.eventCount
  }

  hasEvent(id: number): boolean {
    return this.knownEvents.has(id)
  }

  addEvent(id: number): void {
    this.knownEvents.add(id)
    this.eventIds[this.eventCount++] = id
  }

  /** The slot of an engagement, −1 for an unknown one. */
  slotOf(key: number): number {
    return this.slots.get(key) ?? -1
  }

  countedAt(slot: number): RoleSet {
    return this.roles[slot]
  }

  timeAt(slot: number): number {
    return this.times[slot]
  }

  put(key: number, roles: RoleSet, time: number): void {
    let slot = this.slotOf(key)
    if (slot < 0) {
      slot = this.slots.size
      this.slots.set(key, slot)
      this.keys[slot] = key
    }
    this.roles[slot] = roles
    this.times[slot] = time
  }

  toState(): RecentHalf {
    const { eventCount, slots } = this
    return {
      eventIds: this.eventIds.slice(0, eventCount),
      keys: this.keys.slice(0, slots.size),
      roles: this.roles.slice(0, slots.size),
      times: this.times.slice(0, slots.size),
    }
  }
}

/** 53 bits of (person, item): unlikely enough to collide within one window. */
function engagementKey(userHash: number, item: number): number {
  return (Math.imul(item, 0x9e3779b1) & 0x1fffff) * 0x1_0000_0000 + ((userHash ^ item) >>> 0)
}
