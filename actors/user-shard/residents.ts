/**
 * The people of one shard: those in memory, those on their way to the store, and those only there.
 *
 * 1. A person is in memory at most once; what is read is always the newest state, durable or not.
 * 2. A state leaves memory only after it is durable.
 * 3. At most `residentsMax` stay in memory, plus those whose writing is under way; the least recently used leave first.
 * 4. Who was forgotten is gone at once, although the store takes a moment to let go.
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

export class Residents {
  private readonly store: OnlineStore
  private readonly residentsMax: number
  private readonly keptAfterEviction: number
  /** In order of use, the least recent first. */
  private readonly residents = new Map<string, Resident>()
  private readonly writing = new Map<string, Writing>()
  /** Removals under way, by person. */
  private readonly forgetting = new Map<string, number>()

  constructor(store: OnlineStore, residentsMax: number) {
    this.store = store
    this.residentsMax = residentsMax
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
    const bytes = this.forgetting.has(userId) ? undefined : this.store.get(space, userId)
    if (bytes === undefined) return undefined
    const [state, profile] = unpack(bytes) as [Uint8Array, User | null]
    return this.settle(userId, { state: decodeUserState(state), profile, query: null, dirty: false, version: 0 })
  }

  findOrCreate(userId: string): Resident {
    return this.find(userId) ?? this.settle(userId, newcomer())
  }

  changed(resident: Resident): void {
    resident.dirty = true
    resident.version++
    resident.query = null
  }

  async forget(userId: string): Promise<void> {
    this.residents.delete(userId)
    this.forgetting.set(userId, (this.forgetting.get(userId) ?? 0) + 1)
    await this.store.remove(space, [userId])
    const others = this.forgetting.get(userId)! - 1
    if (others > 0) this.forgetting.set(userId, others)
    else this.forgetting.delete(userId)
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
      if (resident.dirty) entries.push([userId, pack([encodeUserState(resident.state), resident.profile])])
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
