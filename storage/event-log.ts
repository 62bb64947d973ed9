import type { JournalKind, JournalRecord, Numbered } from '../domain/journal.ts'

/**
 * The journal: records in one order, numbered from 1 without gaps.
 *
 * 1. `append` resolves after its records are durable, in the order of the calls; numbers are given in that order too.
 * 2. The records of one call are stored all or none, and stand next to each other.
 * 3. Nothing is visible to a reader before it is durable.
 * 4. Retention removes the oldest records only, whole segments at a time; a number is never given twice.
 */
export interface EventLog extends JournalReader {
  /**
   * One transaction for this call, or for all calls that overlap while another is being written: group commit of single
   * records is the caller's job, this takes about a thousand per call best. `records` must not be empty.
   *
   * @returns the number of the first record
   * @throws StorageError `failed` when the disk refuses, and from then on until the journal is opened again;
   * `closed` after close; what the encoder throws for a record that can not be stored, which changes nothing
   */
  append(records: readonly JournalRecord[]): Promise<number>

  /** Removes every segment whose records are all older than `seq`. @returns the first number that is left */
  dropBefore(seq: number): Promise<number>
}

export interface JournalReader {
  /** The oldest record that is kept; `lastSeq + 1` while there is none. */
  readonly firstSeq: number

  /** The newest durable record, 0 before the first. */
  readonly lastSeq: number

  /**
   * Records from `fromSeq` on, in order, decoded as they are asked for. It ends after `toSeq`, or at what is `lastSeq`
   * by then. The iterator may be left alone for as long as one likes: it keeps no transaction open.
   *
   * @throws StorageError `dropped` when `fromSeq` is older than `firstSeq`, or when retention overtakes the reading;
   * `corrupt` when the journal lacks a record; `closed`
   */
  read<K extends JournalKind = JournalKind>(
    fromSeq: number,
    options?: ReadOptions<K>,
  ): IterableIterator<Numbered<RecordOf<K>>>

  close(): Promise<void>
}

/** Reads while another process, or another thread, writes. */
export interface TailingReader extends JournalReader {
  /** Takes in what was committed and dropped since. @returns `lastSeq` */
  refresh(): Promise<number>
}

export interface ReadOptions<K extends JournalKind = JournalKind> {
  /** The last record wanted; everything when absent. */
  readonly toSeq?: number
  /** Other kinds are passed over without being decoded. */
  readonly kinds?: readonly K[]
}

export type RecordOf<K extends JournalKind> = Extract<JournalRecord, { readonly kind: K }>
