/**
 * The only writer of the item table; it lives in one thread, readers in any.
 *
 * Invariants
 * 1. A row is complete before the directory names it (Atomics.store after the last field), and its facts never change
 *    while a reader can reach it. So a row found through the directory or a `previous` link is never torn.
 * 2. Along `previous`, journal numbers strictly decrease, and every row is of the same item.
 * 3. A row is freed only when its successor's number is below `beforeSeq` of `reclaim`. A reader whose catalogSeq is at
 *    or above `beforeSeq` stops at that successor, so it neither holds nor reaches a freed row. The caller keeps this:
 *    `beforeSeq` is at most the smallest number that any reader still pins (and at most the number at which a reader of
 *    `currentRow` began).
 * 4. The link to a freed row is cut before the row can be used again: no chain leads into a reused row.
 * 5. `next` chains rows for the writer alone: rows that superseded another, in order of writing; or free rows.
 */
import { commitEntry, committedEntries, reserveMemory } from '../shared/reserved-memory.ts'
import { categoriesPerItemMax, creatorsPerItemMax } from './item-reader.ts'
import { ItemTableReader } from './item-table.ts'
import {
  creatorsBytes,
  directoryBytes,
  F64,
  Flag,
  f64Stride,
  Header,
  headerBytes,
  I32,
  type ItemTableHandles,
  i32Stride,
  recordBytes,
  Traits,
  U16,
  u16Stride,
} from './layout.ts'

/** What a row says, in codes and numbers; meanings and units as in ItemReader. */
export interface RowFacts {
  readonly publishedAt: number
  readonly expiresAt: number
  readonly regionsLow: number
  readonly regionsHigh: number
  readonly maturity: number
  readonly language: number
  /** At most `categoriesPerItemMax` codes. */
  readonly categories: ArrayLike<number>
  /** At most `creatorsPerItemMax` codes. */
  readonly creators: ArrayLike<number>
  readonly hidden: boolean
  readonly deleted: boolean
}

/** What a deleted item's row says. */
export const tombstone: RowFacts = {
  publishedAt: Number.NaN,
  expiresAt: Number.POSITIVE_INFINITY,
  regionsLow: 0,
  regionsHigh: 0,
  maturity: 0,
  language: 0,
  categories: [],
  creators: [],
  hidden: false,
  deleted: true,
}

export class ItemTableFull extends Error {
  override readonly name = 'ItemTableFull'

  constructor(limit: 'itemsMax' | 'rowsMax', value: number) {
    super(
      limit === 'itemsMax'
        ? `the item table has room for ${value} items: raise the limit and restart`
        : `all ${value} rows of the item table are in use: reclaim superseded ones, or raise the limit and restart`,
    )
  }
}

export interface ItemTableLimits {
  /** Items ever named; 4 bytes of address space each. */
  readonly itemsMax: number
  /** Current and superseded rows together; 84 bytes of address space each. */
  readonly rowsMax: number
}

const none = -1
const nextBytes = 4

export class ItemTableWriter {
  /** For this thread; others build their own from `handles()`. */
  readonly reader: ItemTableReader
  private readonly limits: ItemTableLimits
  private readonly shared: ItemTableHandles
  private readonly nextBuffer: SharedArrayBuffer
  private readonly header: Int32Array
  private directory: Int32Array = new Int32Array(0)
  private f64: Float64Array = new Float64Array(0)
  private i32: Int32Array = new Int32Array(0)
  private u16: Uint16Array = new Uint16Array(0)
  private creators: Uint32Array = new Uint32Array(0)
  private next: Int32Array = new Int32Array(0)
  private oldestUpdate = none
  private newestUpdate = none
  private free = none
  private freeCount = 0

  constructor(limits: ItemTableLimits) {
    this.limits = limits
    this.shared = {
      header: new SharedArrayBuffer(headerBytes),
      directory: reserveMemory(limits.itemsMax, directoryBytes),
      records: reserveMemory(limits.rowsMax, recordBytes),
      creators: reserveMemory(limits.rowsMax, creatorsBytes),
    }
    this.nextBuffer = reserveMemory(limits.rowsMax, nextBytes)
    this.header = new Int32Array(this.shared.header)
    this.reader = new ItemTableReader(this.shared)
  }

  /** Items that can still be named. */
  get itemsLeft(): number {
    return this.limits.itemsMax - this.reader.itemCount
  }

  /** Rows that can be written before superseded ones have to be reclaimed. */
  get rowsLeft(): number {
    return this.limits.rowsMax - this.reader.rowCount + this.freeCount
  }

  /** @throws ItemTableFull unless there is room for one more row, of an item that is new or not */
  assertRoom(isNewItem: boolean): void {
    if (isNewItem && this.itemsLeft <= 0) throw new ItemTableFull('itemsMax', this.limits.itemsMax)
    if (this.rowsLeft <= 0) throw new ItemTableFull('rowsMax', this.limits.rowsMax)
  }

  /** Good for the life of the table. */
  handles(): ItemTableHandles {
    return this.shared
  }

