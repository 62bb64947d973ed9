/** Dot product of `left` with the row of `right` that starts at `offset`. */
export function dot(left: Float32Array, right: Float32Array, offset = 0): number {
  let sum = 0
  for (let k = 0; k < left.length; k++) sum += left[k] * right[offset + k]
  return sum
}

/** `target += scale * source`, where the row of `source` starts at `offset`. */
export function addScaled(target: Float32Array, source: Float32Array, scale: number, offset = 0): void {
  for (let k = 0; k < target.length; k++) target[k] += scale * source[offset + k]
}

/** Scales to length one, in place; the zero vector stays as it is. */
export function normalise(vector: Float32Array): Float32Array {
  const length = Math.sqrt(dot(vector, vector))
  if (length > 0) for (let k = 0; k < vector.length; k++) vector[k] /= length
  return vector
}

export const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit))
