import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { JournalKind, Numbered } from '../domain/journal.ts'
import { StorageError } from './errors.ts'
import type { ReadOptions, RecordOf } from './event-log.ts'
import { type JournalBlock, tagMask } from './journal-block.ts'
import { firstSeqOf, type JournalSegment } from './journal-segment.ts'

/**
 * The segments of one journal in their order, and the reading across them.
 *
 * 1. Each segment begins with the number after the last one of the segment before it.
 */
export class SegmentChain {
  readonly #segments: JournalSegment[] = []
  #closed = false

  get firstSeq(): number {
    return this.#segments[0]?.firstSeq ?? 1
  }

  get lastSeq(): number {
    return this.#segments.at(-1)?.lastSeq ?? 0
  }

  get first(): JournalSegment | undefined {
    return this.#segments[0]
  }

  get last(): JournalSegment | undefined {
    return this.#segments.at(-1)
  }

  /** @throws StorageError `corrupt` when a segment is missing between the last one and this one */
  push(segment: JournalSegment): void {
    const last = this.last
    if (last !== undefined && segment.firstSeq !== last.lastSeq + 1) {
      throw new StorageError(
        'corrupt',
        `${segment.path} begins with record ${segment.firstSeq}, but the segment before it ends at ${last.lastSeq}`,
        'Restore the missing segment from a backup',
      )
    }
    this.#segments.push(segment)
  }

  shift(): JournalSegment | undefined {
    return this.#segments.shift()
  }

  read<K extends JournalKind>(fromSeq: number, options: ReadOptions<K> = {}): IterableIterator<Numbered<RecordOf<K>>> {
    if (!Number.isSafeInteger(fromSeq) || fromSeq < 1) {
      throw new StorageError('invalid', `Record number ${fromSeq} does not exist`, 'Numbers start at 1')
    }
    this.#refuseDropped(fromSeq)
    const mask = options.kinds === undefined ? -1 : tagMask(options.kinds)
    return this.#records(fromSeq, options.toSeq ?? Number.POSITIVE_INFINITY, mask) as IterableIterator<
      Numbered<RecordOf<K>>
    >
  }

  /** @throws StorageError `closed` */
  refuseClosed(): void {
    if (this.#closed) throw journalClosed()
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all(this.#segments.map(segment => segment.close()))
  }

  *#records(fromSeq: number, toSeq: number, mask: number): Generator<Numbered, void, void> {
    let seq = fromSeq
    while (seq <= toSeq) {
      this.refuseClosed()
      if (seq > this.lastSeq) return
      const block = this.#blockWith(seq)
      const last = Math.min(toSeq, block.firstSeq + block.count - 1)
      for (; seq <= last; seq++) {
        const index = seq - block.firstSeq
        if ((mask & (1 << block.tag(index))) !== 0) yield { seq, record: block.record(index) }
      }
    }
  }

  #blockWith(seq: number): JournalBlock {
    this.#refuseDropped(seq)
    const segments = this.#segments
    let index = segments.length - 1
    while (segments[index]!.firstSeq > seq) index--
    return segments[index]!.blockWith(seq)
  }

  #refuseDropped(seq: number): void {
    if (seq >= this.firstSeq) return
    throw new StorageError(
      'dropped',
      `Record ${seq} is no longer kept, the journal begins at ${this.firstSeq}`,
      'Begin there, from a snapshot that covers what came before',
    )
  }
}

export function journalClosed(): StorageError {
  return new StorageError('closed', 'The journal is closed', 'Open it again')
}

/** @returns the paths of all finished segments in order */
export async function listSegments(directory: string): Promise<string[]> {
  const names = (await readdir(directory)).filter(name => firstSeqOf(name) !== undefined)
  return names.sort().map(name => join(directory, name))
}
