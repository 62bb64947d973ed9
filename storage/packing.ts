import { Packr, RESERVE_START_SPACE } from 'msgpackr'

/**
 * MessagePack without msgpackr's own record extension, so that any MessagePack library reads it.
 * `undefined` is written as nil; binary fields are copied when read, so they begin at offset 0 of a buffer of their own.
 */
const packr = new Packr({ useRecords: false, encodeUndefinedAsNil: true, copyBuffers: true })

/** Every field is named, if only as undefined: a decoder of this type does not compile once it misses a new field. */
export type Complete<T> = { readonly [K in keyof Required<T>]: T[K] }

/** The returned bytes share a pooled buffer with their neighbours and are not written again. */
export function pack(value: unknown): Uint8Array {
  return packr.pack(value)
}

/** The same after one byte of the caller's. */
export function packTagged(tag: number, value: unknown): Uint8Array {
  const bytes = packr.pack(value, RESERVE_START_SPACE | 1)
  bytes[0] = tag
  return bytes
}

/** @throws when the bytes are not one complete MessagePack value */
export function unpack(bytes: Uint8Array, start: number, end: number): unknown {
  // msgpackr takes an end of 0 for no end.
  if (start >= end) throw new RangeError('no bytes to unpack')
  return packr.unpack(bytes, { start, end })
}

/** A number field that may hold any double: msgpackr alone would turn -0 into 0, so -0 travels as `false`. */
export function packDouble(value: number | undefined): number | false | undefined {
  return Object.is(value, -0) ? false : value
}

export function unpackDouble(field: number | false | null): number | undefined {
  return field === false ? -0 : (field ?? undefined)
}

export function bytesOf(array: Float32Array | Float64Array | Uint32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}

/** Bytes as `unpack` returned them: aligned and nobody else's. Byte order is little-endian, as on every platform of Node. */
export function floatsFrom(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2)
}

export function doublesFrom(bytes: Uint8Array): Float64Array {
  return new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 3)
}

export function uintsFrom(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2)
}
