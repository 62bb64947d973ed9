import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { StorageError } from './errors.ts'
import { GroupCommit } from './group-commit.ts'
import { durable, type LmdbDatabase, openEnvironment, ownBytes, ownCopy } from './lmdb-environment.ts'
import type { OnlineStore, SpaceChanges, StoreEntry, StoreKey } from './online-store.ts'
import { pack, unpack } from './packing.ts'
import { SpaceKeys } from './store-key.ts'
import { syncDirectory } from './sync-directory.ts'

/**
 * The online store in one lmdb file. Spaces are prefixes of the keys, so a commit over several is one batch.
 *
 * 1. The file names its format under a key that no space can have.
 * 2. Of all that a transaction would do to one key, only the last is done.
 * 3. No read transaction outlives a slice of a range, or the event loop's turn.
 */

const formatVersion = 1
const formatKey = Buffer.from('!format')
const sliceEntries = 256

interface Operation {
  readonly key: Uint8Array
  /** Undefined to remove. */
  readonly value: Uint8Array | undefined
}

/** By the key's bytes as a string of one character each. */
type Operations = Map<string, Operation>

interface PendingCommit {
  readonly operations: Operations
  readonly bytes: number
}

export class LmdbOnlineStore implements OnlineStore {
  readonly #db: LmdbDatabase<Uint8Array>
  readonly #spaces = new Map<string, SpaceKeys>()
  readonly #commits = new GroupCommit<PendingCommit>(group => this.#write(group))
  #closed = false

  /**
   * @param mapBytes address space reserved for the file, which grows by itself when it is too small
   * @throws StorageError `corrupt`, `format` or `failed`
   */
  static async open(path: string, mapBytes: number): Promise<LmdbOnlineStore> {
    await mkdir(dirname(path), { recursive: true })
    const db = openEnvironment<Uint8Array>(path, { readOnly: false, keyEncoding: 'binary', mapBytes })
    try {
      await checkFormat(path, db)
    } catch (error) {
      await db.close()
      throw error
    }
    return new LmdbOnlineStore(db)
  }

  private constructor(db: LmdbDatabase<Uint8Array>) {
    this.#db = db
  }

  get(space: string, key: StoreKey): Uint8Array | undefined {
    this.#refuseClosed()
    const bytes = this.#db.getBinaryFast(this.#keys(space).encode(key))
    return bytes && ownCopy(bytes)
  }

  putBatch(space: string, entries: Iterable<StoreEntry>): Promise<void> {
    return this.commit([{ space, puts: entries }])
  }

  remove(space: string, keys: Iterable<StoreKey>): Promise<void> {
    return this.commit([{ space, removes: keys }])
  }

  async commit(changes: readonly SpaceChanges[]): Promise<void> {
    this.#refuseClosed()
    const operations: Operations = new Map()
    for (const { space, removes } of changes) {
      for (const key of removes ?? []) addOperation(operations, this.#keys(space).encode(key), undefined)
    }
    for (const { space, puts } of changes) {
      for (const [key, value] of puts ?? []) addOperation(operations, this.#keys(space).encode(key), value)
    }
    let bytes = 0
    for (const { value } of operations.values()) bytes += value?.length ?? 0
    await this.#commits.submit({ operations, bytes })
  }

  *range(space: string): IterableIterator<[StoreKey, Uint8Array]> {
    const keys = this.#keys(space)
    let start = keys.start
    while (true) {
      this.#refuseClosed()
      const slice = [...this.#db.getRange({ start, end: keys.end, exclusiveStart: true, limit: sliceEntries })]
      for (const { key, value } of slice) yield [keys.decode(key), ownBytes(value)]
      if (slice.length < sliceEntries) return
      start = slice.at(-1)!.key
      this.#db.resetReadTxn()
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#commits.idle()
    await this.#db.close()
  }

  async #write(group: readonly PendingCommit[]): Promise<void> {
    const only = group.length === 1 ? group[0]!.operations : undefined
    const last = only ?? new Map(group.flatMap(commit => [...commit.operations]))
    await durable(
      this.#db.batch(() => {
        for (const { key, value } of last.values()) {
          if (value === undefined) void this.#db.remove(key)
          else void this.#db.put(key, value)
        }
      }),
    )
  }

  #keys(space: string): SpaceKeys {
    let keys = this.#spaces.get(space)
    if (keys === undefined) {
      keys = new SpaceKeys(space)
      this.#spaces.set(space, keys)
    }
    return keys
  }

  #refuseClosed(): void {
    if (this.#closed) throw new StorageError('closed', 'The online store is closed', 'Open it again')
  }
}

async function checkFormat(path: string, db: LmdbDatabase<Uint8Array>): Promise<void> {
  const bytes = db.getBinary(formatKey)
  if (bytes === undefined) {
    await durable(db.put(formatKey, pack(formatVersion)))
    syncDirectory(dirname(path))
    return
  }
  const version = unpack(bytes, 0, bytes.length)
  if (version === formatVersion) return
  throw new StorageError(
    'format',
    `${path} has format ${version}, this Sluice reads ${formatVersion}`,
    'Use the version of Sluice that wrote it; or remove the file, and the state is built again from the journal',
  )
}

function addOperation(operations: Operations, key: Buffer, value: Uint8Array | undefined): void {
  operations.set(key.toString('latin1'), { key, value })
}
