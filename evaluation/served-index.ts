import type { Numbered, ServedContext, ServedRecord } from '../domain/journal.ts'

type ServedNumbered = Numbered & { readonly record: { readonly kind: 'served'; readonly served: ServedRecord } }

/** What must be known of a served feed before the replay comes to its record. */
export interface ServedEntry {
  readonly seq: number
  readonly userSeq: number
  readonly catalogSeq: number
  readonly now: number
  readonly context: ServedContext
}

/**
 * Served feeds of a journal by what they read, so that one pass over the journal can keep that until it is needed, and
 * no longer: a feed's record stands behind events that the feed did not know yet.
 */
export class ServedIndex {
  private readonly byUser = new Map<string, ServedEntry[]>()
  /** Last record that reads an epoch, by epoch. */
  private readonly lastReadOf = new Map<number, number>()
  private readonly firstReadOf = new Map<string, number>()
  private readonly seqs: number[] = []
  /** From each served record on, the smallest catalogue number that is still read. */
  private readonly oldestRead: number[] = []
  private passed = 0

  constructor(records: Iterable<ServedNumbered>) {
    for (const { seq, record } of records) this.add(seq, record.served)
    for (let i = this.oldestRead.length - 2; i >= 0; i--) {
      this.oldestRead[i] = Math.min(this.oldestRead[i], this.oldestRead[i + 1])
    }
  }

  get count(): number {
    return this.seqs.length
  }

  /** Feeds of the person that come after record `seq` and read the catalogue before it, at state `userSeq`. */
  overtaken(user: string, userSeq: number, seq: number): readonly ServedEntry[] {
    const entries = this.byUser.get(user) ?? []
    return entries.filter(entry => entry.seq > seq && entry.catalogSeq < seq && entry.userSeq === userSeq)
  }

  /** Whether an epoch is read by a record after `seq`. */
  isReadAfter(epoch: number, seq: number): boolean {
    return (this.lastReadOf.get(epoch) ?? 0) > seq
  }

  /** Model sets by the first catalogue number that anything of theirs is read at. */
  firstReads(): ReadonlyMap<string, number> {
    return this.firstReadOf
  }

  /** Everything up to this record has been replayed; what only it needed may go. */
  pass(seq: number, user: string): void {
    while (this.passed < this.seqs.length && this.seqs[this.passed] <= seq) this.passed++
    const entries = this.byUser.get(user)!
    while (entries.length > 0 && entries[0].seq <= seq) entries.shift()
    if (entries.length === 0) this.byUser.delete(user)
  }

  /** Versions of items that were superseded before this number are not read any more. */
  oldestStillRead(appliedSeq: number): number {
    return this.passed < this.oldestRead.length ? this.oldestRead[this.passed] : appliedSeq
  }

  private add(seq: number, served: ServedRecord): void {
    const { user, userSeq, catalogSeq, querySeq, counterEpoch, modelSet, now, context } = served
    const entries = this.byUser.get(user) ?? []
    if (entries.length === 0) this.byUser.set(user, entries)
    entries.push({ seq, userSeq, catalogSeq, now, context })
    this.lastReadOf.set(counterEpoch, seq)
    const oldest = Math.min(catalogSeq, querySeq)
    this.firstReadOf.set(modelSet, Math.min(oldest, this.firstReadOf.get(modelSet) ?? oldest))
    this.seqs.push(seq)
    this.oldestRead.push(oldest)
  }
}
