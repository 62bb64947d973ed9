/**
 * A title in the catalogue, as the outside world states it. Times are epoch milliseconds.
 * `regions` lists where it is licensed; absent or empty means everywhere.
 */
export interface Item {
  readonly id: string
  readonly title: string
  readonly text?: string
  /** Most important first: rules about runs of one category look at the first. */
  readonly categories: readonly string[]
  readonly creators: readonly string[]
  readonly publishedAt?: number
  readonly expiresAt?: number
  readonly regions?: readonly string[]
  /** Minimum age in years of a person this may be shown to, 0 to 21. */
  readonly maturity?: number
  readonly language?: string
  readonly labels?: readonly string[]
  /** A hidden item is kept and counted but never served. */
  readonly hidden?: boolean
  /** Vectors made elsewhere, by the name of their space. */
  readonly vectors?: Readonly<Record<string, readonly number[]>>
}
