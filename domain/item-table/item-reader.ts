/**
 * Reading the item table, from any thread. Two kinds of dense integer:
 *
 * - an *item* is an identity: the n-th distinct id of the journal, never reused;
 * - a *row* describes an item as of one journal number. Rows are immutable; every change of an item writes a new row
 *   that points to the previous one, so a request that pinned `catalogSeq` reads the same facts however long it takes.
 */
export interface ItemReader {
  /** Items ever named; valid items are 0 … itemCount − 1. */
  readonly itemCount: number
  /** Rows ever written; valid rows are 0 … rowCount − 1. */
  readonly rowCount: number
  /** The row that described `item` at journal number `catalogSeq`, or −1 when it did not exist then. */
  rowAt(item: number, catalogSeq: number): number
  /** The newest row of `item`, or −1. */
  currentRow(item: number): number
  itemOf(row: number): number
  /** Journal number of the record that wrote this row. */
  seqOf(row: number): number
  /** Epoch ms, NaN when unknown. */
  publishedAt(row: number): number
  /** Epoch ms, Infinity when it never expires. */
  expiresAt(row: number): number
  isDeleted(row: number): boolean
  isHidden(row: number): boolean
  /** Minimum age in years. */
  maturity(row: number): number
  /** Code of the language book, 0 when unknown. */
  language(row: number): number
  /** Bit (code − 1) is set for each licensed region; both words 0 mean everywhere. */
  regionsLow(row: number): number
  regionsHigh(row: number): number
  categoryCount(row: number): number
  /** Code of the category book, 1 and up; `index` < categoryCount. */
  categoryAt(row: number, index: number): number
  creatorCount(row: number): number
  creatorAt(row: number, index: number): number
}

export const categoriesPerItemMax = 8
export const creatorsPerItemMax = 4
export const regionsMax = 64

/** Vectors of one space, by row of the item table; a row without a vector reads as absent. */
export interface VectorReader {
  readonly dimension: number
  has(row: number): boolean
  /** Σ query[i] · vector(row)[i]; 0 when the row has no vector. */
  dot(row: number, query: Float32Array): number
  /** Inner product of two rows, 0 when either has no vector. */
  dotRows(a: number, b: number): number
  copyInto(row: number, out: Float32Array, offset: number): boolean
}
