/**
 * How often each outcome followed the impressions of a key, beside how often it would have been expected to: clicks over
 * expected clicks (Zhang & Jones, WWW 2007), which takes out where an impression was shown.
 *
 * Invariant: a key that nobody has added to reads as one whose outcomes came exactly as expected.
 */

/** Tells of one impression by key. */
export interface Outcomes {
  /** [any, signals]; NaN where it is not known. */
  readonly observed: Float32Array
  /** Index of the impression's first outcome. */
  readonly at: number
  /** Probability of each outcome as it was expected [signals]. */
  readonly expected: Float64Array
}

export class OutcomeRates {
  readonly #signals: number
  readonly #stride: number
  /** Impressions of the prior. */
  readonly #strength: number
  readonly #slots = new Map<number, number>()
  #sums: Float64Array

  constructor(signals: number, strength: number) {
    this.#signals = signals
    this.#stride = 1 + 2 * signals
    this.#strength = strength
    this.#sums = new Float64Array(64 * this.#stride)
  }

  /** Columns that `write` fills. */
  get width(): number {
    return 1 + this.#signals
  }

  add(key: number, { observed, at, expected }: Outcomes): void {
    const begin = this.#slot(key) * this.#stride
    const sums = this.#sums
    sums[begin]++
    for (let signal = 0; signal < this.#signals; signal++) {
      const outcome = observed[at + signal]
      if (Number.isNaN(outcome)) continue
      sums[begin + 1 + 2 * signal] += outcome
      sums[begin + 2 + 2 * signal] += expected[signal]
    }
  }

  /**
   * Writes log(1 + impressions), then by signal the logarithm of observed over expected, both smoothed.
   * @param typical overall probability of each outcome [signals]: what one impression of the prior expects
   */
  write(key: number, typical: Float64Array, out: Float32Array, at: number): void {
    const slot = this.#slots.get(key)
    if (slot === undefined) {
      out.fill(0, at, at + this.width)
      return
    }
    const begin = slot * this.#stride
    out[at] = Math.log1p(this.#sums[begin])
    for (let signal = 0; signal < this.#signals; signal++) {
      const prior = this.#strength * typical[signal]
      const observed = this.#sums[begin + 1 + 2 * signal]
      const expected = this.#sums[begin + 2 + 2 * signal]
      out[at + 1 + signal] = Math.log((observed + prior) / (expected + prior))
    }
  }

  #slot(key: number): number {
    const known = this.#slots.get(key)
    if (known !== undefined) return known
    const slot = this.#slots.size
    this.#slots.set(key, slot)
    if ((slot + 1) * this.#stride > this.#sums.length) {
      const sums = new Float64Array(this.#sums.length * 2)
      sums.set(this.#sums)
      this.#sums = sums
    }
    return slot
  }
}

/** The probability of each outcome by context, learned as the log goes by: what `OutcomeRates` expects. */
export class ExpectedOutcomes {
  /** Overall probability of each outcome [signals]; one half before anything is known. */
  readonly typical: Float64Array
  readonly #signals: number
  readonly #positive: Float64Array
  readonly #known: Float64Array

  constructor(signals: number, contexts: number) {
    this.#signals = signals
    this.typical = new Float64Array(signals).fill(0.5)
    // The last row counts all contexts together.
    this.#positive = new Float64Array((contexts + 1) * signals)
    this.#known = new Float64Array((contexts + 1) * signals)
  }

  /** @param context where it was, or −1 where that is not known */
  add(context: number, observed: Float32Array, at: number): void {
    const all = this.#positive.length - this.#signals
    for (let signal = 0; signal < this.#signals; signal++) {
      const outcome = observed[at + signal]
      if (Number.isNaN(outcome)) continue
      for (const row of context < 0 ? [all] : [context * this.#signals, all]) {
        this.#positive[row + signal] += outcome
        this.#known[row + signal]++
      }
      this.typical[signal] = (this.#positive[all + signal] + 1) / (this.#known[all + signal] + 2)
    }
  }

  /** Writes the probability of each outcome in the context; twenty impressions of the overall one stand behind it. */
  read(context: number, out: Float64Array): void {
    const prior = 20
    for (let signal = 0; signal < this.#signals; signal++) {
      const index = context * this.#signals + signal
      out[signal] = (this.#positive[index] + prior * this.typical[signal]) / (this.#known[index] + prior)
    }
  }
}
