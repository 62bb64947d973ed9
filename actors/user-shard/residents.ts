/**
 * The people of one shard: those in memory, those on their way to the store, and those only there.
 *
 * 1. A person is in memory at most once; what is read is always the newest state, durable or not.
 * 2. A state leaves memory only after it is durable.
 * 3. At most `residentsMax` stay in memory, plus those whose writing is under way; the least recently used leave first.
 * 4. Who was forgotten is gone at once, although the store takes a moment to let go; should it fail to, that is tried
 *    again, and no snapshot is whole before.
 * 5. A record that cannot be read is set aside, and costs its own person only.
 */
import { pack, unpack } from 'msgpackr'
import type { User } from '../../domain/user.ts'
import { UserState } from '../../features/user-state.ts'
import { decodeUserState, encodeUserState } from '../../features/user-state-codec.ts'
import type { OnlineStore, StoreEntry } from '../../storage/online-store.ts'
import type { CachedQuery } from './protocol.ts'

export interface Resident {
  readonly state: UserState
  profile: User | null
  query: CachedQuery | null
  /** Changed since it was last written. */
  dirty: boolean
  /** Counts its changes, so that a write knows whether it is still the newest. */
  version: number
}

/** Writes of one person that are under way, and what the last of them wrote. */
interface Writing {
  count: number
  resident: Resident
  version: number
}

const space = 'users'
const unreadableSpace = 'unreadable-users'

export class Residents {
  private readonly store: OnlineStore
  private readonly residentsMax: number
  private readonly keptAfterEviction: number
  /** In order of use, the least recent first. */
  private readonly residents = new Map<string, Resident>()
  private readonly writing = new Map<string, Writing>()
  /** Removals that are not durable yet, by person; each call has a number of its own. */
  private readonly removals = new Map<string, number>()
  private removalCalls = 0
  private readonly onUnreadable: (userId: string, error: unknown) => void

  /** @param onUnreadable told of a record that was set aside in the space `unreadable-users` */
  constructor(store: OnlineStore, residentsMax: number, onUnreadable: (userId: string, error: unknown) => void) {
    this.store = store
    this.residentsMax = residentsMax
    this.onUnreadable = onUnreadable
    this.keptAfterEviction = residentsMax - (residentsMax >>> 4)
  }

  get size(): number {
    return this.residents.size
  }

  /** The person, brought into memory if need be; undefined for somebody nothing was ever heard of. */
  find(userId: string): Resident | undefined {
    const resident = this.residents.get(userId)
    if (resident !== undefined) {
      this.residents.delete(userId)
      this.residents.set(userId, resident)
      return resident
    }
    const bytes = this.removals.has(userId) ? undefined : this.store.get(space, userId)
    return bytes === undefined ? undefined : this.settle(userId, this.read(userId, bytes))
  }

  private read(userId: string, bytes: Uint8Array): Resident {
    try {
      const [state, profile] = unpack(bytes) as [Uint8Array, User | null]
      return { state: decodeUserState(state), profile, query: null, dirty: false, version: 0 }
    } catch (error) {
      // The next write replaces the record; what it was is kept for whoever looks into it.
      this.store.putBatch(unreadableSpace, [[userId, bytes]]).catch(() => {})
      this.onUnreadable(userId, error)
      return newcomer()
    }
  }

  findOrCreate(userId: string): Resident {
    return this.find(userId) ?? this.settle(userId, newcomer())
  }

  changed(resident: Resident): void {
    resident.dirty = true
    resident.version++
    resident.query = null
  }

  forget(userId: string): Promise<void> {
    this.residents.delete(userId)
    this.removals.set(userId, ++this.removalCalls)
    return this.remove([userId])
  }

  /** Removes again what could not be removed; resolved when nothing is left to be. */
  async retryRemovals(): Promise<void> {
    if (this.removals.size > 0) await this.remove([...this.removals.keys()])
  }

  private async remove(userIds: readonly string[]): Promise<void> {
    const calls = userIds.map(userId => this.removals.get(userId))
    await this.store.remove(space, userIds)
    // Who came back and was forgotten again meanwhile waits for the later call.
    userIds.forEach((userId, i) => {
      if (this.removals.get(userId) === calls[i]) this.removals.delete(userId)
    })
  }

  /**
   * The least recently used, to be written and then dropped: none up to the bound, beyond it a sixteenth more than would
   * have to go. Those who were used lately have left holes at the front of the map, and walking over them has to pay.
   */
  surplus(): string[] {
    const count = this.residents.size - this.writing.size - this.residentsMax
    if (count <= 0) return []
    const users: string[] = []
    for (const userId of this.residents.keys()) {
      if (users.length >= count + this.residentsMax - this.keptAfterEviction) break
      if (!this.writing.has(userId)) users.push(userId)
    }
    return users
  }

  dirtyUsers(): string[] {
    const users: string[] = []
    for (const [userId, resident] of this.residents) if (resident.dirty) users.push(userId)
    return users
  }

  /** The outcome of writes under way will not be heard any more: what they wrote is written again. */
  abandonWrites(): void {
    this.writing.clear()
  }

  /** Starts writing; durable when resolved. Call `written` with the same people then. */
  write(userIds: readonly string[]): Promise<void> {
    const entries: StoreEntry[] = []
    for (const userId of userIds) {
      const resident = this.residents.get(userId)
      if (resident === undefined) continue
      const count = (this.writing.get(userId)?.count ?? 0) + 1
      this.writing.set(userId, { count, resident, version: resident.version })
      if (!resident.dirty) continue
      entries.push([userId, pack([encodeUserState(resident.state), resident.profile])])
      // What is written now comes after every removal so far.
      this.removals.delete(userId)
    }
    return entries.length === 0 ? Promise.resolve() : this.store.putBatch(space, entries)
  }

  /** A write has ended: what did not change meanwhile is clean, and leaves when there is no room. */
  written(userIds: readonly string[], succeeded: boolean): void {
    for (const userId of userIds) {
      const writing = this.writing.get(userId)
      if (writing === undefined || --writing.count > 0) continue
      this.writing.delete(userId)
      const resident = this.residents.get(userId)
      if (!succeeded || resident !== writing.resident || resident.version !== writing.version) continue
      resident.dirty = false
      if (this.residents.size > this.keptAfterEviction) this.residents.delete(userId)
    }
  }

  private settle(userId: string, resident: Resident): Resident {
    this.residents.set(userId, resident)
    return resident
  }
}

function newcomer(): Resident {
  return { state: new UserState(), profile: null, query: null, dirty: false, version: 0 }
}
