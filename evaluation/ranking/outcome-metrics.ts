/** How well one objective was predicted: across all rows, within the rows of each person, and within each request. */
import { expectedCalibrationError, reliabilityBins } from '../../algorithms/statistics/calibration.ts'
import { auc, logLoss } from '../../algorithms/statistics/classification-metrics.ts'
import { groupRows } from '../../algorithms/statistics/grouping.ts'
import { meanOfDefined, ndcgAt } from '../../algorithms/statistics/ranking-metrics.ts'
import type { CalibrationTable } from '../../models/calibration/calibration.ts'
import { createCalibrator } from '../../models/calibration/calibrator.ts'

/** The rows of one part of the log, as one objective sees them; rows whose outcome is not known are left out. */
export interface JudgedRows {
  /** 0 or 1. */
  readonly labels: ArrayLike<number>
  readonly users: ArrayLike<number>
  readonly requests: ArrayLike<number>
}

export interface OutcomeMetrics {
  readonly auc: number
  /** AUC within each person's rows, weighted by the impressions of people with both outcomes. */
  readonly gauc: number
  /** In nats, of calibrated probabilities. */
  readonly logLoss: number
  /** Expected calibration error over bins of equal mass, of the model's own probabilities and of calibrated ones. */
  readonly eceBefore: number
  readonly eceAfter: number
  /** Over the requests that have both outcomes. */
  readonly ndcg: number
}

export const eceBins = 20
export const ndcgDepth = 10

/** @param logits what the model says of each row */
export function outcomeMetrics(
  logits: ArrayLike<number>,
  { labels, users, requests }: JudgedRows,
  calibration: CalibrationTable,
): OutcomeMetrics {
  const { calibrate } = createCalibrator(calibration)
  const before = Float64Array.from(logits, logit => 1 / (1 + Math.exp(-logit)))
  const after = Float64Array.from(logits, logit => calibrate(logit))
  const ece = (predictions: Float64Array) =>
    expectedCalibrationError(reliabilityBins(predictions, labels, eceBins, 'equal-mass'))
  return {
    auc: auc(logits, labels),
    gauc: meanOfDefined(aucOfUsers(logits, labels, users)),
    logLoss: logLoss(after, labels),
    eceBefore: ece(before),
    eceAfter: ece(after),
    ndcg: ndcgOfRequests(logits, labels, requests),
  }
}

/**
 * For every row the AUC among the rows of its user, NaN where the user has one outcome only. The mean over rows is the gAUC
 * (Zhu et al., KDD 2017), so that rows drawn by user give its distribution.
 */
export function aucOfUsers(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  users: ArrayLike<number>,
): Float64Array {
  const { offsets, rows, count } = groupRows(users, scores.length)
  const ofRows = new Float64Array(scores.length)
  for (let group = 0; group < count; group++) {
    const members = rows.subarray(offsets[group], offsets[group + 1])
    const ownScores = Float64Array.from(members, row => scores[row])
    const ownLabels = Float64Array.from(members, row => labels[row])
    const value = auc(ownScores, ownLabels)
    for (const row of members) ofRows[row] = value
  }
  return ofRows
}

/** Mean NDCG over requests with both outcomes. Of rows with equal scores those without the outcome stand first. */
function ndcgOfRequests(scores: ArrayLike<number>, labels: ArrayLike<number>, requests: ArrayLike<number>): number {
  const { offsets, rows, count } = groupRows(requests, scores.length)
  const values = new Float64Array(count)
  for (let group = 0; group < count; group++) {
    const members = rows.slice(offsets[group], offsets[group + 1])
    members.sort((a, b) => scores[b] - scores[a] || labels[a] - labels[b])
    const gains = Float64Array.from(members, row => labels[row])
    const hasBoth = gains.includes(0) && gains.includes(1)
    values[group] = hasBoth ? ndcgAt(gains, gains, ndcgDepth, 'truncated') : Number.NaN
  }
  return meanOfDefined(values)
}
