/**
 * Masks the columns of items in rows of the bias. Whether an item that somebody met is in a column, no processor predicts, and
 * there are hundreds per row: the walk over them only collects, without a branch, and what it found is masked afterwards.
 *
 * Invariants
 * 1. Between batches every item has slot 0, which is no column's.
 * 2. The columns of slot s are columns[begins[s] ≤ i < begins[s + 1]].
 */
import type { MetItems } from './met-items.ts'

export class ColumnMasks {
  readonly #masked: number
  /** Slot of every item of the catalogue. */
  readonly #slots: Int32Array
  readonly #begins: Int32Array
  readonly #columns: Int32Array
  /** Slots that a row has to mask, one more than there can be: an item without a column is written and written over. */
  readonly #found: Int32Array

  /** @param items of the catalogue @param masked what stands in a masked cell */
  constructor(items: number, columns: number, masked: number) {
    this.#masked = masked
    this.#slots = new Int32Array(items)
    this.#begins = new Int32Array(columns + 2)
    this.#columns = new Int32Array(columns)
    this.#found = new Int32Array(columns + 1)
  }

  /** Takes over the item of every column. */
  begin(items: Int32Array): void {
    const slots = this.#slots
    const begins = this.#begins
    let count = 0
    begins.fill(0)
    for (const item of items) {
      if (slots[item] === 0) slots[item] = ++count
      begins[slots[item]]++
    }
    // The ends of the runs; filling them from behind leaves their beginnings.
    for (let slot = 1; slot <= count + 1; slot++) begins[slot] += begins[slot - 1]
    for (let column = items.length - 1; column >= 0; column--) this.#columns[--begins[slots[items[column]]]] = column
  }

  /** Forgets the items again. */
  end(items: Int32Array): void {
    for (const item of items) this.#slots[item] = 0
  }

  /** Masks the columns of one item in the row of cells that begins at `at`. */
  maskItem(cells: Float32Array, at: number, item: number): void {
    this.#found[0] = this.#slots[item]
    if (this.#found[0] > 0) this.#mask(cells, at, 1)
  }

  /** Masks the columns of what a person met. */
  maskMet(cells: Float32Array, at: number, { offsets, items }: MetItems, person: number): void {
    const slots = this.#slots
    const found = this.#found
    const end = offsets[person + 1]
    let count = 0
    for (let entry = offsets[person]; entry < end; entry++) {
      const slot = slots[items[entry]]
      found[count] = slot
      count += -slot >>> 31
    }
    this.#mask(cells, at, count)
  }

  /** Most items have one column or two: the first and the last are written without asking whether there are more. */
  #mask(cells: Float32Array, at: number, count: number): void {
    const begins = this.#begins
    const columns = this.#columns
    const masked = this.#masked
    for (let index = 0; index < count; index++) {
      const slot = this.#found[index]
      const last = begins[slot + 1] - 1
      cells[at + columns[begins[slot]]] = masked
      cells[at + columns[last]] = masked
      for (let place = begins[slot] + 1; place < last; place++) cells[at + columns[place]] = masked
    }
  }
}
