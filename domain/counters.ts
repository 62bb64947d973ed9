/**
 * One published epoch of the item counters, immutable and readable from any thread. The epoch's number is the journal
 * number of the record that published it: it holds exactly the events before that number.
 */
export interface CounterReader {
  readonly epoch: number
  /** Epoch ms of publication by the data directory's clock. */
  readonly at: number
  /** Value of one counter of `item`; an item without events reads 0. Columns are `CounterColumn`. */
  value(item: number, column: number): number
  /** Epoch ms of the item's last counted event, 0 when none. Decayed columns are as of this time. */
  lastAt(item: number): number
  /** Sum over all items of one undecayed column. */
  total(column: number): number
}

/** Columns of the item counters. Decayed ones halve every `…HalfLifeMs`, see `features/item-counters.ts`. */
export const CounterColumn = {
  impressions: 0,
  clicks: 1,
  finishes: 2,
  positives: 3,
  negatives: 4,
  valueSum: 5,
  valueCount: 6,
  clicksShort: 7,
  clicksLong: 8,
  positivesLong: 9,
} as const
export const counterColumnCount = 10
