/** How well one objective was predicted, judged by the probabilities that a simulated world had in truth. */
import { pairedBootstrap } from '../../algorithms/statistics/bootstrap.ts'
import { expectedCalibrationError, reliabilityBins } from '../../algorithms/statistics/calibration.ts'
import { groupRows } from '../../algorithms/statistics/grouping.ts'
import { pairAgreement, rankCorrelation } from '../../algorithms/statistics/rank-agreement.ts'
import { meanOfDefined } from '../../algorithms/statistics/ranking-metrics.ts'

/** The rows that are judged, all of which have a truth. */
export interface TruthRows {
  /** What the model says of each row, without a term for its place. */
  readonly logits: ArrayLike<number>
  /** The probability of the outcome had the row stood in the first place. */
  readonly truths: ArrayLike<number>
  readonly users: ArrayLike<number>
  readonly requests: ArrayLike<number>
}

/** What two models are compared by, row for row. */
export interface TruthOfRows {
  /** The truth agreement of the row's user; NaN where all truths of a user are the same. */
  readonly truthAgreement: Float64Array
  readonly truthRequestAgreement: Float64Array
  /** Distance of the predicted and the true probability. */
  readonly truthError: Float64Array
}

export interface TruthMetrics {
  /** Pairs within each person's rows that stand in the order of their truth; the mean weighs persons by their rows. */
  readonly truthAgreement: number
  /** The same within each request. */
  readonly truthRequestAgreement: number
  /** Spearman's correlation over all rows. */
  readonly truthCorrelation: number
  /** Expected calibration error, the truth in place of the rate that was observed. */
  readonly truthEce: number
  /** Mean distance of the predicted and the true probability. */
  readonly truthError: number
  readonly truthMean: number
  readonly truthMeanPredicted: number
}

export const truthBins = 10

export function truthOfRows({ logits, truths, users, requests }: TruthRows): TruthOfRows {
  return {
    truthAgreement: agreementOfGroups(logits, truths, users),
    truthRequestAgreement: agreementOfGroups(logits, truths, requests),
    truthError: probabilities(logits).map((probability, row) => Math.abs(probability - truths[row])),
  }
}

export function truthMetrics({ logits, truths }: TruthRows, ofRows: TruthOfRows): TruthMetrics {
  const predicted = probabilities(logits)
  return {
    truthAgreement: meanOfDefined(ofRows.truthAgreement),
    truthRequestAgreement: meanOfDefined(ofRows.truthRequestAgreement),
    truthCorrelation: rankCorrelation(logits, truths),
    truthEce: expectedCalibrationError(reliabilityBins(predicted, truths, truthBins, 'equal-mass')),
    truthError: meanOfDefined(ofRows.truthError),
    truthMean: meanOfDefined(Float64Array.from(truths)),
    truthMeanPredicted: meanOfDefined(predicted),
  }
}

/** The 95 % interval of the mean of rows whose users are drawn. Throws RangeError on fewer than two users with a value. */
export function intervalOverUsers(
  values: Float64Array,
  users: ArrayLike<number>,
  { seed, rounds }: { readonly seed: number; readonly rounds: number },
): { readonly lower: number; readonly upper: number } {
  const nothing = values.map(value => (Number.isNaN(value) ? value : 0))
  return pairedBootstrap({ perQueryA: nothing, perQueryB: values, clusterIds: users, seed, rounds })
}

const probabilities = (logits: ArrayLike<number>) => Float64Array.from(logits, logit => 1 / (1 + Math.exp(-logit)))

/** For every row the agreement within its group. */
function agreementOfGroups(
  logits: ArrayLike<number>,
  truths: ArrayLike<number>,
  groups: ArrayLike<number>,
): Float64Array {
  const { offsets, rows, count } = groupRows(groups, logits.length)
  const ofRows = new Float64Array(logits.length)
  for (let group = 0; group < count; group++) {
    const members = rows.subarray(offsets[group], offsets[group + 1])
    const value = pairAgreement(
      Float64Array.from(members, row => logits[row]),
      Float64Array.from(members, row => truths[row]),
    )
    for (const row of members) ofRows[row] = value
  }
  return ofRows
}