  /**
   * Writes a new row for `item`, publishes it and returns it. The row may be a reused one: the caller writes or clears
   * its vectors before it lets anybody pin `seq`. Throws ItemTableFull; a RangeError for facts that do not fit, or
   * when `seq` is not above that of the item's newest row.
   */
  append(item: number, facts: RowFacts, seq: number): number {
    if (item >= this.limits.itemsMax) throw new ItemTableFull('itemsMax', this.limits.itemsMax)
    checkArguments(item, facts)
    const previous = this.reader.currentRow(item)
    if (previous !== none && seq <= this.reader.seqOf(previous)) {
      throw new RangeError(`item ${item} has a row of number ${this.reader.seqOf(previous)}: ${seq} comes too late`)
    }
    const row = this.takeRow()
    this.writeRow(row, item, previous, facts, seq)
    if (row >= this.reader.rowCount) Atomics.store(this.header, Header.rowCount, row + 1)
    if (item >= this.directory.length) this.commitItem(item)
    Atomics.store(this.directory, item, row + 1)
    if (item >= this.reader.itemCount) Atomics.store(this.header, Header.itemCount, item + 1)
    if (previous !== none) this.rememberUpdate(row)
    return row
  }

  /**
   * Frees superseded rows whose successor's number is below `beforeSeq` and returns them, oldest first; at most
   * `rowsMax` at a time, to bound the pause. No reader may pin a number below `beforeSeq`, now or later (invariant 3).
   */
  reclaim(beforeSeq: number, rowsMax = Number.POSITIVE_INFINITY): number[] {
    const freed: number[] = []
    while (freed.length < rowsMax && this.oldestUpdate !== none) {
      const successor = this.oldestUpdate
      if (this.f64[successor * f64Stride + F64.seq] >= beforeSeq) break
      const link = successor * i32Stride + I32.previous
      const superseded = this.i32[link]
      this.i32[link] = none
      this.oldestUpdate = this.next[successor]
      this.next[superseded] = this.free
      this.free = superseded
      this.freeCount++
      freed.push(superseded)
    }
    return freed
  }

  private takeRow(): number {
    const row = this.free
    if (row !== none) {
      this.free = this.next[row]
      this.freeCount--
      return row
    }
    const { rowCount } = this.reader
    if (rowCount >= this.limits.rowsMax) throw new ItemTableFull('rowsMax', this.limits.rowsMax)
    if (rowCount >= this.next.length) this.commitRow(rowCount)
    return rowCount
  }

  private rememberUpdate(row: number): void {
    if (this.oldestUpdate === none) this.oldestUpdate = row
    else this.next[this.newestUpdate] = row
    this.newestUpdate = row
  }

  private writeRow(row: number, item: number, previous: number, facts: RowFacts, seq: number): void {
    const f64 = row * f64Stride
    this.f64[f64 + F64.seq] = seq
    this.f64[f64 + F64.publishedAt] = facts.publishedAt
    this.f64[f64 + F64.expiresAt] = facts.expiresAt

    const i32 = row * i32Stride
    this.i32[i32 + I32.previous] = previous
    this.i32[i32 + I32.item] = item
    this.i32[i32 + I32.regionsLow] = facts.regionsLow
    this.i32[i32 + I32.regionsHigh] = facts.regionsHigh
    this.i32[i32 + I32.traits] = traitsOf(facts)

    const u16 = row * u16Stride
    this.u16[u16 + U16.language] = facts.language
    for (let i = 0; i < facts.categories.length; i++) this.u16[u16 + U16.categories + i] = facts.categories[i]
    for (let i = 0; i < facts.creators.length; i++) this.creators[row * creatorsPerItemMax + i] = facts.creators[i]
    this.next[row] = none
  }

  private commitRow(row: number): void {
    const { records, creators } = this.shared
    commitEntry(this.nextBuffer, row, nextBytes)
    commitEntry(creators, row, creatorsBytes)
    commitEntry(records, row, recordBytes)
    const rows = committedEntries(records, recordBytes)
    this.f64 = new Float64Array(records, 0, rows * f64Stride)
    this.i32 = new Int32Array(records, 0, rows * i32Stride)
    this.u16 = new Uint16Array(records, 0, rows * u16Stride)
    this.creators = new Uint32Array(creators, 0, rows * creatorsPerItemMax)
    this.next = new Int32Array(this.nextBuffer, 0, rows)
  }

  private commitItem(item: number): void {
    commitEntry(this.shared.directory, item, directoryBytes)
    this.directory = new Int32Array(this.shared.directory, 0, committedEntries(this.shared.directory, directoryBytes))
  }
}

function checkArguments(item: number, facts: RowFacts): void {
  if (!(Number.isInteger(item) && item >= 0)) throw new RangeError(`${item} is not the number of an item`)
  if (facts.categories.length > categoriesPerItemMax || facts.creators.length > creatorsPerItemMax) {
    throw new RangeError(
      `a row has room for ${categoriesPerItemMax} categories and ${creatorsPerItemMax} creators, ` +
        `not for ${facts.categories.length} and ${facts.creators.length}`,
    )
  }
}

function traitsOf(facts: RowFacts): number {
  return (
    (facts.maturity & Traits.maturityMask) |
    (facts.categories.length << Traits.categoryCountShift) |
    (facts.creators.length << Traits.creatorCountShift) |
    (facts.hidden ? Flag.hidden : 0) |
    (facts.deleted ? Flag.deleted : 0)
  )
}
