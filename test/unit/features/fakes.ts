import { compose } from '../../../config/composition.ts'
import { buildSettings } from '../../../config/settings.ts'
import { type CounterReader, counterColumnCount } from '../../../domain/counters.ts'
import type { ItemReader, VectorReader } from '../../../domain/item-table/item-reader.ts'
import { createEventRoles, eventSettings } from '../../../features/event-roles.ts'
import type { FoldedEvent } from '../../../features/folded-event.ts'
import type { CounterSlots } from '../../../features/item-counters.ts'
import { type FeatureSettings, featureSettings } from '../../../features/settings.ts'

const defaults = buildSettings(compose([featureSettings, eventSettings]), new Map())

export const defaultSettings: FeatureSettings = defaults.of(featureSettings)
export const rolesOf = createEventRoles(defaults.of(eventSettings))

export interface FakeItem {
  readonly publishedAt?: number
  readonly categories?: readonly number[]
  readonly creators?: readonly number[]
  readonly maturity?: number
  readonly language?: number
  /** Region codes. */
  readonly regions?: readonly number[]
  readonly deleted?: boolean
}

/** One row per item, written at journal number `seq` (0: always there). Row and ordinal differ on purpose. */
export class FakeItems implements ItemReader {
  readonly #items: readonly FakeItem[]
  readonly #seq: number

  constructor(items: readonly FakeItem[], seq = 0) {
    this.#items = items
    this.#seq = seq
  }

  get itemCount() {
    return this.#items.length
  }

  get rowCount() {
    return this.#items.length
  }

  rowAt(item: number, catalogSeq: number) {
    return catalogSeq >= this.#seq ? this.currentRow(item) : -1
  }

  currentRow(item: number) {
    return item < this.#items.length ? this.#items.length - 1 - item : -1
  }

  itemOf(row: number) {
    return this.#items.length - 1 - row
  }

  seqOf() {
    return this.#seq
  }

  publishedAt(row: number) {
    return this.#of(row).publishedAt ?? Number.NaN
  }

  expiresAt() {
    return Number.POSITIVE_INFINITY
  }

  isDeleted(row: number) {
    return this.#of(row).deleted ?? false
  }

  isHidden() {
    return false
  }

  maturity(row: number) {
    return this.#of(row).maturity ?? 0
  }

  language(row: number) {
    return this.#of(row).language ?? 0
  }

  regionsLow(row: number) {
    return regionBits(this.#of(row).regions ?? [], 1)
  }

  regionsHigh(row: number) {
    return regionBits(this.#of(row).regions ?? [], 33)
  }

  categoryCount(row: number) {
    return this.#of(row).categories?.length ?? 0
  }

  categoryAt(row: number, index: number) {
    return this.#of(row).categories![index]
  }

  creatorCount(row: number) {
    return this.#of(row).creators?.length ?? 0
  }

  creatorAt(row: number, index: number) {
    return this.#of(row).creators![index]
  }

  #of(row: number): FakeItem {
    return this.#items[this.itemOf(row)]
  }
}

function regionBits(regions: readonly number[], first: number): number {
  return (
    regions.reduce((bits, code) => (code >= first && code < first + 32 ? bits | (1 << (code - first)) : bits), 0) >>> 0
  )
}

/** Vectors by row; `undefined` is an absent one. */
export class FakeVectors implements VectorReader {
  readonly dimension: number
  readonly #rows: readonly (readonly number[] | undefined)[]

  constructor(dimension: number, rows: readonly (readonly number[] | undefined)[]) {
    this.dimension = dimension
    this.#rows = rows.map(row => row && Array.from(Float32Array.from(row)))
  }

  has(row: number) {
    return this.#rows[row] !== undefined
  }

  dot(row: number, query: Float32Array) {
    return (this.#rows[row] ?? []).reduce((sum, x, i) => sum + x * query[i], 0)
  }

  dotRows(a: number, b: number) {
    return this.has(b) ? this.dot(a, Float32Array.from(this.#rows[b]!)) : 0
  }

  copyInto(row: number, out: Float32Array, offset: number) {
    const vector = this.#rows[row]
    if (vector === undefined) return false
    out.set(vector, offset)
    return true
  }
}

/** Counters of `itemCount` items in one chunk, written by the fold and read as an epoch. */
export class FakeCounters implements CounterSlots, CounterReader {
  readonly epoch = 1
  readonly at = 0
  readonly columns: Float32Array
  readonly #lastAt: Float64Array
  readonly #totals = new Float64Array(counterColumnCount)

  constructor(itemCount: number) {
    this.columns = new Float32Array(itemCount * counterColumnCount)
    this.#lastAt = new Float64Array(itemCount)
  }

  values() {
    return this.columns
  }

  offset(item: number) {
    return item * counterColumnCount
  }

  lastAt(item: number) {
    return this.#lastAt[item]
  }

  setLastAt(item: number, at: number) {
    this.#lastAt[item] = at
  }

  addTotal(column: number, amount: number) {
    this.#totals[column] += amount
  }

  value(item: number, column: number) {
    return this.columns[item * counterColumnCount + column]
  }

  total(column: number) {
    return this.#totals[column]
  }
}

/** An event with everything but what a test is about at its default; ids follow the journal number. */
export function event(
  fields: Partial<FoldedEvent> & Pick<FoldedEvent, 'seq' | 'item' | 'roles' | 'time'>,
): FoldedEvent {
  return {
    eventIdHash: fields.seq * 7919,
    userHash: 1,
    value: Number.NaN,
    region: 0,
    language: 0,
    device: 0,
    ...fields,
  }
}
