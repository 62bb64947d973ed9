/** An id of at most 256 bytes in UTF-8, or an ordinal (uint32). Within a space, ordinals come before ids. */
export type StoreKey = string | number

export type StoreEntry = readonly [key: StoreKey, value: Uint8Array]

/** What changes in one space. All removals of a commit come before all of its puts. */
export interface SpaceChanges {
  readonly space: string
  readonly removes?: Iterable<StoreKey>
  readonly puts?: Iterable<StoreEntry>
}

/**
 * Bytes by key, in named spaces: snapshots, documents, dictionaries, markers.
 *
 * 1. A resolved write is durable. Writes take effect in the order of the calls, each as a whole, over all its spaces.
 * 2. Reads are synchronous and show durable writes only: a write that is under way is not seen yet.
 * 3. Bytes that come out are copies in memory of their own (offset 0), safe to keep and to change.
 *    Bytes that go in must not change until the write is resolved.
 *
 * Every method throws (or rejects with) StorageError: `invalid` for a space's name or a key, `failed` when the disk
 * refuses, `closed` after close.
 */
export interface OnlineStore {
  get(space: string, key: StoreKey): Uint8Array | undefined

  putBatch(space: string, entries: Iterable<StoreEntry>): Promise<void>

  /** A key that does not exist is no error. */
  remove(space: string, keys: Iterable<StoreKey>): Promise<void>

  /** All or nothing. */
  commit(changes: readonly SpaceChanges[]): Promise<void>

  /**
   * Entries in order: ordinals by number, then ids by their bytes in UTF-8. Read in slices of some hundred entries,
   * each from one moment; what changes between two slices may or may not be seen.
   */
  range(space: string): IterableIterator<[key: StoreKey, value: Uint8Array]>

  close(): Promise<void>
}
