import type { Item } from '../domain/item.ts'
import type { User } from '../domain/user.ts'
import { bytesOf, type Complete, doublesFrom, floatsFrom, pack, unpack } from './packing.ts'

/**
 * Items and users as arrays of fields by position. A position is never reused: new fields go to the end,
 * where an older record reads as absent. Absent fields read as `undefined`.
 */

type Nullable<T> = T | null
type PackedVector = readonly [space: string, bytesPerNumber: 4 | 8, bytes: Uint8Array]

type ItemFields = readonly [
  id: string,
  title: string,
  text: Nullable<string>,
  categories: string[],
  creators: string[],
  publishedAt: Nullable<number>,
  expiresAt: Nullable<number>,
  regions: Nullable<string[]>,
  maturity: Nullable<number>,
  language: Nullable<string>,
  labels: Nullable<string[]>,
  hidden: Nullable<boolean>,
  vectors: Nullable<PackedVector[]>,
]

type UserFields = readonly [
  id: string,
  region: Nullable<string>,
  language: Nullable<string>,
  ageBand: Nullable<string>,
  device: Nullable<string>,
  labels: Nullable<string[]>,
]

/** A whole item as bytes, for the item documents. */
export function encodeItem(item: Item): Uint8Array {
  return pack(packItem(item))
}

export function decodeItem(bytes: Uint8Array): Item {
  return unpackItem(unpack(bytes, 0, bytes.length))
}

export function packItem(item: Item): unknown[] {
  return [
    item.id,
    item.title,
    item.text,
    item.categories,
    item.creators,
    item.publishedAt,
    item.expiresAt,
    item.regions,
    item.maturity,
    item.language,
    item.labels,
    item.hidden,
    item.vectors && Object.entries(item.vectors).map(([space, vector]) => packVector(space, vector)),
  ]
}

export function unpackItem(packed: unknown): Complete<Item> {
  const fields = packed as ItemFields
  return {
    id: fields[0],
    title: fields[1],
    text: fields[2] ?? undefined,
    categories: fields[3],
    creators: fields[4],
    publishedAt: fields[5] ?? undefined,
    expiresAt: fields[6] ?? undefined,
    regions: fields[7] ?? undefined,
    maturity: fields[8] ?? undefined,
    language: fields[9] ?? undefined,
    labels: fields[10] ?? undefined,
    hidden: fields[11] ?? undefined,
    vectors: fields[12] ? Object.fromEntries(fields[12].map(unpackVector)) : undefined,
  }
}

export function packUser(user: User): unknown[] {
  return [user.id, user.region, user.language, user.ageBand, user.device, user.labels]
}

export function unpackUser(packed: unknown): Complete<User> {
  const fields = packed as UserFields
  return {
    id: fields[0],
    region: fields[1] ?? undefined,
    language: fields[2] ?? undefined,
    ageBand: fields[3] ?? undefined,
    device: fields[4] ?? undefined,
    labels: fields[5] ?? undefined,
  }
}

/** Vectors usually come from float32 models: half the bytes, wherever that loses nothing. */
function packVector(space: string, vector: readonly number[]): PackedVector {
  const exact = vector.every(x => Object.is(Math.fround(x), x))
  return exact ? [space, 4, bytesOf(Float32Array.from(vector))] : [space, 8, bytesOf(Float64Array.from(vector))]
}

function unpackVector([space, bytesPerNumber, bytes]: PackedVector): [string, number[]] {
  return [space, Array.from(bytesPerNumber === 4 ? floatsFrom(bytes) : doublesFrom(bytes))]
}
