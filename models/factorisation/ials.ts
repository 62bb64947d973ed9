/**
 * Matrix factorisation of implicit feedback by alternating least squares (Hu, Koren & Volinsky, ICDM 2008) in the form and with
 * the frequency-scaled regularisation of Rendle, Krichene, Zhang & Koren, "Revisiting the Performance of iALS on Item
 * Recommendation Benchmarks" (RecSys 2022):
 *   Σ over observed (u, i) of c_ui (1 − x_u·y_i)² + α₀ Σ over all (u, i) of (x_u·y_i)²
 *   + λ Σ_u (n_u + α₀·items)^ν |x_u|² + λ Σ_i (n_i + α₀·users)^ν |y_i|²
 * When item vectors are solved, both sums weigh a user by (n_u / mean n)^−γ, so that a few heavy users do not decide what
 * the items mean; γ = 0 is the paper's form.
 */

import { normal } from '../engine/initialisers.ts'
import { deriveKey } from '../engine/random.ts'
import { LeastSquaresSolver, type SparseRows } from './ials-solver.ts'

export interface IalsSettings {
  readonly dimension: number
  /** λ. */
  readonly regularisation: number
  /** ν: 1 regularises in proportion to the number of entries, 0 all rows alike. */
  readonly frequencyExponent: number
  /** α₀, the weight of a cell nobody has seen. */
  readonly unobservedWeight: number
  /** γ: 0 weighs interactions alike, 1 users; 0 when left out. */
  readonly userWeightExponent?: number
  readonly epochs: number
  readonly seed: number
  readonly threads: number
}

export const ialsDefaults: Omit<IalsSettings, 'seed'> = {
  dimension: 64,
  regularisation: 0.006,
  frequencyExponent: 1,
  unobservedWeight: 0.4,
  epochs: 12,
  threads: 2,
}

/** Who met what, by user: entry values are confidences, positive. */
export interface Interactions extends SparseRows {
  readonly users: number
  readonly items: number
}

export interface ImplicitFactors {
  /** [users, dimension] */
  readonly userFactors: Float32Array
  /** [items, dimension] */
  readonly itemFactors: Float32Array
}

/**
 * Trains for the given number of epochs. At the end the user vectors are those that fit the final item vectors, which is what
 * a fold-in of the same entries gives.
 * @param onEpoch called after each epoch; returning false ends the training there
 * @throws RangeError when the interactions contradict themselves
 */
export async function trainIals(
  interactions: Interactions,
  settings: IalsSettings,
  onEpoch: (epoch: number) => boolean = () => true,
): Promise<ImplicitFactors> {
  const { dimension, unobservedWeight, userWeightExponent = 0, epochs, seed, threads } = settings
  const { users, items } = interactions
  checkInteractions(interactions)
  const weights = userWeights(interactions, userWeightExponent)
  const byItem = transpose(interactions, weights)
  const userFactors = new Float32Array(users * dimension)
  const itemFactors = new Float32Array(items * dimension)
  const initialise = normal(0.1 / Math.sqrt(dimension))
  initialise(itemFactors, [items, dimension], deriveKey(seed, 'ials', 'items'))
  const ridge = (others: number) => (entries: number) => ridgeOf(settings, entries, others)
  const solver = await LeastSquaresSolver.open(dimension, unobservedWeight, threads)
  try {
    for (let epoch = 1; epoch <= epochs; epoch++) {
      await solver.solve(interactions, itemFactors, userFactors, ridge(items))
      const pulling = userWeightExponent === 0 ? userFactors : scaledByRoot(userFactors, weights)
      await solver.solve(byItem, userFactors, itemFactors, ridge(users), pulling)
      if (!onEpoch(epoch)) break
    }
    await solver.solve(interactions, itemFactors, userFactors, ridge(items))
  } finally {
    await solver.close()
  }
  return { userFactors, itemFactors }
}

/** λ (n + α₀·others)^ν for a row of n entries. */
export function ridgeOf(
  settings: Pick<IalsSettings, 'regularisation' | 'frequencyExponent' | 'unobservedWeight'>,
  entries: number,
  others: number,
): number {
  return settings.regularisation * (entries + settings.unobservedWeight * others) ** settings.frequencyExponent
}

/** [users], (n_u / mean n)^−exponent; 1 for users without entries. */
function userWeights({ users, offsets, indices }: Interactions, exponent: number): Float64Array {
  const mean = indices.length / users
  return Float64Array.from({ length: users }, (_, user) => {
    const entries = offsets[user + 1] - offsets[user]
    return entries === 0 ? 1 : (entries / mean) ** -exponent
  })
}

/** Each row times the root of its weight. */
function scaledByRoot(factors: Float32Array, weights: Float64Array): Float32Array {
  const dimension = factors.length / weights.length
  const roots = weights.map(Math.sqrt)
  return factors.map((value, at) => value * roots[Math.floor(at / dimension)])
}

/** The same entries by item, users in rising order within each; values are multiplied by the weight of their user. */
function transpose({ users, items, offsets, indices, values }: Interactions, weights: Float64Array): SparseRows {
  const itemOffsets = new Uint32Array(items + 1)
  for (const item of indices) itemOffsets[item + 1]++
  for (let item = 0; item < items; item++) itemOffsets[item + 1] += itemOffsets[item]
  const next = itemOffsets.slice()
  const itemIndices = new Uint32Array(indices.length)
  const itemValues = new Float32Array(indices.length)
  for (let user = 0; user < users; user++) {
    for (let entry = offsets[user]; entry < offsets[user + 1]; entry++) {
      const target = next[indices[entry]]++
      itemIndices[target] = user
      itemValues[target] = values[entry] * weights[user]
    }
  }
  return { offsets: itemOffsets, indices: itemIndices, values: itemValues }
}

function checkInteractions({ users, items, offsets, indices, values }: Interactions): void {
  if (offsets.length !== users + 1 || offsets[users] !== indices.length || values.length !== indices.length) {
    throw new RangeError(
      `${users} users need ${users + 1} offsets ending at the number of entries; there are ${offsets.length} offsets ` +
        `ending at ${offsets[users]}, ${indices.length} indices and ${values.length} values.`,
    )
  }
  const outside = indices.findIndex(item => item >= items)
  if (outside >= 0) throw new RangeError(`Entry ${outside} names item ${indices[outside]} of ${items}.`)
  const unfit = values.findIndex(value => !(value > 0 && value < Number.POSITIVE_INFINITY))
  if (unfit >= 0)
    throw new RangeError(`Entry ${unfit} has confidence ${values[unfit]}; it must be positive and finite.`)
}
