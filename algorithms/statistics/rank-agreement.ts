/** How well scores order things whose true grades are known: graded, where AUC knows two classes only. */

/**
 * The share of pairs of different grades that the scores put in the order of the grades; equal scores count one half. It is
 * the AUC where grades are 0 and 1, and (1 + Goodman and Kruskal's gamma) / 2 where no scores are equal (JASA 49, 1954). NaN
 * when all grades are the same. O(n²). Throws RangeError on unequal lengths.
 */
export function pairAgreement(scores: ArrayLike<number>, grades: ArrayLike<number>): number {
  checkLengths(scores, grades)
  let agreeing = 0
  let pairs = 0
  for (let a = 0; a < scores.length; a++) {
    for (let b = a + 1; b < scores.length; b++) {
      const order = Math.sign(grades[a] - grades[b])
      if (order === 0) continue
      pairs++
      agreeing += (1 + order * Math.sign(scores[a] - scores[b])) / 2
    }
  }
  return pairs === 0 ? Number.NaN : agreeing / pairs
}

/**
 * Spearman's rank correlation, with midranks for equal values (American Journal of Psychology 15, 1904). NaN when either side
 * is constant. Throws RangeError on unequal lengths.
 */
export function rankCorrelation(left: ArrayLike<number>, right: ArrayLike<number>): number {
  checkLengths(left, right)
  const leftRanks = midranks(left)
  const rightRanks = midranks(right)
  const mean = (left.length - 1) / 2
  let both = 0
  let leftSquares = 0
  let rightSquares = 0
  for (let i = 0; i < left.length; i++) {
    both += (leftRanks[i] - mean) * (rightRanks[i] - mean)
    leftSquares += (leftRanks[i] - mean) ** 2
    rightSquares += (rightRanks[i] - mean) ** 2
  }
  return both / Math.sqrt(leftSquares * rightSquares)
}

/** Ranks from 0; equal values share the mean of their ranks. */
function midranks(values: ArrayLike<number>): Float64Array {
  const order = Uint32Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[a] - values[b])
  const ranks = new Float64Array(values.length)
  for (let begin = 0; begin < order.length; ) {
    let end = begin + 1
    while (end < order.length && values[order[end]] === values[order[begin]]) end++
    for (let i = begin; i < end; i++) ranks[order[i]] = (begin + end - 1) / 2
    begin = end
  }
  return ranks
}

function checkLengths(left: ArrayLike<number>, right: ArrayLike<number>): void {
  if (left.length !== right.length) throw new RangeError(`${left.length} values cannot be paired with ${right.length}`)
}
