import { type Key, open, type RootDatabase } from 'lmdb'
import { messageOf, StorageError } from './errors.ts'
import { checkLmdbFile } from './lmdb-file.ts'

/**
 * The only import of lmdb. An environment is one file with one unnamed database of binary values.
 *
 * 1. A resolved write is on the disk: with overlapping sync off, the promise follows the one fdatasync of its commit.
 * 2. A transaction touches a key once. (Storing and removing one key in the same transaction can break lmdb's list of
 *    free pages, after which the file takes no more writes.)
 * 3. What belongs together is written by `batch`, without the batching by turns of the event loop: with both, a failed
 *    transaction also rejects a promise inside lmdb that nobody can handle, which ends the process.
 * 4. Synchronous transactions are never used: one would commit half of a batch that is being written.
 */
export type LmdbDatabase<K extends Key> = RootDatabase<Uint8Array, K>

export interface EnvironmentOptions {
  readonly readOnly: boolean
  readonly keyEncoding: 'ordered-binary' | 'binary'
  /** Address space reserved at first, in bytes. It grows by itself; a generous one spares the remapping. */
  readonly mapBytes: number
}

/** @throws StorageError `corrupt` or `failed` */
export function openEnvironment<K extends Key>(path: string, options: EnvironmentOptions): LmdbDatabase<K> {
  checkLmdbFile(path, options.readOnly)
  try {
    return open<Uint8Array, K>(path, {
      noSubdir: true,
      readOnly: options.readOnly,
      mapSize: options.mapBytes,
      keyEncoding: options.keyEncoding,
      encoding: 'binary',
      overlappingSync: false,
      eventTurnBatching: false,
    })
  } catch (error) {
    const problem = `${path} can not be opened: ${messageOf(error)}`
    throw new StorageError('failed', problem, 'Check the free address space and the number of open files', error)
  }
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

/** In memory of its own at offset 0: what `getBinaryFast` returns is lmdb's reused buffer or the memory map. */
export function ownCopy(bytes: Uint8Array): Uint8Array {
  // The length is read from the property, since lmdb's reused buffer is longer than the value.
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length).slice()
}

/** The same for a value of a range, which lmdb has copied already, if not always into a buffer of its own size. */
export function ownBytes(value: Uint8Array): Uint8Array {
  return value.length === value.buffer.byteLength ? new Uint8Array(value.buffer) : ownCopy(value)
}

/** lmdb rejects with a general error and gives the cause as a second promise, which must be handled too. */
async function commitError(error: unknown): Promise<unknown> {
  const cause = (error as { commitError?: Promise<never> }).commitError
  return cause === undefined ? error : cause.catch((reason: unknown) => reason)
}
