import type { JournalEvent } from '../domain/event.ts'
import { grown } from '../domain/grown.ts'
import { engagementRoles } from '../domain/roles.ts'
import { engagementWeight } from '../features/engagement-weight.ts'

/**
 * Who engaged with what, as growing columns in journal order. Users and items are places in the two id lists.
 *
 * 1. A row is one engagement, not one event: the click, the finish and the like of one person on one item that follow
 *    each other within `windowMs` are one row, at the first one's time and journal number, with the roles of all.
 */
export class Engagements {
  readonly userIds: string[] = []
  readonly itemIds: string[] = []
  users = new Uint32Array(1024)
  items = new Uint32Array(1024)
  times = new Float64Array(1024)
  seqs = new Float64Array(1024)
  /** Journal number of the event just before which the item had not yet been shown, see `Showings`. */
  askSeqs = new Float64Array(1024)
  roles = new Uint8Array(1024)
  /** `features/engagement-weight.ts`; negative for what was disliked. */
  weights = new Float32Array(1024)
  count = 0
  private readonly windowMs: number
  private readonly userPlaces = new Map<string, number>()
  private readonly itemPlaces = new Map<string, number>()
  /** By user. */
  private readonly open: OpenEngagements[] = []

  /** @param windowMs see `features.engagementWindowMs` */
  constructor(windowMs: number) {
    this.windowMs = windowMs
  }

  /** Leaves out events that are no engagement. */
  add(event: JournalEvent, seq: number, askSeq = seq): void {
    if ((event.roles & engagementRoles) === 0) return
    const user = placeOf(event.user, this.userIds, this.userPlaces)
    const item = placeOf(event.item, this.itemIds, this.itemPlaces)
    const open = this.openOf(user, event.time)
    const known = open.byItem.get(item)
    if (known !== undefined && Math.abs(event.time - known.time) <= this.windowMs) {
      known.time = Math.max(known.time, event.time)
      this.roles[known.row] |= event.roles
      this.weights[known.row] = engagementWeight(this.roles[known.row])
      return
    }
    open.byItem.set(item, { row: this.count, time: event.time })
    if (this.count === this.users.length) this.grow()
    this.users[this.count] = user
    this.items[this.count] = item
    this.times[this.count] = event.time
    this.seqs[this.count] = seq
    this.askSeqs[this.count] = askSeq
    this.roles[this.count] = event.roles
    this.weights[this.count++] = engagementWeight(event.roles)
  }

  /** After a pause longer than the window nothing can be added to what was before it, late events aside. */
  private openOf(user: number, time: number): OpenEngagements {
    let open = this.open[user]
    if (open === undefined) {
      open = { lastAt: time, byItem: new Map() }
      this.open[user] = open
    }
    if (time - open.lastAt > this.windowMs) open.byItem.clear()
    open.lastAt = Math.max(open.lastAt, time)
    return open
  }

  private grow(): void {
    const length = this.count * 2
    this.users = grown(this.users, new Uint32Array(length))
    this.items = grown(this.items, new Uint32Array(length))
    this.times = grown(this.times, new Float64Array(length))
    this.seqs = grown(this.seqs, new Float64Array(length))
    this.askSeqs = grown(this.askSeqs, new Float64Array(length))
    this.roles = grown(this.roles, new Uint8Array(length))
    this.weights = grown(this.weights, new Float32Array(length))
  }
}

/** A person's engagements that a further event may belong to, with the time of the newest of their events. */
interface OpenEngagements {
  lastAt: number
  readonly byItem: Map<number, { readonly row: number; time: number }>
}

function placeOf(id: string, ids: string[], places: Map<string, number>): number {
  const known = places.get(id)
  if (known !== undefined) return known
  places.set(id, ids.length)
  ids.push(id)
  return ids.length - 1
}
