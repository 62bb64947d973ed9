/**
 * What is done to a vector before a graph index sees it. Hierarchical navigable small worlds need something like a
 * metric; raw inner products are none, and wide searches over vectors of uneven norms then miss most of what they
 * should find. Every function reads a Float32Array and writes a unit vector (or zeros) into another.
 */

/** Euclidean norm, accumulated in float64. NaN or infinite exactly when a component is. */
export function l2Norm(vector: Float32Array): number {
  let sum = 0
  for (let j = 0; j < vector.length; j++) sum += vector[j]! * vector[j]!
  return Math.sqrt(sum)
}

/** Writes vector / |vector| into `out` (may be `vector` itself; zeros stay zeros). Returns |vector|. */
export function normalise(vector: Float32Array, out: Float32Array): number {
  const norm = l2Norm(vector)
  const scale = norm === 0 ? 0 : 1 / norm
  for (let j = 0; j < vector.length; j++) out[j] = vector[j]! * scale
  return norm
}

/**
 * Turns maximum inner product search into nearest-neighbour search by one more dimension: (x, √(M² - |x|²)) / M has
 * norm 1 for every x with |x| ≤ M, so that nearest by angle to (q, 0) is the same as largest q·x (Bachrach et al.,
 * RecSys 2014; Neyshabur and Srebro, ICML 2015). `out` has one place more than `vector`. Returns |x|.
 *
 * A vector longer than M is written as if it were shortened to M: its direction holds, its extra length is lost here
 * and must be given back to its score by whoever keeps the norm.
 */
export function mipsAugment(vector: Float32Array, maximumNorm: number, out: Float32Array): number {
  const norm = l2Norm(vector)
  const scale = 1 / Math.max(norm, maximumNorm)
  for (let j = 0; j < vector.length; j++) out[j] = vector[j]! * scale
  const length = Math.min(1, norm / maximumNorm)
  out[vector.length] = Math.sqrt(1 - length * length)
  return norm
}

/** The query's side of `mipsAugment`: (q, 0) / |q|. Returns |q|. */
export function mipsQuery(query: Float32Array, out: Float32Array): number {
  out[query.length] = 0
  return normalise(query, out)
}
