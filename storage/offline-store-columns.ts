/** Typed columns, and how they pass between arrays of ours and the database's vectors. */
import { BIGINT, type DuckDBDataChunk, type DuckDBType, FLOAT, UINTEGER, UTINYINT, VARCHAR } from '@duckdb/node-api'

/** `whole` holds whole numbers within ±2^53, such as times and journal numbers: float64 here, 64-bit integers in the file. */
export type ColumnType = 'text' | 'uint8' | 'uint32' | 'whole' | 'float32'

export interface Column {
  readonly name: string
  readonly type: ColumnType
}

export type NumberColumn = Uint8Array | Uint32Array | Float64Array | Float32Array
/** Only text can be absent. */
export type ColumnValues = (string | null)[] | NumberColumn

/** The values of each column in their order, all of one length. */
export type ColumnBatch = readonly ColumnValues[]

export const databaseTypes: Readonly<Record<ColumnType, { readonly name: string; readonly type: DuckDBType }>> = {
  text: { name: 'VARCHAR', type: VARCHAR },
  uint8: { name: 'UTINYINT', type: UTINYINT },
  uint32: { name: 'UINTEGER', type: UINTEGER },
  whole: { name: 'BIGINT', type: BIGINT },
  float32: { name: 'FLOAT', type: FLOAT },
}

const arrays = { uint8: Uint8Array, uint32: Uint32Array, whole: Float64Array, float32: Float32Array } as const

/** Room for `rows` values. */
export function createValues(type: ColumnType, rows: number): ColumnValues {
  return type === 'text' ? new Array<string | null>(rows).fill(null) : new arrays[type](rows)
}

/** The part of a column from one row up to another, without a copy where that is possible. */
export function sliceValues(values: ColumnValues, from: number, to: number): ColumnValues {
  return Array.isArray(values) ? values.slice(from, to) : values.subarray(from, to)
}

/** Copies the rows [from, from + chunk.rowCount) of a column into the database's chunk. */
export function writeColumn(chunk: DuckDBDataChunk, column: number, values: ColumnValues, from: number): void {
  const vector = chunk.getColumnVector(column)
  const to = from + chunk.rowCount
  if (Array.isArray(values)) {
    for (let row = from; row < to; row++) vector.setItem(row - from, values[row] as never)
  } else {
    const items = itemsOf(vector)
    if (items instanceof BigInt64Array) writeWhole(items, values, from)
    else items.set(values.subarray(from, to))
  }
  vector.flush()
}

/** Copies a column of the database's chunk to `out`, from the row `at` on. */
export function readColumn(chunk: DuckDBDataChunk, column: number, out: ColumnValues, at: number): void {
  const vector = chunk.getColumnVector(column)
  if (Array.isArray(out)) {
    for (let row = 0; row < chunk.rowCount; row++) out[at + row] = vector.getItem(row) as string | null
    return
  }
  const items = itemsOf(vector)
  if (items instanceof BigInt64Array) for (let row = 0; row < items.length; row++) out[at + row] = Number(items[row])
  else out.set(items, at)
}

/**
 * The array behind a vector of numbers. It is private in the types of this version, whose public way goes value by value
 * and sets a validity bit for each with big integers, which takes ten times as long.
 */
function itemsOf(vector: unknown): NumberColumn | BigInt64Array {
  const { items } = vector as { readonly items?: NumberColumn | BigInt64Array }
  if (ArrayBuffer.isView(items)) return items
  throw new TypeError('the database keeps its vectors in another way than the version this was written for')
}

/** Word by word: a BigInt per value would cost ten times as much. */
function writeWhole(items: BigInt64Array, values: NumberColumn, from: number): void {
  const words = new Int32Array(items.buffer, items.byteOffset, items.length * 2)
  for (let row = 0; row < items.length; row++) {
    const value = values[from + row]
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no whole number within ±2^53`)
    words[2 * row] = value % 2 ** 32
    words[2 * row + 1] = Math.floor(value / 2 ** 32)
  }
}
