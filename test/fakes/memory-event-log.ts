import type { JournalKind, JournalRecord, Numbered } from '../../domain/journal.ts'
import type { EventLog, ReadOptions, RecordOf } from '../../storage/event-log.ts'

/** A journal in memory whose commits a test can hold back, and whose disk it can fill. */
export class MemoryEventLog implements EventLog {
  readonly firstSeq = 1
  readonly records: JournalRecord[] = []
  /** How many records each commit took, in order. */
  readonly commits: number[] = []
  /** While true, commits wait for `release`. */
  isHeld = false
  failure: Error | null = null
  private held: (() => void)[] = []

  get lastSeq(): number {
    return this.records.length
  }

  /** Commits that were asked for and are not durable yet. */
  get underWay(): number {
    return this.held.length
  }

  async append(records: readonly JournalRecord[]): Promise<number> {
    if (this.isHeld) await new Promise<void>(resolve => this.held.push(resolve))
    if (this.failure !== null) throw this.failure
    this.commits.push(records.length)
    this.records.push(...records)
    return this.records.length - records.length + 1
  }

  /** Lets the oldest held commit go on. */
  release(): void {
    this.held.shift()?.()
  }

  *read<K extends JournalKind = JournalKind>(
    fromSeq: number,
    { toSeq = this.lastSeq, kinds }: ReadOptions<K> = {},
  ): IterableIterator<Numbered<RecordOf<K>>> {
    for (let seq = fromSeq; seq <= toSeq; seq++) {
      const record = this.records[seq - 1]
      if (kinds === undefined || kinds.includes(record.kind as K)) yield { seq, record: record as RecordOf<K> }
    }
  }

  async dropBefore(): Promise<number> {
    return this.firstSeq
  }

  async close(): Promise<void> {}
}
