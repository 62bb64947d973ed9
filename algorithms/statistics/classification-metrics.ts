import { groupRows } from './grouping.ts'

/**
 * Metrics of predicted probabilities (or scores) against binary labels. Labels are exactly 0 or 1; rows whose label is
 * masked are the caller's to leave out. Length mismatches, other labels and NaN predictions throw RangeError.
 */

/**
 * Area under the ROC curve as the Mann-Whitney statistic: the probability that a positive scores above a negative, ties
 * counting one half (which is what midranks give). NaN unless both classes are present. O(n log n).
 */
export function auc(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const { positives, negatives } = sortedByClass(scores, labels)
  return aucOfSorted(positives, negatives)
}

export interface GroupedAuc {
  /** The impression-weighted mean, NaN when no group has both classes. */
  readonly gauc: number
  readonly groupsUsed: number
  /** Groups with one class only: they have no AUC and carry no weight. */
  readonly groupsSkipped: number
}

/**
 * gAUC: each user's AUC weighted by that user's impressions (Zhu et al., "Optimized cost per click in Taobao display
 * advertising", KDD 2017). `groups` names the user of each row, in any order.
 */
export function groupedAuc(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  groups: ArrayLike<number>,
): GroupedAuc {
  checkRows(scores, labels)
  const { offsets, rows, count } = groupRows(groups, scores.length)
  let weighted = 0
  let impressions = 0
  let groupsUsed = 0
  for (let g = 0; g < count; g++) {
    const members = rows.subarray(offsets[g], offsets[g + 1])
    const { positives, negatives } = sortedByClass(scores, labels, members)
    if (positives.length === 0 || negatives.length === 0) continue
    weighted += members.length * aucOfSorted(positives, negatives)
    impressions += members.length
    groupsUsed++
  }
  return { gauc: weighted / impressions, groupsUsed, groupsSkipped: count - groupsUsed }
}

/**
 * Mean negative log-likelihood in nats; predictions are kept 1e-15 away from 0 and 1 so that one miss stays finite.
 * `weights` say how many cases each row stands for, 1 where not given.
 */
export function logLoss(
  predictions: ArrayLike<number>,
  labels: ArrayLike<number>,
  weights?: ArrayLike<number>,
): number {
  checkRows(predictions, labels)
  let sum = 0
  let total = 0
  for (let i = 0; i < predictions.length; i++) {
    const weight = weights?.[i] ?? 1
    const p = Math.min(1 - 1e-15, Math.max(1e-15, predictions[i]))
    sum -= weight * (checkedLabel(labels, i) === 1 ? Math.log(p) : Math.log1p(-p))
    total += weight
    if (Number.isNaN(sum)) throw new RangeError(`prediction ${i} is NaN`)
  }
  return sum / total
}

/** Brier score: the mean squared distance of prediction and label (Brier 1950). */
export function brierScore(predictions: ArrayLike<number>, labels: ArrayLike<number>): number {
  checkRows(predictions, labels)
  let sum = 0
  for (let i = 0; i < predictions.length; i++) {
    const error = predictions[i] - checkedLabel(labels, i)
    sum += error * error
  }
  if (Number.isNaN(sum)) throw new RangeError('a prediction is NaN')
  return sum / predictions.length
}

/** Rows [members] of each class, their scores in ascending order. */
function sortedByClass(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  members?: Uint32Array,
): { positives: Float64Array; negatives: Float64Array } {
  if (!members) checkRows(scores, labels)
  const n = members ? members.length : scores.length
  const split = new Float64Array(n)
  let positive = 0
  let negative = n
  for (let k = 0; k < n; k++) {
    const row = members ? members[k] : k
    if (Number.isNaN(scores[row])) throw new RangeError(`the score of row ${row} is NaN`)
    if (checkedLabel(labels, row) === 1) split[positive++] = scores[row]
    else split[--negative] = scores[row]
  }
  return { positives: split.subarray(0, positive).sort(), negatives: split.subarray(positive).sort() }
}

function aucOfSorted(positives: Float64Array, negatives: Float64Array): number {
  let below = 0
  let notAbove = 0
  let wins = 0
  for (let i = 0; i < positives.length; i++) {
    while (below < negatives.length && negatives[below] < positives[i]) below++
    if (notAbove < below) notAbove = below
    while (notAbove < negatives.length && negatives[notAbove] === positives[i]) notAbove++
    wins += (below + notAbove) / 2
  }
  return wins / (positives.length * negatives.length)
}

function checkRows(predictions: ArrayLike<number>, labels: ArrayLike<number>): void {
  if (predictions.length !== labels.length) {
    throw new RangeError(`${predictions.length} predictions but ${labels.length} labels: give one label per prediction`)
  }
}

function checkedLabel(labels: ArrayLike<number>, row: number): number {
  const label = labels[row]
  if (label !== 0 && label !== 1)
    throw new RangeError(`label ${row} is ${label}: labels are 0 or 1, leave masked rows out`)
  return label
}
