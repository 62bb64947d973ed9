/**
 * A row of the item table is one record of 64 bytes, a cache line, rather than one element in each of many columns: a
 * request reads nearly all fields of some hundred scattered rows, and columns would cost it one cache miss per field.
 * Creators lie apart. The directory holds, by item, its newest row + 1; 0 when the item has none.
 *
 * Offsets count elements of the view they are named after; strides are elements per row.
 */
import { categoriesPerItemMax, creatorsPerItemMax } from './item-reader.ts'

/** Give these to a thread once, at its start: the table grows inside them. */
export interface ItemTableHandles {
  readonly header: SharedArrayBuffer
  readonly directory: SharedArrayBuffer
  readonly records: SharedArrayBuffer
  readonly creators: SharedArrayBuffer
}

/** Words of the header, read and written with Atomics. */
export const Header = { itemCount: 0, rowCount: 1 } as const
export const headerBytes = 8

export const directoryBytes = 4
export const recordBytes = 64
export const creatorsBytes = creatorsPerItemMax * 4

export const f64Stride = recordBytes / 8
export const i32Stride = recordBytes / 4
export const u16Stride = recordBytes / 2

export const F64 = { seq: 0, publishedAt: 1, expiresAt: 2 } as const

/** Items and regions are read as unsigned. */
export const I32 = { previous: 6, item: 7, regionsLow: 8, regionsHigh: 9, traits: 15 } as const

const categoriesAt = 20
export const U16 = { categories: categoriesAt, language: categoriesAt + categoriesPerItemMax } as const

/** The traits word: maturity in its lowest byte, then two counts and two flags. */
export const Traits = { maturityMask: 0xff, categoryCountShift: 8, creatorCountShift: 12, countMask: 0xf } as const
export const Flag = { hidden: 1 << 16, deleted: 1 << 17 } as const
