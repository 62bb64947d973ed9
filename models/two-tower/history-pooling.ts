/**
 * A history as the user tower takes it: means of item vectors, one per rate at which older entries fade. Mean p is
 *   Σ_k w_k γ_p^k v_k / Σ_k |w_k| γ_p^k
 * over the entries k = 0, 1, … from the newest on, with engagement weights w (negative for what was disliked) and vectors v
 * of the item tower. Rates near 0 keep what was last on the mind, rates near 1 what someone always liked. Two more columns
 * say how long the history is, so that a mean of two is not taken for a mean of fifty.
 */

export interface PoolingSettings {
  /** Dimension of the item vectors. */
  readonly dimension: number
  /** γ of each mean, in (0, 1]. */
  readonly decays: readonly number[]
  /** Newest entries that count. */
  readonly historyLength: number
}

const lengthColumns = 2
const lengthScale = 5

/** Columns of one row: the means one after another, then what is known of the length. */
export function pooledWidth({ dimension, decays }: PoolingSettings): number {
  return dimension * decays.length + lengthColumns
}

/**
 * Writes the factor of every entry in every mean, [decays.length × historyLength], to `out` from `at` on: entry k of the
 * history has its factors in column k, and what is behind the end of the history has zeros.
 * @param weightAt weight of the entry, counted from the newest; 0 leaves it out
 */
export function writePoolingFactors(
  { decays, historyLength }: PoolingSettings,
  length: number,
  weightAt: (entry: number) => number,
  out: Float32Array,
  at = 0,
): void {
  const count = Math.min(length, historyLength)
  for (const [mean, decay] of decays.entries()) {
    const begin = at + mean * historyLength
    let total = 0
    let fade = 1
    for (let entry = 0; entry < count; entry++, fade *= decay) {
      const factor = weightAt(entry) * fade
      out[begin + entry] = factor
      total += Math.abs(factor)
    }
    const scale = total === 0 ? 0 : 1 / total
    for (let entry = 0; entry < count; entry++) out[begin + entry] *= scale
    out.fill(0, begin + count, begin + historyLength)
  }
}

/** Writes the two columns about the length, to `out` from `at` on. */
export function writeLength({ historyLength }: PoolingSettings, length: number, out: Float32Array, at: number): void {
  out[at] = Math.log1p(Math.min(length, historyLength)) / lengthScale
  out[at + 1] = length === 0 ? 1 : 0
}

/** A history for the user tower, newest entry first. */
export interface PooledHistory {
  readonly length: number
  /** Engagement weight of an entry. */
  weightAt(entry: number): number
  /** Adds `factor` times the entry's item vector to `out[at, at + dimension)`; nothing where the item has no vector. */
  addVector(entry: number, factor: number, out: Float32Array, at: number): void
}

/** Writes one row [`pooledWidth`] to `out` from `at` on. */
export function poolHistory(settings: PoolingSettings, history: PooledHistory, out: Float32Array, at = 0): void {
  const { dimension, decays, historyLength } = settings
  const factors = new Float32Array(decays.length * historyLength)
  writePoolingFactors(settings, history.length, entry => history.weightAt(entry), factors)
  out.fill(0, at, at + pooledWidth(settings))
  const count = Math.min(history.length, historyLength)
  for (let mean = 0; mean < decays.length; mean++) {
    for (let entry = 0; entry < count; entry++) {
      const factor = factors[mean * historyLength + entry]
      if (factor !== 0) history.addVector(entry, factor, out, at + mean * dimension)
    }
  }
  writeLength(settings, history.length, out, at + dimension * decays.length)
}
