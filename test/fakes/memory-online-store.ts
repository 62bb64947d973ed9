import type { OnlineStore, SpaceChanges, StoreEntry, StoreKey } from '../../storage/online-store.ts'

/** An online store in memory: like the real one it shows durable writes only, and a test can hold them back. */
export class MemoryOnlineStore implements OnlineStore {
  /** While true, commits wait for `release`. */
  isHeld = false
  failure: Error | null = null
  /** Entries that all commits so far have put. */
  written = 0
  private readonly spaces = new Map<string, Map<StoreKey, Uint8Array>>()
  private held: (() => void)[] = []
  private last: Promise<void> = Promise.resolve()

  /** Commits that were asked for and are not durable yet. */
  get underWay(): number {
    return this.held.length
  }

  get(space: string, key: StoreKey): Uint8Array | undefined {
    return this.spaces.get(space)?.get(key)?.slice()
  }

  putBatch(space: string, entries: Iterable<StoreEntry>): Promise<void> {
    return this.commit([{ space, puts: entries }])
  }

  remove(space: string, keys: Iterable<StoreKey>): Promise<void> {
    return this.commit([{ space, removes: keys }])
  }

  commit(changes: readonly SpaceChanges[]): Promise<void> {
    const copies = changes.map(({ space, removes = [], puts = [] }) => ({
      space,
      removes: [...removes],
      puts: Array.from(puts, ([key, value]) => [key, value.slice()] as const),
    }))
    const permission = this.isHeld ? new Promise<void>(resolve => this.held.push(resolve)) : undefined
    const before = this.last
    const done = (async () => {
      await before.catch(() => {})
      await permission
      if (this.failure !== null) throw this.failure
      this.apply(copies)
    })()
    this.last = done
    return done
  }

  /** Lets the oldest held commit go on. */
  release(): void {
    this.held.shift()?.()
  }

  releaseAll(): void {
    while (this.held.length > 0) this.release()
  }

  *range(space: string): IterableIterator<[StoreKey, Uint8Array]> {
    const keys = [...(this.spaces.get(space)?.keys() ?? [])]
    const ordinals = keys.filter(key => typeof key === 'number').sort((a, b) => a - b)
    const ids = keys.filter(key => typeof key === 'string').sort()
    for (const key of [...ordinals, ...ids]) yield [key, this.get(space, key)!]
  }

  async close(): Promise<void> {}

  private apply(changes: readonly SpaceChanges[]): void {
    for (const { space, removes } of changes) for (const key of removes ?? []) this.spaceOf(space).delete(key)
    for (const { space, puts } of changes) {
      for (const [key, value] of puts ?? []) {
        this.spaceOf(space).set(key, value)
        this.written++
      }
    }
  }

  private spaceOf(space: string): Map<StoreKey, Uint8Array> {
    const known = this.spaces.get(space) ?? new Map<StoreKey, Uint8Array>()
    this.spaces.set(space, known)
    return known
  }
}
