/**
 * A log of impressions with several outcomes each, in columns, whatever format it came from.
 *
 * Invariants
 * 1. Rows stand in the order of their time.
 * 2. Nothing but `outcomes` says what happened after an impression; every other column was known before it.
 */

/** A categorical column; values are numbered from 0. */
export interface CategoryColumn {
  readonly name: string
  /** What the value belongs to: who saw it, what was shown, or the impression itself. */
  readonly of: 'user' | 'item' | 'impression'
  /** [rows] */
  readonly values: Int32Array
  readonly size: number
  /** Value of every item [items], for columns of items: histories name items that the log may not show. */
  readonly byItem?: Int32Array
  /** Whether what a person thinks of each value is counted. */
  readonly perUser: boolean
}

/** A number known before the impression, on a scale that suits a linear model; finite. */
export interface NumberColumn {
  readonly name: string
  readonly values: Float32Array
}

/** What a person had seen before the log, without the time of each impression: known as a whole after `time`. */
export interface EarlierImpressions {
  readonly time: number
  readonly user: number
  readonly items: Int32Array
  /** [items.length, signals] */
  readonly outcomes: Float32Array
}

export interface RankingLog {
  readonly rows: number
  /** [rows], epoch ms, never falling. */
  readonly times: Float64Array
  /** [rows] */
  readonly users: Int32Array
  /** [rows] */
  readonly items: Int32Array
  readonly userCount: number
  readonly itemCount: number
  /** Names of the outcomes. */
  readonly signals: readonly string[]
  /** [rows, signals] in [0, 1]; NaN where it is not known. */
  readonly outcomes: Float32Array
  /** Signals that a network with several objectives learns beside those it is judged by, because they tell it more. */
  readonly auxiliary?: readonly string[]
  /** Where on the screen or in the product the impression was: what the expected rate of an outcome depends on. */
  readonly context: CategoryColumn
  readonly categories: readonly CategoryColumn[]
  readonly numbers: readonly NumberColumn[]
  /** [rows], the list that a row was ranked in. */
  readonly requests: Int32Array
  /** What a request is in this log, for the report. */
  readonly requestMeaning: string
  /** [rows], 0 for the first place; absent where the log does not say. */
  readonly positions?: Int32Array
  /** By rising time. */
  readonly earlier: readonly EarlierImpressions[]
}

/** The input cannot be evaluated, and why. */
export class RankingLogInvalid extends Error {
  override readonly name = 'RankingLogInvalid'
}
