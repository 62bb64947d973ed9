import type { ItemReader } from '../domain/item-table/item-reader.ts'
import type { Filter, FilterTables, KeepTest } from './filter.ts'
import type { RequestFrame } from './request-frame.ts'

/** Which items belong to a partition. */
export interface Ownership {
  owns(item: number): boolean
}

/**
 * Collects what the sources of one partition propose for one request.
 *
 * 1. An item is kept at most once per source, in the order offered.
 * 2. Everything kept has passed every filter at the request's `catalogSeq`.
 * 3. `removed[f]` counts distinct items that filter f was the first to object to.
 * 4. A partitioned source keeps items of its own partition only, so over all partitions nothing is kept twice.
 */
export class Proposals {
  readonly items: Uint32Array
  readonly scores: Float32Array
  /** Kept proposals per source; a source's proposals are contiguous, in registry order. */
  readonly counts: Uint16Array
  readonly removedCounts: Uint32Array
  readonly removedItems: Uint32Array
  readonly removedBy: Uint8Array
  readonly removedFrom: Uint8Array
  total = 0
  removedTotal = 0

  private readonly filters: readonly Filter[]
  private readonly tests: (KeepTest | null)[]
  private readonly verdicts: VerdictTable
  private table!: ItemReader
  private catalogSeq = 0
  private source = 0
  private ownership: Ownership | null = null
  private budget = 0
  private lastScore = Number.POSITIVE_INFINITY
  private explain = false
  /** 0 until somebody asks for it. */
  private share = 0

  constructor(capacity: number, sourceCount: number, filters: readonly Filter[], removedMax: number) {
    this.items = new Uint32Array(capacity)
    this.scores = new Float32Array(capacity)
    this.counts = new Uint16Array(sourceCount)
    this.removedCounts = new Uint32Array(filters.length)
    this.removedItems = new Uint32Array(removedMax)
    this.removedBy = new Uint8Array(removedMax)
    this.removedFrom = new Uint8Array(removedMax)
    this.filters = filters
    this.tests = filters.map(() => null)
    this.verdicts = new VerdictTable()
  }

  begin(query: RequestFrame, tables: FilterTables): void {
    this.total = 0
    this.removedTotal = 0
    this.counts.fill(0)
    this.removedCounts.fill(0)
    this.verdicts.clear()
    this.table = tables.items
    this.catalogSeq = query.catalogSeq
    this.share = 0
    this.explain = query.explain === 1
    for (let f = 0; f < this.filters.length; f++) this.tests[f] = this.filters[f].prepare(query, tables)
  }

  /** @param ownership of a partitioned source; a global one may propose any item */
  beginSource(source: number, budget: number, ownership: Ownership | null = null): void {
    this.source = source
    this.ownership = ownership
    this.budget = Math.min(budget, this.items.length - this.total)
    this.lastScore = Number.POSITIVE_INFINITY
  }

  get full(): boolean {
    return this.counts[this.source] >= this.budget
  }

  /** How many more this source may propose. */
  get room(): number {
    return this.budget - this.counts[this.source]
  }

  /**
   * Offers one item, best first. Returns false once the budget is full, so that a source can stop walking.
   * @throws RangeError when scores are not finite or rise: a broken source must not reorder a feed.
   */
  offer(item: number, score: number): boolean {
    if (this.full) return false
    if (!(score <= this.lastScore && Number.isFinite(score)))
      throw new RangeError(`a source offered score ${score} after ${this.lastScore}`)
    this.lastScore = score
    if (this.ownership?.owns(item) === false) return true
    const verdict = this.verdictOn(item)
    if (verdict !== kept || this.verdicts.alreadyProposed(item, this.source)) return true
    this.items[this.total] = item
    this.scores[this.total] = score
    this.total++
    this.counts[this.source]++
    return !this.full
  }

  /** The share of a sample that every filter lets pass, never quite 0; the same for all sources of a request. */
  passingShare(sample: Uint32Array): number {
    if (this.share > 0) return this.share
    let passing = 0
    for (let i = 0; i < sample.length; i++) if (this.judge(sample[i]) === kept) passing++
    this.share = Math.max(passing, 1) / Math.max(sample.length, 1)
    return this.share
  }

  private verdictOn(item: number): number {
    const known = this.verdicts.get(item)
    if (known !== unknown) return known
    const verdict = this.judge(item)
    this.verdicts.set(item, verdict)
    if (verdict !== kept && verdict !== absent) this.noteRemoval(item, verdict)
    return verdict
  }

  private judge(item: number): number {
    const row = this.table.rowAt(item, this.catalogSeq)
    if (row < 0) return absent
    for (let f = 0; f < this.tests.length; f++) {
      const test = this.tests[f]
      if (test !== null && !test(item, row)) return f
    }
    return kept
  }

  private noteRemoval(item: number, filter: number): void {
    this.removedCounts[filter]++
    if (!this.explain || this.removedTotal >= this.removedItems.length) return
    this.removedItems[this.removedTotal] = item
    this.removedBy[this.removedTotal] = filter
    this.removedFrom[this.removedTotal] = this.source
    this.removedTotal++
  }
}

const unknown = -1
const kept = 254
const absent = 255

/** What was decided about each item of this request: open addressing, cleared by raising a stamp. */
class VerdictTable {
  private mask = 4095
  private keys = new Uint32Array(this.mask + 1)
  private stamps = new Uint32Array(this.mask + 1)
  private values = new Uint8Array(this.mask + 1)
  private proposers = new Uint32Array(this.mask + 1)
  private stamp = 0
  private size = 0

  clear(): void {
    this.size = 0
    if (++this.stamp === 0xffffffff) {
      this.stamps.fill(0)
      this.stamp = 1
    }
  }

  get(item: number): number {
    const slot = this.find(item)
    return this.stamps[slot] === this.stamp ? this.values[slot] : unknown
  }

  set(item: number, verdict: number): void {
    if (++this.size * 2 > this.mask) this.grow()
    const slot = this.find(item)
    this.keys[slot] = item
    this.stamps[slot] = this.stamp
    this.values[slot] = verdict
    this.proposers[slot] = 0
  }

  /** Marks the proposal; true when this source had proposed the item before. */
  alreadyProposed(item: number, source: number): boolean {
    const slot = this.find(item)
    const bit = 1 << source
    if ((this.proposers[slot] & bit) !== 0) return true
    this.proposers[slot] |= bit
    return false
  }

  private find(item: number): number {
    let slot = Math.imul(item, 0x9e3779b1) >>> 0
    slot &= this.mask
    while (this.stamps[slot] === this.stamp && this.keys[slot] !== item) slot = (slot + 1) & this.mask
    return slot
  }

  private grow(): void {
    const { keys, stamps, values, proposers, stamp } = this
    this.mask = this.mask * 2 + 1
    this.keys = new Uint32Array(this.mask + 1)
    this.stamps = new Uint32Array(this.mask + 1)
    this.values = new Uint8Array(this.mask + 1)
    this.proposers = new Uint32Array(this.mask + 1)
    this.stamp = 1
    for (let i = 0; i < keys.length; i++) {
      if (stamps[i] !== stamp) continue
      const slot = this.find(keys[i])
      this.keys[slot] = keys[i]
      this.stamps[slot] = 1
      this.values[slot] = values[i]
      this.proposers[slot] = proposers[i]
    }
  }
}
