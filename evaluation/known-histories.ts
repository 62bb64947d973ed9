import type { JournalEvent } from '../domain/event.ts'
import { engagementRoles, type RoleSet } from '../domain/roles.ts'
import { engagementWeight } from '../features/engagement-weight.ts'
import type { Histories } from '../models/histories.ts'

export interface NumberedHistories {
  readonly histories: Histories
  /** Ordinal of each item of the histories: only what somebody has met has a place there. */
  readonly ordinals: readonly number[]
}

/** Who has engaged with what so far, each item once: all that a model of co-occurrence is told. */
export class KnownHistories {
  /** All roles that an item has had for a person, by ordinal, in the order in which they met. */
  private readonly met = new Map<string, Map<number, RoleSet>>()

  count({ user, roles }: JournalEvent, item: number): void {
    if ((roles & engagementRoles) === 0) return
    let own = this.met.get(user)
    if (own === undefined) {
      own = new Map()
      this.met.set(user, own)
    }
    own.set(item, (own.get(item) ?? 0) | roles)
  }

  /** Ordinals of what the person engaged with and did not dislike. */
  of(userId: string): number[] {
    const own = this.met.get(userId)
    return own === undefined ? [] : [...own].filter(([, roles]) => engagementWeight(roles) > 0).map(([item]) => item)
  }

  /** The histories of all people so far. */
  all(): NumberedHistories {
    const places = new Map<number, number>()
    const itemOf: number[] = []
    const offsets = [0]
    for (const userId of this.met.keys()) {
      for (const item of this.of(userId)) {
        if (!places.has(item)) places.set(item, places.size)
        itemOf.push(places.get(item)!)
      }
      offsets.push(itemOf.length)
    }
    const histories = {
      users: this.met.size,
      items: places.size,
      offsets: Uint32Array.from(offsets),
      itemOf: Uint32Array.from(itemOf),
    }
    return { histories, ordinals: [...places.keys()] }
  }
}
