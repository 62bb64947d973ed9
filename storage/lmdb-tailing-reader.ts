import { existsSync } from 'node:fs'
import type { JournalKind, Numbered } from '../domain/journal.ts'
import type { ReadOptions, RecordOf, TailingReader } from './event-log.ts'
import { JournalSegment } from './journal-segment.ts'
import { listSegments, SegmentChain } from './segment-chain.ts'

/**
 * Reads the journal of another process while that one writes, for instance to train while serving.
 *
 * 1. It writes nothing to the journal (lmdb's lock files aside, in which readers announce themselves).
 * 2. What it shows changes in `refresh` only.
 */
export class LmdbTailingReader implements TailingReader {
  readonly #directory: string
  readonly #chain = new SegmentChain()

  /** A journal that does not exist yet reads as empty. @throws StorageError `corrupt`, `format` or `failed` */
  static async open(directory: string): Promise<LmdbTailingReader> {
    const reader = new LmdbTailingReader(directory)
    await reader.refresh()
    return reader
  }

  private constructor(directory: string) {
    this.#directory = directory
  }

  get firstSeq(): number {
    return this.#chain.firstSeq
  }

  get lastSeq(): number {
    return this.#chain.lastSeq
  }

  read<K extends JournalKind = JournalKind>(
    fromSeq: number,
    options?: ReadOptions<K>,
  ): IterableIterator<Numbered<RecordOf<K>>> {
    return this.#chain.read(fromSeq, options)
  }

  async refresh(): Promise<number> {
    this.#chain.refuseClosed()
    const paths = existsSync(this.#directory) ? await listSegments(this.#directory) : []
    const kept = new Set(paths)
    while (this.#chain.first !== undefined && !kept.has(this.#chain.first.path)) await this.#chain.shift()!.close()
    this.#chain.last?.refresh()
    const known = this.#chain.last?.path ?? ''
    for (const path of paths) {
      const segment = path > known ? openUnlessDropped(path) : undefined
      if (segment !== undefined) this.#chain.push(segment)
    }
    return this.lastSeq
  }

  close(): Promise<void> {
    return this.#chain.close()
  }
}

/** lmdb takes the writer's map size from the file when that is larger. */
const readerMapBytes = 1024 * 1024

/** The writer may drop a segment between the listing and the opening. */
function openUnlessDropped(path: string): JournalSegment | undefined {
  try {
    return JournalSegment.open(path, true, readerMapBytes)
  } catch (error) {
    if (!existsSync(path)) return undefined
    throw error
  }
}
