import type { JournalKind, Numbered } from '../domain/journal.ts'
import type { JournalReader, ReadOptions, RecordOf } from '../storage/event-log.ts'

/** A journal as it was when `lastSeq` had been written: whoever reads through it can not see further. */
export class TruncatedJournal implements JournalReader {
  readonly firstSeq: number
  readonly lastSeq: number
  private readonly whole: JournalReader

  constructor(whole: JournalReader, lastSeq: number) {
    this.whole = whole
    this.firstSeq = whole.firstSeq
    this.lastSeq = Math.min(lastSeq, whole.lastSeq)
  }

  *read<K extends JournalKind = JournalKind>(
    fromSeq: number,
    { toSeq = this.lastSeq, kinds }: ReadOptions<K> = {},
  ): IterableIterator<Numbered<RecordOf<K>>> {
    const end = Math.min(toSeq, this.lastSeq)
    if (fromSeq <= end) yield* this.whole.read<K>(fromSeq, { toSeq: end, kinds })
  }

  /** The whole journal stays open: it belongs to somebody else. */
  async close(): Promise<void> {}
}
