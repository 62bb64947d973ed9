/** Column statistics that bring raw features to mean 0 and deviation 1. They live inside the model as constants. */

export interface Standardisation {
  /** Mean per column. */
  readonly mean: Float32Array
  /** 1 / standard deviation per column; 0 for a column as good as constant, which says nothing. */
  readonly inverseDeviation: Float32Array
}

/** A feature is not a finite number. */
export class FeatureNotFinite extends Error {
  override readonly name = 'FeatureNotFinite'

  constructor(row: number, column: number, value: number) {
    super(`Feature column ${column} of row ${row} is ${value}. Features must be finite; fill gaps before training.`)
  }
}

/** A deviation below this share of the mean's size is rounding noise of float32 and not information. */
const noiseShare = 1e-6

/**
 * Nor is one below this: features are of order 1, and a column that hardly moved in training would be blown up to tens
 * of thousands of deviations by what is an ordinary value later.
 */
const deviationMin = 1e-3

/**
 * Statistics over those rows of a matrix [rows, columns] that `includes` names. Two passes, because a sum of squares alone
 * cancels in columns such as epochs.
 * @throws FeatureNotFinite naming the first bad cell, in whatever row
 */
export function standardise(
  features: Float32Array,
  columns: number,
  includes: (row: number) => boolean,
): Standardisation {
  const mean = new Float64Array(columns)
  const variance = new Float64Array(columns)
  let included = 0
  for (let row = 0; row < features.length / columns; row++) {
    const counts = includes(row)
    if (counts) included++
    for (let column = 0; column < columns; column++) {
      const value = features[row * columns + column]
      if (!Number.isFinite(value)) throw new FeatureNotFinite(row, column, value)
      if (counts) mean[column] += value
    }
  }
  for (let column = 0; column < columns; column++) mean[column] /= Math.max(1, included)
  for (let row = 0; row < features.length / columns; row++) {
    if (!includes(row)) continue
    for (let column = 0; column < columns; column++) {
      const distance = features[row * columns + column] - mean[column]
      variance[column] += (distance * distance) / included
    }
  }
  const inverseDeviation = Float32Array.from(variance, (value, column) => {
    const deviation = Math.sqrt(value)
    return deviation > Math.max(deviationMin, noiseShare * Math.abs(mean[column])) ? 1 / deviation : 0
  })
  return { mean: Float32Array.from(mean), inverseDeviation }
}
