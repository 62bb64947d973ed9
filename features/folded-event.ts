import type { RoleSet } from '../domain/roles.ts'

/** An event of the journal as the folds read it: every name is a number. */
export interface FoldedEvent {
  readonly seq: number
  /** 53 bits of the event id, see `hashEventId`. */
  readonly eventIdHash: number
  /** 32 bits of the user id. */
  readonly userHash: number
  /** Ordinal of the item. */
  readonly item: number
  readonly roles: RoleSet
  /** NaN when the event has none. */
  readonly value: number
  /** Epoch ms. */
  readonly time: number
  /** Codes of the context, 0 when it did not say. */
  readonly region: number
  readonly language: number
  readonly device: number
}

/** A value beyond this is taken as this: sums of values must stay finite. */
const valueMax = 1e6

/** The value as the folds add it up; NaN stays NaN, which means none. */
export function boundedValue(value: number): number {
  return Math.min(valueMax, Math.max(-valueMax, value))
}

/**
 * 53 bits of an event id, so that two ids of one user's window of 256 collide once in about 3·10¹³ events. Two lanes
 * of the FNV-1a scheme (Fowler, Noll, Vo) over UTF-16 units with different multipliers, each ended by the finaliser of
 * MurmurHash3 (Appleby).
 */
export function hashEventId(id: string): number {
  let low = 0x811c9dc5
  let high = 0x9747b28c
  for (let i = 0; i < id.length; i++) {
    const unit = id.charCodeAt(i)
    low = Math.imul(low ^ unit, 0x01000193)
    high = Math.imul(high ^ unit, 0x9e3779b1)
  }
  return (avalanche(high) & 0x1fffff) * 0x1_0000_0000 + avalanche(low)
}

function avalanche(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
