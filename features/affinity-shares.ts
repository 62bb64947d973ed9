import { CodeTable } from './code-table.ts'
import { smoothedRate } from './numeric.ts'

/** Weight of the user's own average in the positive rate of one category or creator. */
const rateStrength = 3
const positivePrior = 0.3

/**
 * The affinities of a user by category or creator, each as a share of the user's total, ready to be looked up for
 * every candidate. A code without affinity reads 0, its positive rate the user's average.
 */
export class AffinityShares {
  readonly #codes = new CodeTable()
  /** Shares of clicks, positives and negatives, then the positive rate, by position of the code. */
  #clicks = new Float64Array(0)
  #positives = new Float64Array(0)
  #negatives = new Float64Array(0)
  #positiveRates = new Float64Array(0)
  #averagePositiveRate = positivePrior

  fill(codes: Uint32Array, clicks: Float32Array, positives: Float32Array, negatives: Float32Array): void {
    const count = codes.length
    this.#codes.clear(count)
    if (this.#clicks.length < count) {
      this.#clicks = new Float64Array(count)
      this.#positives = new Float64Array(count)
      this.#negatives = new Float64Array(count)
      this.#positiveRates = new Float64Array(count)
    }
    const totalClicks = sum(clicks)
    const totalPositives = sum(positives)
    const totalNegatives = sum(negatives)
    this.#averagePositiveRate = smoothedRate(totalPositives, totalClicks, positivePrior, rateStrength)
    for (let i = 0; i < count; i++) {
      this.#codes.add(codes[i])
      this.#clicks[i] = share(clicks[i], totalClicks)
      this.#positives[i] = share(positives[i], totalPositives)
      this.#negatives[i] = share(negatives[i], totalNegatives)
      this.#positiveRates[i] = smoothedRate(positives[i], clicks[i], this.#averagePositiveRate, rateStrength)
    }
  }

  /** Position of a code for the readers below, −1 when the user has no affinity with it. */
  find(code: number): number {
    return this.#codes.find(code)
  }

  clickShare(position: number): number {
    return position < 0 ? 0 : this.#clicks[position]
  }

  positiveShare(position: number): number {
    return position < 0 ? 0 : this.#positives[position]
  }

  negativeShare(position: number): number {
    return position < 0 ? 0 : this.#negatives[position]
  }

  positiveRate(position: number): number {
    return position < 0 ? this.#averagePositiveRate : this.#positiveRates[position]
  }
}

function sum(weights: Float32Array): number {
  let total = 0
  for (let i = 0; i < weights.length; i++) total += weights[i]
  return total
}

function share(weight: number, total: number): number {
  return total > 0 ? weight / total : 0
}
