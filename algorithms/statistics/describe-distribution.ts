import { gini } from './catalogue-metrics.ts'
import { groupRows } from './grouping.ts'
import { quantileOfSorted } from './quantiles.ts'

/** The few numbers by which two logs of behaviour, one simulated and one real, are told apart. */
export interface PopularityShape {
  /** Items with at least one event, and events. */
  readonly items: number
  readonly events: number
  readonly gini: number
  /** The share of events on the most popular 1 % and 10 % of these items (at least one item). */
  readonly shareTop1Percent: number
  readonly shareTop10Percent: number
  /** Slope of log(count) against log(rank), negative for a Zipf law, and how well a line fits (R squared). */
  readonly zipfSlope: number
  readonly zipfFit: number
}

export interface LengthShape {
  readonly count: number
  readonly mean: number
  readonly median: number
  readonly p90: number
  readonly max: number
}

export interface RepeatShape {
  /** The share of events on an item that the same user had met before. */
  readonly eventShare: number
  /** The share of users with at least one such event. */
  readonly userShare: number
}

/** The shape of item popularity from events per item; items without events are left out, NaN when none is left. */
export function describePopularity(counts: ArrayLike<number>): PopularityShape {
  const descending = Float64Array.from(counts)
    .filter(count => count > 0)
    .sort()
    .reverse()
  const events = sumOfFirst(descending, descending.length)
  const line = fitZipf(descending)
  return {
    items: descending.length,
    events,
    gini: gini(descending),
    shareTop1Percent: sumOfFirst(descending, Math.ceil(descending.length * 0.01)) / events,
    shareTop10Percent: sumOfFirst(descending, Math.ceil(descending.length * 0.1)) / events,
    zipfSlope: line.slope,
    zipfFit: line.fit,
  }
}

/** Mean, median, 90th percentile and maximum, of session lengths for example; NaN for no values. */
export function describeLengths(lengths: ArrayLike<number>): LengthShape {
  const sorted = Float64Array.from(lengths).sort()
  return {
    count: sorted.length,
    mean: sumOfFirst(sorted, sorted.length) / sorted.length,
    median: quantileOfSorted(sorted, 0.5),
    p90: quantileOfSorted(sorted, 0.9),
    max: quantileOfSorted(sorted, 1),
  }
}

/**
 * Events per session: a user's session ends where the next event comes more than `gapMs` later. Row i is an event of
 * `users[i]` at `timesMs[i]`; each user's rows are in time order, users may interleave. Sessions come user by user.
 */
export function sessionLengths(users: ArrayLike<number>, timesMs: ArrayLike<number>, gapMs: number): Uint32Array {
  const { count, offsets, rows } = groupRows(users, timesMs.length)
  const lengths = new Uint32Array(rows.length)
  let sessions = 0
  for (let user = 0; user < count; user++) {
    for (let k = offsets[user]; k < offsets[user + 1]; k++) {
      const pause = k === offsets[user] ? Number.POSITIVE_INFINITY : timesMs[rows[k]] - timesMs[rows[k - 1]]
      if (!(pause >= 0))
        throw new RangeError(`row ${rows[k]} is not in time order for its user: sort each user's events`)
      if (pause > gapMs) sessions++
      lengths[sessions - 1]++
    }
  }
  return lengths.slice(0, sessions)
}

/** How much of the behaviour is coming back to the same item; row i is an event of `users[i]` on `items[i]`. */
export function describeRepeats(users: ArrayLike<number>, items: ArrayLike<number>): RepeatShape {
  const { count, offsets, rows } = groupRows(users, items.length)
  let repeats = 0
  let repeaters = 0
  for (let user = 0; user < count; user++) {
    const own = new Set<number>()
    for (let k = offsets[user]; k < offsets[user + 1]; k++) own.add(items[rows[k]])
    const repeated = offsets[user + 1] - offsets[user] - own.size
    repeats += repeated
    if (repeated > 0) repeaters++
  }
  return { eventShare: repeats / rows.length, userShare: repeaters / count }
}

/**
 * Least squares of log(count) on log(rank), at ranks that grow by a tenth: taken at every rank, the fit would describe
 * the long tail alone, where nearly all ranks are.
 */
function fitZipf(descending: Float64Array): { slope: number; fit: number } {
  let n = 0
  let sumX = 0
  let sumY = 0
  let sumXX = 0
  let sumXY = 0
  let sumYY = 0
  for (let rank = 1; rank <= descending.length; rank = Math.max(rank + 1, Math.round(rank * 1.1))) {
    const x = Math.log(rank)
    const y = Math.log(descending[rank - 1])
    n++
    sumX += x
    sumY += y
    sumXX += x * x
    sumXY += x * y
    sumYY += y * y
  }
  const covariance = n * sumXY - sumX * sumY
  const spreadX = n * sumXX - sumX * sumX
  const spreadY = n * sumYY - sumY * sumY
  return { slope: covariance / spreadX, fit: (covariance * covariance) / (spreadX * spreadY) }
}

function sumOfFirst(values: Float64Array, count: number): number {
  let sum = 0
  for (let i = 0; i < count; i++) sum += values[i]
  return sum
}
