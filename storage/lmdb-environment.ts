import { existsSync, statSync } from 'node:fs'
import { type Key, open, type RootDatabase } from 'lmdb'
import { messageOf, StorageError } from './errors.ts'

/**
 * The only import of lmdb. An environment is one file with one unnamed database of binary values.
 *
 * 1. A resolved write is on the disk: with overlapping sync off, the promise follows the one fdatasync of its commit.
 * 2. Synchronous transactions are never used: one would commit half of a batch that is being written.
 */
export type LmdbDatabase<K extends Key> = RootDatabase<Uint8Array, K>

export interface EnvironmentOptions {
  readonly readOnly: boolean
  readonly keyEncoding: 'ordered-binary' | 'binary'
  /** Address space reserved at first, in bytes. It grows by itself; a generous one spares the remapping. */
  readonly mapBytes: number
}

/**
 * @throws StorageError `corrupt` when the file is not an lmdb environment or ends too early. The second would otherwise
 * show as a bus error that takes the process, on the first read past the end.
 */
export function openEnvironment<K extends Key>(path: string, options: EnvironmentOptions): LmdbDatabase<K> {
  const existed = existsSync(path)
  let db: LmdbDatabase<K>
  try {
    db = open<Uint8Array, K>(path, {
      noSubdir: true,
      readOnly: options.readOnly,
      mapSize: options.mapBytes,
      keyEncoding: options.keyEncoding,
      encoding: 'binary',
      overlappingSync: false,
    })
  } catch (error) {
    throw notOpened(path, error)
  }
  if (existed) refuseTruncated(path, db)
  return db
}

/**
 * Waits until the write is durable.
 * @throws StorageError `failed`: the transaction was given up; only opening again tells for sure what the disk holds
 */
export async function durable<T>(write: Promise<T>): Promise<T> {
  try {
    return await write
  } catch (error) {
    const reason = await commitError(error)
    throw new StorageError(
      'failed',
      `The disk refused a write (${messageOf(reason)})`,
      'Check free space and the health of the disk; what was acknowledged before is safe',
      reason,
    )
  }
}

/** A value of its own memory at offset 0: what lmdb returns may be its reused buffer or the memory map. */
export function ownCopy(bytes: Uint8Array): Uint8Array {
  // The length is read from the property, since lmdb's reused buffer is longer than the value.
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length).slice()
}

function refuseTruncated<K extends Key>(path: string, db: LmdbDatabase<K>): void {
  const stats = db.getStats() as { lastPageNumber: number; root: { pageSize: number } }
  const expected = (stats.lastPageNumber + 1) * stats.root.pageSize
  const actual = statSync(path).size
  if (actual >= expected) return
  void db.close()
  throw corrupt(path, `it has ${actual} bytes of at least ${expected}`)
}

function notOpened(path: string, error: unknown): StorageError {
  const reason = messageOf(error)
  if (/MDB_(INVALID|VERSION_MISMATCH|CORRUPTED|PAGE_NOTFOUND)/.test(reason)) return corrupt(path, reason, error)
  return new StorageError('failed', `${path} can not be opened: ${reason}`, 'Check its permissions and the disk', error)
}

function corrupt(path: string, reason: string, cause?: unknown): StorageError {
  return new StorageError('corrupt', `${path} can not be opened: ${reason}`, 'Restore the file from a backup', cause)
}

/** lmdb rejects with a general error and gives the cause as a second promise, which must be handled too. */
async function commitError(error: unknown): Promise<unknown> {
  const cause = (error as { commitError?: Promise<never> }).commitError
  return cause === undefined ? error : cause.catch((reason: unknown) => reason)
}
