import type { JournalEvent } from '../domain/event.ts'
import { engagementRoles } from '../domain/roles.ts'
import { engagementWeight } from '../features/engagement-weight.ts'
import type { JournalReader } from '../storage/event-log.ts'

/** Who engaged with what, as growing columns in journal order. Users and items are places in the two id lists. */
export class Engagements {
  readonly userIds: string[] = []
  readonly itemIds: string[] = []
  users = new Uint32Array(1024)
  items = new Uint32Array(1024)
  times = new Float64Array(1024)
  seqs = new Float64Array(1024)
  roles = new Uint8Array(1024)
  /** `features/engagement-weight.ts`; negative for what was disliked. */
  weights = new Float32Array(1024)
  count = 0
  private readonly userPlaces = new Map<string, number>()
  private readonly itemPlaces = new Map<string, number>()

  /** Leaves out events that are no engagement. */
  add(event: JournalEvent, seq: number): void {
    if ((event.roles & engagementRoles) === 0) return
    if (this.count === this.users.length) this.grow()
    this.users[this.count] = placeOf(event.user, this.userIds, this.userPlaces)
    this.items[this.count] = placeOf(event.item, this.itemIds, this.itemPlaces)
    this.times[this.count] = event.time
    this.seqs[this.count] = seq
    this.roles[this.count] = event.roles
    this.weights[this.count++] = engagementWeight(event.roles)
  }

  private grow(): void {
    const double = <T extends Uint8Array | Uint32Array | Float32Array | Float64Array>(from: T, to: T): T => {
      to.set(from)
      return to
    }
    const length = this.count * 2
    this.users = double(this.users, new Uint32Array(length))
    this.items = double(this.items, new Uint32Array(length))
    this.times = double(this.times, new Float64Array(length))
    this.seqs = double(this.seqs, new Float64Array(length))
    this.roles = double(this.roles, new Uint8Array(length))
    this.weights = double(this.weights, new Float32Array(length))
  }
}

export function readEngagements(journal: JournalReader, toSeq: number): Engagements {
  const engagements = new Engagements()
  for (const { seq, record } of journal.read(journal.firstSeq, { toSeq, kinds: ['event'] })) {
    engagements.add(record.event, seq)
  }
  return engagements
}

function placeOf(id: string, ids: string[], places: Map<string, number>): number {
  const known = places.get(id)
  if (known !== undefined) return known
  places.set(id, ids.length)
  ids.push(id)
  return ids.length - 1
}
