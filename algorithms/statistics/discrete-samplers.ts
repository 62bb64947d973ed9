import type { RandomSource } from './random.ts'

/**
 * Draws an index in proportion to its weight in constant time: Walker's alias method, built in O(n) as in
 * Vose, "A linear algorithm for generating random numbers with a given distribution", IEEE TSE 17(9), 1991.
 */
export class AliasTable {
  private readonly keep: Float64Array
  private readonly alias: Uint32Array

  /** Weights need not sum to one. Throws RangeError when one is negative or not finite, or when all are zero. */
  constructor(weights: ArrayLike<number>) {
    const n = weights.length
    const mean = checkedTotal(weights) / n
    this.keep = new Float64Array(n)
    this.alias = new Uint32Array(n)
    const stack = new Uint32Array(n)
    let small = 0
    let large = n
    for (let i = 0; i < n; i++) {
      this.keep[i] = weights[i] / mean
      this.alias[i] = i
      if (this.keep[i] < 1) stack[small++] = i
      else stack[--large] = i
    }
    while (small > 0 && large < n) {
      const poor = stack[--small]
      const rich = stack[large]
      this.alias[poor] = rich
      this.keep[rich] -= 1 - this.keep[poor]
      if (this.keep[rich] < 1) {
        large++
        stack[small++] = rich
      }
    }
    // What is left owes its distance from 1 to rounding alone.
    while (small > 0) this.keep[stack[--small]] = 1
  }

  sample(random: RandomSource): number {
    const scaled = random.next() * this.keep.length
    const column = Math.floor(scaled)
    return scaled - column < this.keep[column] ? column : this.alias[column]
  }
}

/**
 * Draws an index in [0, n) with probability proportional to (index + 1)^-exponent, in constant time and without tables:
 * rejection-inversion of Hörmann and Derflinger, "Rejection-inversion to generate variates from monotone discrete
 * distributions", ACM TOMACS 6(3), 1996.
 */
export class ZipfSampler {
  private readonly n: number
  private readonly exponent: number
  private readonly areaFirst: number
  private readonly areaLast: number
  private readonly squeeze: number

  /** `exponent` >= 0; 0 is uniform. Throws RangeError for anything else or n below 1. */
  constructor(n: number, exponent: number) {
    if (!Number.isInteger(n) || n < 1) throw new RangeError(`a Zipf law needs a whole number of ranks >= 1, got ${n}`)
    if (!(exponent >= 0 && exponent < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`the exponent of a Zipf law must be finite and >= 0, got ${exponent}`)
    }
    this.n = n
    this.exponent = exponent
    this.areaFirst = this.area(1.5) - 1
    this.areaLast = this.area(n + 0.5)
    this.squeeze = 2 - this.inverseArea(this.area(2.5) - this.density(2))
  }

  sample(random: RandomSource): number {
    for (;;) {
      const u = this.areaLast + random.next() * (this.areaFirst - this.areaLast)
      const x = this.inverseArea(u)
      const rank = Math.min(this.n, Math.max(1, Math.round(x)))
      if (rank - x <= this.squeeze || u >= this.area(rank + 0.5) - this.density(rank)) return rank - 1
    }
  }

  private density(x: number): number {
    return Math.exp(-this.exponent * Math.log(x))
  }

  /** The integral of the density from 1 to x. */
  private area(x: number): number {
    const logX = Math.log(x)
    const power = (1 - this.exponent) * logX
    return Math.abs(power) < 1e-8 ? logX * (1 + power / 2) : (Math.expm1(power) / power) * logX
  }

  private inverseArea(area: number): number {
    const t = Math.max(-1, area * (1 - this.exponent))
    return Math.exp(Math.abs(t) < 1e-8 ? area * (1 - t / 2) : (Math.log1p(t) / t) * area)
  }
}

/** One draw by inversion, for weights that are used once; -1 when all are zero. O(n); build an AliasTable for many. */
export function sampleCategorical(random: RandomSource, weights: ArrayLike<number>): number {
  let total = 0
  for (let i = 0; i < weights.length; i++) total += weights[i]
  let remaining = random.next() * total
  let last = -1
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] <= 0) continue
    last = i
    remaining -= weights[i]
    if (remaining < 0) return i
  }
  return last
}

function checkedTotal(weights: ArrayLike<number>): number {
  let total = 0
  for (let i = 0; i < weights.length; i++) {
    if (!(weights[i] >= 0)) throw new RangeError(`weight ${i} is ${weights[i]}: weights must be finite and >= 0`)
    total += weights[i]
  }
  if (!(total > 0 && total < Number.POSITIVE_INFINITY)) {
    throw new RangeError(
      `the weights of ${weights.length} outcomes sum to ${total}: the sum must be positive and finite`,
    )
  }
  return total
}
