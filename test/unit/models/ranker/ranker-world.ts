/** A small world with known truth for the ranker's tests. */

import { normalAt, uniformAt } from '../../../../models/engine/random.ts'
import type { RankerRows } from '../../../../models/ranker/ranker-data.ts'

export const objectives = ['click', 'finish', 'positive', 'negative']
export const worldFeatures = 8
export const worldGroup = 8

/**
 * Rows whose objectives depend on the features in different, non-linear ways. A finish is known only after a click; columns
 * have wild scales, and the last one is constant.
 */
export function worldRows(groups: number, seed: number): RankerRows {
  const rows = groups * worldGroup
  const features = new Float32Array(rows * worldFeatures)
  const labels = new Float32Array(rows * objectives.length)
  const weights = new Float32Array(rows * objectives.length)
  for (let row = 0; row < rows; row++) {
    const x = Array.from({ length: worldFeatures }, (_, column) => normalAt(seed, row * worldFeatures + column))
    for (let column = 0; column < worldFeatures; column++) {
      features[row * worldFeatures + column] = column === worldFeatures - 1 ? 3 : x[column] * 10 ** column + 5 * column
    }
    const logits = [
      2 * x[0] * x[1] + x[2] - 1,
      2 * Math.abs(x[3]) - 2 + x[0],
      x[4] - x[5] + 2 * Number(x[0] > 0 && x[1] > 0) - 1,
      -x[4] + x[2] * x[3] - 1,
    ]
    const draw = logits.map((logit, k) => Number(uniformAt(seed + 1, row * 4 + k) < 1 / (1 + Math.exp(-2 * logit))))
    labels.set(draw, row * 4)
    weights.set([1, draw[0], 1, 1], row * 4)
  }
  return { features, labels, weights }
}

/** Area under the ROC curve of one column, over rows with weight: the probability that a positive outranks a negative. */
export function auc(scores: Float32Array, { labels, weights }: RankerRows, column: number): number {
  const rows = [...Array(labels.length / 4).keys()].filter(row => weights[row * 4 + column] > 0)
  rows.sort((a, b) => scores[a * 4 + column] - scores[b * 4 + column])
  let [positives, ranks] = [0, 0]
  for (const [rank, row] of rows.entries()) {
    if (labels[row * 4 + column] === 0) continue
    positives++
    ranks += rank + 1
  }
  return (ranks - (positives * (positives + 1)) / 2) / (positives * (rows.length - positives))
}
