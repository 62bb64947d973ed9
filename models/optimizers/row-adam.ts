/**
 * Adam for an embedding table of which a step touches few rows ("lazy" Adam, as in TensorFlow Addons' LazyAdam): moments and
 * weights of untouched rows stay as they are, so a step costs what it touches.
 *
 * Invariants
 * 1. Between steps no row has a slot: `#slotOfRow` is −1 everywhere.
 * 2. Gradients of one row are added in the order in which they were accumulated, so a step is deterministic.
 */
import { Adam, type AdamSettings, type StepSize } from './adam.ts'

export class RowAdam {
  readonly adam: Adam
  readonly #width: number
  readonly #slotOfRow: Int32Array
  #rows = new Int32Array(64)
  #gradients: Float32Array
  #count = 0

  /** @param rows number of rows of the table @param width elements per row */
  constructor(rows: number, width: number, settings: AdamSettings) {
    this.adam = new Adam(rows * width, settings)
    this.#width = width
    this.#slotOfRow = new Int32Array(rows).fill(-1)
    this.#gradients = new Float32Array(this.#rows.length * width)
  }

  /** Adds row gradients [indices.length, width] to the pending step. */
  accumulate(indices: Int32Array, gradients: Float32Array): void {
    const width = this.#width
    this.#reserve(this.#count + indices.length)
    const pending = this.#gradients
    for (let position = 0; position < indices.length; position++) {
      const target = this.#slot(indices[position]) * width
      const source = position * width
      for (let column = 0; column < width; column++) pending[target + column] += gradients[source + column]
    }
  }

  /** Σ of squares of the pending gradients. */
  squaredNorm(): number {
    return squaredNorm(this.#gradients, this.#count * this.#width)
  }

  /** Applies and clears the pending step. */
  update(table: Float32Array, size: StepSize): void {
    const [rows, width, count] = [this.#rows, this.#width, this.#count]
    this.adam.updateRows(table, this.#gradients, rows, count, width, size)
    for (let slot = 0; slot < count; slot++) this.#slotOfRow[rows[slot]] = -1
    this.#gradients.fill(0, 0, count * width)
    this.#count = 0
  }

  #slot(row: number): number {
    const known = this.#slotOfRow[row]
    if (known >= 0) return known
    if (known === undefined)
      throw new RangeError(`Row ${row} lies outside the table of ${this.#slotOfRow.length} rows.`)
    this.#rows[this.#count] = row
    this.#slotOfRow[row] = this.#count
    return this.#count++
  }

  #reserve(count: number): void {
    if (count <= this.#rows.length) return
    const capacity = Math.max(count, this.#rows.length * 2)
    const rows = new Int32Array(capacity)
    rows.set(this.#rows)
    this.#rows = rows
    const gradients = new Float32Array(capacity * this.#width)
    gradients.set(this.#gradients)
    this.#gradients = gradients
  }
}

/** Adds row gradients [indices.length, width] into the whole gradient of a table. */
export function scatterAddRows(target: Float32Array, indices: Int32Array, rows: Float32Array, width: number): void {
  for (let position = 0; position < indices.length; position++) {
    const begin = indices[position] * width
    const source = position * width
    for (let column = 0; column < width; column++) target[begin + column] += rows[source + column]
  }
}

/** Σ of squares of the first `length` elements. */
export function squaredNorm(values: Float32Array, length = values.length): number {
  let sum = 0
  for (let index = 0; index < length; index++) sum += values[index] * values[index]
  return sum
}
