import { committedEntries } from '../shared/reserved-memory.ts'
import { creatorsPerItemMax, type ItemReader } from './item-reader.ts'
import {
  directoryBytes,
  F64,
  Flag,
  f64Stride,
  Header,
  I32,
  type ItemTableHandles,
  i32Stride,
  recordBytes,
  Traits,
  U16,
  u16Stride,
} from './layout.ts'

/**
 * Reads the table while another thread writes it. Reading a field of a number that is no row is a RangeError where it
 * can be told.
 *
 * A row stays what it is as long as the writer's `reclaim` is kept at or below the journal number that the reader
 * pinned, see item-table-writer.ts.
 */
export class ItemTableReader implements ItemReader {
  private readonly handles: ItemTableHandles
  private readonly header: Int32Array
  private items = 0
  private directory: Int32Array
  private rows = 0
  private f64: Float64Array
  private i32: Int32Array
  private u16: Uint16Array
  private creators: Uint32Array

  constructor(handles: ItemTableHandles) {
    this.handles = handles
    this.header = new Int32Array(handles.header)
    this.directory = new Int32Array(handles.directory, 0, 0)
    this.f64 = new Float64Array(handles.records, 0, 0)
    this.i32 = new Int32Array(handles.records, 0, 0)
    this.u16 = new Uint16Array(handles.records, 0, 0)
    this.creators = new Uint32Array(handles.creators, 0, 0)
  }

  get itemCount(): number {
    return Atomics.load(this.header, Header.itemCount)
  }

  get rowCount(): number {
    return Atomics.load(this.header, Header.rowCount)
  }

  rowAt(item: number, catalogSeq: number): number {
    let row = this.currentRow(item)
    while (row >= 0) {
      this.see(row)
      if (this.f64[row * f64Stride + F64.seq] <= catalogSeq) return row
      row = this.i32[row * i32Stride + I32.previous]
    }
    return -1
  }

  currentRow(item: number): number {
    if (item >>> 0 >= this.items && !this.viewItems(item)) return -1
    return Atomics.load(this.directory, item) - 1
  }

  itemOf(row: number): number {
    this.see(row)
    return this.i32[row * i32Stride + I32.item] >>> 0
  }

  seqOf(row: number): number {
    this.see(row)
    return this.f64[row * f64Stride + F64.seq]
  }

  publishedAt(row: number): number {
    this.see(row)
    return this.f64[row * f64Stride + F64.publishedAt]
  }

  expiresAt(row: number): number {
    this.see(row)
    return this.f64[row * f64Stride + F64.expiresAt]
  }

  isDeleted(row: number): boolean {
    return (this.traits(row) & Flag.deleted) !== 0
  }

  isHidden(row: number): boolean {
    return (this.traits(row) & Flag.hidden) !== 0
  }

  maturity(row: number): number {
    return this.traits(row) & Traits.maturityMask
  }

  language(row: number): number {
    this.see(row)
    return this.u16[row * u16Stride + U16.language]
  }

  regionsLow(row: number): number {
    this.see(row)
    return this.i32[row * i32Stride + I32.regionsLow] >>> 0
  }

  regionsHigh(row: number): number {
    this.see(row)
    return this.i32[row * i32Stride + I32.regionsHigh] >>> 0
  }

  categoryCount(row: number): number {
    return (this.traits(row) >>> Traits.categoryCountShift) & Traits.countMask
  }

  categoryAt(row: number, index: number): number {
    this.see(row)
    return this.u16[row * u16Stride + U16.categories + index]
  }

  creatorCount(row: number): number {
    return (this.traits(row) >>> Traits.creatorCountShift) & Traits.countMask
  }

  creatorAt(row: number, index: number): number {
    this.see(row)
    return this.creators[row * creatorsPerItemMax + index]
  }

  private traits(row: number): number {
    this.see(row)
    return this.i32[row * i32Stride + I32.traits]
  }

  /** The views reach to the end of what was committed when they were made; a negative row is beyond every end. */
  private see(row: number): void {
    if (row >>> 0 >= this.rows) this.viewRows(row)
  }

  /** The writer commits creators before records, so the records' end holds for both. */
  private viewRows(row: number): void {
    const { records, creators } = this.handles
    const rows = committedEntries(records, recordBytes)
    if (row >>> 0 >= rows) throw new RangeError(`${row} is not a row of the item table`)
    this.f64 = new Float64Array(records, 0, rows * f64Stride)
    this.i32 = new Int32Array(records, 0, rows * i32Stride)
    this.u16 = new Uint16Array(records, 0, rows * u16Stride)
    this.creators = new Uint32Array(creators, 0, rows * creatorsPerItemMax)
    this.rows = rows
  }

  private viewItems(item: number): boolean {
    const items = committedEntries(this.handles.directory, directoryBytes)
    if (item >>> 0 >= items) return false
    this.directory = new Int32Array(this.handles.directory, 0, items)
    this.items = items
    return true
  }
}
