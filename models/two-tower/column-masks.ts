/**
 * Masks the columns of items in rows of the bias. Whether an item that somebody met is in a column, no processor predicts, and
 * there are hundreds per row: the walk over them only collects, without a branch, and what it found is masked afterwards.
 *
 * Invariants
 * 1. Between batches every item has slot 0, which is no column's.
 * 2. The columns of slot s are columns[begins[s] ≤ i < begins[s + 1]].
 * 3. Every cell that was masked since the last `unmask` is listed, so that a batch costs what it masks and not all its cells.
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
  #maskedCells = new Int32Array(1024)
  #maskedCount = 0

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
    this.#mask(cells, at, 1)
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

  /** Sets what was masked to 0 again. */
  unmask(cells: Float32Array): void {
    const maskedCells = this.#maskedCells
    for (let index = 0; index < this.#maskedCount; index++) cells[maskedCells[index]] = 0
    this.#maskedCount = 0
  }

  #mask(cells: Float32Array, at: number, count: number): void {
    const begins = this.#begins
    const columns = this.#columns
    const masked = this.#masked
    // A row has no more cells than there are columns.
    const maskedCells = this.#reserve(columns.length)
    let listed = this.#maskedCount
    for (let index = 0; index < count; index++) {
      const slot = this.#found[index]
      const end = begins[slot + 1]
      for (let place = begins[slot]; place < end; place++) {
        const cell = at + columns[place]
        cells[cell] = masked
        maskedCells[listed++] = cell
      }
    }
    this.#maskedCount = listed
  }

  #reserve(more: number): Int32Array {
    const needed = this.#maskedCount + more
    if (needed > this.#maskedCells.length) {
      const grown = new Int32Array(2 * needed)
      grown.set(this.#maskedCells)
      this.#maskedCells = grown
    }
    return this.#maskedCells
  }
}
