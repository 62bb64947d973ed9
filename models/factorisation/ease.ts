/**
 * EASE, an item-to-item model in closed form: Steck, "Embarrassingly Shallow Autoencoders for Sparse Data" (WWW 2019).
 * With P = (XᵀWX + λI)⁻¹ the weights are B = −P / diag(P) with a zero diagonal; a person's scores are x B. W weighs users
 * by (n_u / mean n)^−γ; γ = 0 is the paper's form, with which a user counts by the square of their interactions.
 */
import { type Histories, historyOf } from '../histories.ts'
import { invertSymmetric } from './symmetric-inverse.ts'

/** Weights are items², which this many items hold to 3.6 GB. */
const itemsMax = 30_000

export interface EaseSettings {
  /** λ, positive. */
  readonly regularisation: number
  /** γ. */
  readonly userWeightExponent: number
}

/**
 * @returns B [items, items]: row of the item met, column of the item scored
 * @throws RangeError for more than 30,000 items, or a λ that is not positive
 */
export async function trainEase(
  histories: Histories,
  { regularisation, userWeightExponent }: EaseSettings,
  threads: number,
): Promise<Float32Array> {
  const { items } = histories
  if (items > itemsMax) throw new RangeError(`EASE holds items² weights: ${items} items are more than ${itemsMax}.`)
  if (!(regularisation > 0)) throw new RangeError(`The regularisation of EASE must be positive, not ${regularisation}.`)
  const gram = coOccurrences(histories, userWeightExponent)
  for (let at = 0; at < gram.length; at += items + 1) gram[at] += regularisation
  const weights = await invertSymmetric(gram, items, threads)
  const diagonal = Float32Array.from({ length: items }, (_, item) => weights[item * items + item])
  for (let row = 0; row < items; row++) {
    const own = weights.subarray(row * items, (row + 1) * items)
    for (let column = 0; column < items; column++) own[column] /= -diagonal[column]
    own[row] = 0
  }
  return weights
}

/**
 * XᵀWX [items, items] for X of zeros and ones: in how many histories two items stand together, histories weighted.
 * Counted from the pairs of each history, which at a few hundred items a history costs no more than the dense product.
 * Without weights exact below 2²⁴ people.
 */
export function coOccurrences(histories: Histories, userWeightExponent = 0): Float32Array {
  const { users, items } = histories
  const mean = histories.itemOf.length / users
  const counts = new Float32Array(items * items)
  for (let user = 0; user < users; user++) {
    const own = new Set(historyOf(histories, user))
    const sorted = Uint32Array.from(own).sort()
    const weight = (sorted.length / mean) ** -userWeightExponent
    for (const row of sorted) {
      const begin = row * items
      for (let at = 0; at < sorted.length; at++) counts[begin + sorted[at]] += weight
    }
  }
  return counts
}
