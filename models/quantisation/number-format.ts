/**
 * Eight-bit numbers for real ones: real = scale · (stored − zero). Activations are unsigned with one scale per tensor,
 * weights signed and symmetric with one scale per output (Jacob et al., CVPR 2018; Krishnamoorthi, arXiv 1806.08342).
 */

/** How a tensor of activations is stored. */
export interface ActivationFormat {
  readonly scale: number
  /** Stored value of the real 0, which is exact: a padded or inactive input stays nothing. */
  readonly zero: number
}

export interface QuantisedWeights {
  /** [k, n] row-major, like the weights. */
  readonly values: Int8Array
  /** One per output [n]. */
  readonly scales: Float32Array
}

const storedMax = 255

/** The format that reaches from `low` to `high`, widened to hold 0. A range of nothing gets scale 1. */
export function activationFormat(low: number, high: number): ActivationFormat {
  const [from, to] = [Math.min(0, low), Math.max(0, high)]
  if (from === to) return { scale: 1, zero: 0 }
  const scale = Math.fround((to - from) / storedMax)
  return { scale, zero: Math.min(storedMax, Math.round(-from / scale)) }
}

/**
 * @param weights [k, n]
 * @param bits 8 uses −127…127. 7 uses −63…63: processors without VNNI add two products of an activation and a weight in 16
 *   bits, and 255 · 127 twice does not fit there.
 */
export function quantiseWeights(weights: Float32Array, outputs: number, bits: 7 | 8): QuantisedWeights {
  const largest = bits === 8 ? 127 : 63
  const scales = new Float32Array(outputs)
  weights.forEach((weight, at) => {
    scales[at % outputs] = Math.max(scales[at % outputs], Math.abs(weight) / largest)
  })
  for (let output = 0; output < outputs; output++) if (scales[output] === 0) scales[output] = 1
  const clamp = (value: number) => Math.max(-largest, Math.min(largest, value))
  const values = Int8Array.from(weights, (weight, at) => clamp(Math.round(weight / scales[at % outputs])))
  return { values, scales }
}
