import type { CounterReader } from '../domain/counters.ts'
import type { ItemReader } from '../domain/item-table/item-reader.ts'
import type { RequestFrame } from './request-frame.ts'

/** True keeps the item. Called once per offered item, so it captures everything that depends on the request alone. */
export type KeepTest = (item: number, row: number) => boolean

export interface FilterTables {
  readonly items: ItemReader
  readonly counters: CounterReader
}

/**
 * A hard rule about what may be shown. Filters run before ranking, where candidates are proposed, so that a budget is
 * spent on items that can be served; a filter that throws closes the request's retrieval rather than let an item pass.
 */
export interface Filter {
  readonly name: string
  /** The test for one request, or null when this request has nothing to filter by this rule. */
  prepare(query: RequestFrame, tables: FilterTables): KeepTest | null
}
