/** Bins of equal width in predicted probability, or of equal number of rows. */
export type Binning = 'equal-width' | 'equal-mass'

/** A reliability diagram, one entry per bin; an empty bin has count 0 and NaN means. */
export interface ReliabilityBins {
  readonly counts: Uint32Array
  /** What the rows of each bin weigh together. */
  readonly weights: Float64Array
  readonly meanPredicted: Float64Array
  readonly observedRate: Float64Array
}

/**
 * Expected calibration error: the mean of |mean prediction - observed rate| over bins, weighted by what is in them.
 * Equal width: Naeini et al., AAAI 2015. Equal mass: Nixon et al., "Measuring calibration in deep learning", CVPR
 * workshops 2019; it is the steadier of the two where most predictions are small.
 */
export function expectedCalibrationError(bins: ReliabilityBins): number {
  let total = 0
  let sum = 0
  for (let b = 0; b < bins.counts.length; b++) {
    if (bins.weights[b] === 0) continue
    total += bins.weights[b]
    sum += bins.weights[b] * Math.abs(bins.meanPredicted[b] - bins.observedRate[b])
  }
  return sum / total
}

/**
 * Sorts rows into bins. Predictions lie in [0, 1], labels are 0 or 1 (or observed rates). With equal mass, rows of one
 * prediction never part, so the result does not depend on the order of rows and bins may differ in size. `weights` say
 * how many cases each row stands for, 1 where not given; they do not move a row to another bin.
 */
export function reliabilityBins(
  predictions: ArrayLike<number>,
  labels: ArrayLike<number>,
  binCount: number,
  binning: Binning,
  weights?: ArrayLike<number>,
): ReliabilityBins {
  checkPredictions(predictions, labels, binCount)
  const binOfRow = binning === 'equal-width' ? widthBins(predictions, binCount) : massBins(predictions, binCount)
  const counts = new Uint32Array(binCount)
  const weightOfBin = new Float64Array(binCount)
  const meanPredicted = new Float64Array(binCount)
  const observedRate = new Float64Array(binCount)
  for (let i = 0; i < predictions.length; i++) {
    const b = binOfRow[i]
    const weight = weights?.[i] ?? 1
    counts[b]++
    weightOfBin[b] += weight
    meanPredicted[b] += weight * predictions[i]
    observedRate[b] += weight * labels[i]
  }
  for (let b = 0; b < binCount; b++) {
    meanPredicted[b] /= weightOfBin[b]
    observedRate[b] /= weightOfBin[b]
  }
  return { counts, weights: weightOfBin, meanPredicted, observedRate }
}

function widthBins(predictions: ArrayLike<number>, binCount: number): Uint32Array {
  const bins = new Uint32Array(predictions.length)
  for (let i = 0; i < bins.length; i++) bins[i] = Math.min(binCount - 1, Math.floor(predictions[i] * binCount))
  return bins
}

/** A row's bin follows from how many predictions are smaller than its own, which is the same for equal predictions. */
function massBins(predictions: ArrayLike<number>, binCount: number): Uint32Array {
  const n = predictions.length
  const sorted = Float64Array.from(predictions).sort()
  const bins = new Uint32Array(n)
  for (let i = 0; i < n; i++) bins[i] = Math.floor((lowerBound(sorted, predictions[i]) * binCount) / n)
  return bins
}

/** The number of elements below `value` in an ascending array. */
function lowerBound(sorted: Float64Array, value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle] < value) low = middle + 1
    else high = middle
  }
  return low
}

function checkPredictions(predictions: ArrayLike<number>, labels: ArrayLike<number>, binCount: number): void {
  if (predictions.length !== labels.length) {
    throw new RangeError(`${predictions.length} predictions but ${labels.length} labels: give one label per prediction`)
  }
  if (!Number.isInteger(binCount) || binCount < 1)
    throw new RangeError(`bins must be a whole number >= 1, got ${binCount}`)
  for (let i = 0; i < predictions.length; i++) {
    if (!(predictions[i] >= 0 && predictions[i] <= 1)) {
      throw new RangeError(`prediction ${i} is ${predictions[i]}: calibration needs probabilities in [0, 1]`)
    }
  }
}
