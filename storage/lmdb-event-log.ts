import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { JournalKind, JournalRecord, Numbered } from '../domain/journal.ts'
import { messageOf, StorageError } from './errors.ts'
import type { EventLog, ReadOptions, RecordOf } from './event-log.ts'
import { GroupCommit } from './group-commit.ts'
import { packBlocks } from './journal-block.ts'
import { isUnfinishedSegment, JournalSegment } from './journal-segment.ts'
import { encodeRecord } from './record-codec.ts'
import { journalClosed, listSegments, SegmentChain } from './segment-chain.ts'

export interface JournalSettings {
  /** A segment is closed, and the next one begun, once it holds this many records. */
  readonly segmentRecords: number
  /** The same for its size in bytes. */
  readonly segmentBytes: number
}

interface PendingAppend {
  readonly records: readonly Uint8Array[]
  readonly bytes: number
  /** Known once it is written. */
  firstSeq: number
}

/** How soon after a failed transaction another is tried. */
const retryMs = 1000

/**
 * The journal in lmdb, one environment per segment.
 *
 * 1. One transaction is under way at a time, and numbers are given when it begins: one that fails leaves no gap.
 * 2. After a failed transaction nothing more is taken before the segment has been opened again, once a second at most,
 *    and found to end where it did: what the disk holds is known only then.
 * 3. Only the last segment is written. Process-wide ownership is the data directory's lock, not this class's.
 */
export class LmdbEventLog implements EventLog {
  readonly #directory: string
  readonly #settings: JournalSettings
  readonly #chain = new SegmentChain()
  readonly #commits = new GroupCommit<PendingAppend>(group => this.#write(group))
  #failure: StorageError | undefined
  #failedAtMs = 0
  #closed = false

  /** @throws StorageError `corrupt`, `format` or `failed` */
  static async open(directory: string, settings: JournalSettings): Promise<LmdbEventLog> {
    const log = new LmdbEventLog(directory, settings)
    await mkdir(directory, { recursive: true })
    await removeLeftovers(directory)
    const paths = await listSegments(directory)
    try {
      for (const path of paths) {
        log.#chain.push(JournalSegment.open(path, path !== paths.at(-1), log.#mapBytes))
      }
    } catch (error) {
      await log.close()
      throw error
    }
    return log
  }

  private constructor(directory: string, settings: JournalSettings) {
    this.#directory = directory
    this.#settings = settings
  }

  get firstSeq(): number {
    return this.#chain.firstSeq
  }

  get lastSeq(): number {
    return this.#chain.lastSeq
  }

  async append(records: readonly JournalRecord[]): Promise<number> {
    if (records.length === 0) throw new StorageError('invalid', 'Nothing to append', 'Give at least one record')
    if (this.#closed) throw journalClosed()
    const encoded = records.map(encodeRecord)
    const bytes = encoded.reduce((sum, record) => sum + record.length, 0)
    const append: PendingAppend = { records: encoded, bytes, firstSeq: 0 }
    await this.#commits.submit(append)
    return append.firstSeq
  }

  read<K extends JournalKind = JournalKind>(
    fromSeq: number,
    options?: ReadOptions<K>,
  ): IterableIterator<Numbered<RecordOf<K>>> {
    return this.#chain.read(fromSeq, options)
  }

  async dropBefore(seq: number): Promise<number> {
    while (this.#chain.first !== this.#chain.last && this.#chain.first!.lastSeq < seq) {
      await this.#chain.shift()!.drop()
    }
    return this.firstSeq
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#commits.idle()
    await this.#chain.close()
  }

  async #write(group: readonly PendingAppend[]): Promise<void> {
    if (this.#failure !== undefined) await this.#recover(this.#failure)
    try {
      const segment = await this.#segmentForWriting()
      let seq = segment.lastSeq + 1
      await segment.append(packBlocks(group.flatMap(append => append.records)))
      for (const append of group) {
        append.firstSeq = seq
        seq += append.records.length
      }
    } catch (error) {
      throw this.#fail(asFailure(error))
    }
  }

  #fail(failure: StorageError): StorageError {
    this.#failure = failure
    this.#failedAtMs = performance.now()
    return failure
  }

  /** @throws StorageError the failure, while it is not known to be over */
  async #recover(failure: StorageError): Promise<void> {
    if (performance.now() - this.#failedAtMs < retryMs) throw failure
    const { last } = this.#chain
    try {
      const found = (await last?.reopen()) ?? this.lastSeq
      if (found !== this.lastSeq) throw notWhereItEnded(found, this.lastSeq)
    } catch (error) {
      throw this.#fail(asFailure(error))
    }
    this.#failure = undefined
  }

  async #segmentForWriting(): Promise<JournalSegment> {
    const last = this.#chain.last
    if (last !== undefined && !this.#isFull(last)) return last
    await last?.seal()
    const next = await JournalSegment.create(this.#directory, this.lastSeq + 1, this.#mapBytes)
    this.#chain.push(next)
    return next
  }

  #isFull(segment: JournalSegment): boolean {
    return segment.recordCount >= this.#settings.segmentRecords || segment.bytes >= this.#settings.segmentBytes
  }

  /** A segment passes its size by one transaction at most. */
  get #mapBytes(): number {
    return 2 * this.#settings.segmentBytes
  }
}

/** What a crash left: segments that were never finished, and lock files of dropped ones. */
async function removeLeftovers(directory: string): Promise<void> {
  const names = await readdir(directory)
  const data = new Set(names)
  const leftover = (name: string) =>
    isUnfinishedSegment(name) || (name.endsWith('.mdb-lock') && !data.has(name.slice(0, -'-lock'.length)))
  await Promise.all(names.filter(leftover).map(name => rm(join(directory, name), { force: true })))
}

function notWhereItEnded(found: number, expected: number): StorageError {
  const problem = `The journal ends at record ${found}, ${expected} was the last that was acknowledged`
  return new StorageError('failed', problem, 'Start again: what the journal holds is folded then')
}

function asFailure(error: unknown): StorageError {
  if (error instanceof StorageError) return error
  return new StorageError('failed', `The journal can not be written (${messageOf(error)})`, 'Open it again', error)
}
