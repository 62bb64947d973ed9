import { existsSync, statSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { messageOf, StorageError } from './errors.ts'
import { type EncodedBlock, JournalBlock } from './journal-block.ts'
import { durable, type LmdbDatabase, openEnvironment, ownBytes, ownCopy } from './lmdb-environment.ts'
import { pack, unpack } from './packing.ts'
import { syncDirectory } from './sync-directory.ts'

/**
 * A run of the journal in one lmdb file. Key 0 holds the header, key n the block whose first record has number n.
 *
 * 1. A file with a segment's name has a header: it is made under another name, synced, and then renamed.
 * 2. Blocks follow each other without a gap from `firstSeq` to `lastSeq`. A key is only ever appended, never replaced,
 *    so a second writer is noticed and not mixed in.
 * 3. A read transaction is given back after `blocksPerTransaction` blocks, or at the end of the event loop's turn.
 */

const formatVersion = 1
const format = 'sluice-journal'
const headerKey = 0
const suffix = '.mdb'
const unfinishedSuffix = '.mdb.new'
const blocksPerTransaction = 64

interface Header {
  readonly format: string
  readonly version: number
  readonly firstSeq: number
}

/** The names sort in the order of the numbers. */
export function segmentPath(directory: string, firstSeq: number): string {
  return join(directory, `${String(firstSeq).padStart(16, '0')}${suffix}`)
}

/** @returns the first number of the segment with this file name, undefined for any other file */
export function firstSeqOf(fileName: string): number | undefined {
  return /^\d{16}\.mdb$/.test(fileName) ? Number(fileName.slice(0, 16)) : undefined
}

export function isUnfinishedSegment(fileName: string): boolean {
  return fileName.endsWith(unfinishedSuffix) || fileName.endsWith(`${unfinishedSuffix}-lock`)
}

export class JournalSegment {
  readonly firstSeq: number
  readonly path: string
  readonly #mapBytes: number
  #db: LmdbDatabase<number> | undefined
  #readOnly: boolean
  #lastSeq: number
  #bytes: number
  #reads = 0

  /** Makes an empty segment that will begin with the record `firstSeq`. @throws StorageError `failed` */
  static async create(directory: string, firstSeq: number, mapBytes: number): Promise<JournalSegment> {
    const path = segmentPath(directory, firstSeq)
    const unfinished = path.slice(0, -suffix.length) + unfinishedSuffix
    await removeEnvironment(unfinished)
    const db = openEnvironment<number>(unfinished, { readOnly: false, keyEncoding: 'ordered-binary', mapBytes })
    const header: Header = { format, version: formatVersion, firstSeq }
    await durable(db.put(headerKey, pack(header))).finally(() => db.close())
    await rm(`${unfinished}-lock`, { force: true })
    if (existsSync(path)) throw secondWriter(`${path} exists already`)
    await rename(unfinished, path)
    syncDirectory(directory)
    return new JournalSegment(path, false, mapBytes)
  }

  /** @throws StorageError `corrupt`, `format` or `failed` */
  static open(path: string, readOnly: boolean, mapBytes: number): JournalSegment {
    return new JournalSegment(path, readOnly, mapBytes)
  }

  private constructor(path: string, readOnly: boolean, mapBytes: number) {
    this.path = path
    this.firstSeq = firstSeqOf(basename(path))!
    this.#mapBytes = mapBytes
    this.#readOnly = readOnly
    try {
      this.#checkHeader()
      this.#lastSeq = this.#readLastSeq()
    } catch (error) {
      void this.close()
      throw error
    }
    this.#bytes = statSync(path).size
  }

  /** `firstSeq - 1` while the segment is empty. */
  get lastSeq(): number {
    return this.#lastSeq
  }

  get recordCount(): number {
    return this.#lastSeq - this.firstSeq + 1
  }

  /** About the size of the file. */
  get bytes(): number {
    return this.#bytes
  }

  /** Appends all blocks in one transaction; durable when resolved. One call at a time. @throws StorageError `failed` */
  async append(blocks: readonly EncodedBlock[]): Promise<void> {
    let seq = this.#lastSeq + 1
    let bytes = 0
    const writes: Promise<boolean>[] = []
    const db = this.#open()
    const batch = db.batch(() => {
      for (const block of blocks) {
        // The typings know this option of `put` for `putSync` only.
        writes.push(db.put(seq, block.bytes, { append: true } as unknown as number))
        seq += block.count
        bytes += block.bytes.length
      }
    })
    const results = await durable(Promise.all([...writes, batch]))
    if (results.includes(false)) {
      throw secondWriter(`${this.path} already holds a record after number ${this.#lastSeq}`)
    }
    this.#lastSeq = seq - 1
    this.#bytes += bytes
  }

  /** Takes in what another process has committed since. */
  refresh(): void {
    this.#open().resetReadTxn()
    this.#lastSeq = this.#readLastSeq()
  }

  /** The block that holds the record `seq`, firstSeq ≤ seq ≤ lastSeq. @throws StorageError `corrupt` */
  blockWith(seq: number): JournalBlock {
    const db = this.#open()
    if (++this.#reads % blocksPerTransaction === 0) db.resetReadTxn()
    const exact = db.getBinaryFast(seq)
    if (exact !== undefined) return new JournalBlock(seq, ownCopy(exact))
    const block = this.#lastBlock(seq)
    if (block === undefined || block.firstSeq + block.count <= seq) {
      throw new StorageError('corrupt', `${this.path} lacks record ${seq}`, 'Restore the journal from a backup')
    }
    return block
  }

  /** No more will be appended: an environment for writing holds two megabytes that one for reading does without. */
  seal(): Promise<void> {
    this.#readOnly = true
    return this.close()
  }

  /** Finds out what the disk holds. @returns the last number that it does */
  async reopen(): Promise<number> {
    await this.close()
    return this.#readLastSeq()
  }

  /** A later read opens it again. */
  async close(): Promise<void> {
    const db = this.#db
    this.#db = undefined
    await db?.close()
  }

  /** Closes the segment and removes its files. */
  async drop(): Promise<void> {
    await this.close()
    await removeEnvironment(this.path)
  }

  #open(): LmdbDatabase<number> {
    this.#db ??= openEnvironment<number>(this.path, {
      readOnly: this.#readOnly,
      keyEncoding: 'ordered-binary',
      mapBytes: this.#mapBytes,
    })
    return this.#db
  }

  #readLastSeq(): number {
    const block = this.#lastBlock(Number.MAX_SAFE_INTEGER)
    return block === undefined ? this.firstSeq - 1 : block.firstSeq + block.count - 1
  }

  #lastBlock(notAfter: number): JournalBlock | undefined {
    const range = { start: notAfter, end: headerKey, reverse: true, limit: 1 }
    for (const { key, value } of this.#open().getRange(range)) {
      return new JournalBlock(key, ownBytes(value))
    }
    return undefined
  }

  #checkHeader(): void {
    const header = readHeader(this.path, this.#open().getBinaryFast(headerKey))
    if (header.version !== formatVersion) {
      throw new StorageError(
        'format',
        `${this.path} has journal format ${header.version}, this Sluice reads ${formatVersion}`,
        'Use the version of Sluice that wrote it, or start with an empty data directory',
      )
    }
    if (header.firstSeq !== this.firstSeq) {
      throw new StorageError(
        'corrupt',
        `${this.path} begins with record ${header.firstSeq}, not with the number in its name`,
        'Give the file its own name back',
      )
    }
  }
}

function readHeader(path: string, bytes: Uint8Array | undefined): Header {
  try {
    const header = unpack(ownCopy(bytes!), 0, bytes!.length) as Header
    if (header.format === format) return header
  } catch (error) {
    throw notASegment(path, messageOf(error), error)
  }
  throw notASegment(path, 'it has no header of one')
}

function notASegment(path: string, reason: string, cause?: unknown): StorageError {
  return new StorageError('corrupt', `${path} is no journal segment: ${reason}`, 'Restore it from a backup', cause)
}

function secondWriter(problem: string): StorageError {
  return new StorageError('failed', problem, 'Another process writes this journal: stop it, then start again')
}

async function removeEnvironment(path: string): Promise<void> {
  await rm(path, { force: true })
  await rm(`${path}-lock`, { force: true })
}
