/**
 * Metrics of one ranked list. `gains` holds the gain of each item in ranked order: 0 is not relevant, 1 (or a grade)
 * is relevant; a list shorter than k counts as padded with zeros. A query without relevant items has no value: the
 * metrics that divide by the number of relevant items return NaN there, and `meanOfDefined` leaves such queries out.
 */

/** How the ideal DCG is taken: over the best k relevant items (RecBole, scikit-learn) or over all of them. */
export type IdealGain = 'truncated' | 'full'

/** What recall divides by: every relevant item, or the most that k places can hold, min(k, relevant). */
export type RecallBase = 'relevant' | 'capped'

/** 1 when a relevant item is among the first k, else 0. */
export function hitRateAt(gains: ArrayLike<number>, k: number): number {
  return hitsAt(gains, k) > 0 ? 1 : 0
}

/** The share of the k places that hold a relevant item. */
export function precisionAt(gains: ArrayLike<number>, k: number): number {
  return hitsAt(gains, k) / checkedDepth(k)
}

/** The share of relevant items found in the first k; `relevantCount` counts those outside the list too. */
export function recallAt(gains: ArrayLike<number>, relevantCount: number, k: number, base: RecallBase): number {
  if (relevantCount === 0) return Number.NaN
  return hitsAt(gains, k) / (base === 'capped' ? Math.min(k, relevantCount) : relevantCount)
}

/** 1 / rank of the first relevant item, 0 when the list has none (Voorhees, TREC-8, 1999). */
export function reciprocalRank(gains: ArrayLike<number>): number {
  for (let i = 0; i < gains.length; i++) if (gains[i] > 0) return 1 / (i + 1)
  return 0
}

/** The mean, over all relevant items, of the precision at the rank of each; a relevant item not listed counts 0. */
export function averagePrecision(gains: ArrayLike<number>, relevantCount: number): number {
  let hits = 0
  let sum = 0
  for (let i = 0; i < gains.length; i++) {
    if (gains[i] > 0) {
      hits++
      sum += hits / (i + 1)
    }
  }
  return relevantCount === 0 ? Number.NaN : sum / relevantCount
}

/** Discounted cumulative gain, sum of gain / log2(rank + 1) (Järvelin and Kekäläinen, ACM TOIS 20(4), 2002). */
export function dcgAt(gains: ArrayLike<number>, k: number): number {
  const depth = Math.min(checkedDepth(k), gains.length)
  let sum = 0
  for (let i = 0; i < depth; i++) if (gains[i] > 0) sum += gains[i] / Math.log2(i + 2)
  return sum
}

/**
 * DCG over the DCG of the ideal order. `relevantGains` holds the gain of every relevant item of the query, in any order
 * (all ones for binary relevance). With `full`, fewer than all relevant items in k places cannot reach 1.
 */
export function ndcgAt(
  gains: ArrayLike<number>,
  relevantGains: ArrayLike<number>,
  k: number,
  idealGain: IdealGain,
): number {
  const ideal = Float64Array.from(relevantGains).sort().reverse()
  const best = dcgAt(ideal, idealGain === 'truncated' ? k : Math.max(1, ideal.length))
  return best === 0 ? Number.NaN : dcgAt(gains, k) / best
}

/**
 * The 0-based rank of `target` when items are ordered by score. Items with the same score count as ranked before it:
 * a model that gives everything one score must not look perfect. Exclude an item by giving it -Infinity.
 */
export function rankOfTarget(scores: ArrayLike<number>, target: number): number {
  const own = scores[target]
  if (!Number.isFinite(own)) throw new RangeError(`target ${target} has score ${own}: an excluded item has no rank`)
  let before = -1
  for (let i = 0; i < scores.length; i++) if (scores[i] >= own) before++
  return before
}

/** The mean of the values that are not NaN; NaN when there is none. */
export function meanOfDefined(values: ArrayLike<number>): number {
  let sum = 0
  let count = 0
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) continue
    sum += values[i]
    count++
  }
  return sum / count
}

function hitsAt(gains: ArrayLike<number>, k: number): number {
  const depth = Math.min(checkedDepth(k), gains.length)
  let hits = 0
  for (let i = 0; i < depth; i++) if (gains[i] > 0) hits++
  return hits
}

function checkedDepth(k: number): number {
  if (!(k >= 1)) throw new RangeError(`k must be at least 1, got ${k}`)
  return k
}
