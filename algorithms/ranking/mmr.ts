import type { Similarity } from './similarity.ts'

/**
 * Maximal marginal relevance: Carbonell and Goldstein, "The use of MMR, diversity-based reranking for reordering
 * documents and producing summaries", SIGIR 1998. The score of a candidate i against the selected set S is
 *   lambda * relevance(i) - (1 - lambda) * max over s in S of similarity(i, s)
 * and lambda * relevance(i) while S is empty. Relevance is min-max normalised over the candidates with finite
 * relevance (the best 1, the worst 0), which keeps near-ties near and puts it on the scale of the similarity.
 *
 * Similarities are taken only where they can matter: a score can but fall as more is selected, so a score from earlier
 * is an upper bound, and a candidate whose bound falls below the best needs no more (the lazy greedy of Minoux 1978).
 *
 * Invariants
 * 1. A candidate is selected at most once.
 * 2. nearest[i] is the largest similarity of candidate i to the first compared[i] selected ones, -1 for none.
 * 3. A candidate whose relevance is not finite scores -Infinity: it sinks below all others but stays selectable.
 */
export class MmrScorer {
  private readonly weighted: Float64Array
  private readonly nearest: Float64Array
  private readonly compared: Uint32Array
  private readonly taken: Uint8Array
  private readonly selected: Uint32Array
  private readonly similarity: Similarity
  private readonly penalty: number
  private selectedCount = 0

  /** `lambda` in [0, 1]: 1 is pure relevance. */
  constructor(relevance: ArrayLike<number>, similarity: Similarity, lambda: number) {
    if (!(lambda >= 0 && lambda <= 1)) throw new RangeError(`lambda must lie in [0, 1], got ${lambda}`)
    const n = relevance.length
    this.weighted = weightedMinMax(relevance, lambda)
    this.nearest = new Float64Array(n).fill(-1)
    this.compared = new Uint32Array(n)
    this.taken = new Uint8Array(n)
    this.selected = new Uint32Array(n)
    this.similarity = similarity
    this.penalty = 1 - lambda
  }

  isTaken(candidate: number): boolean {
    return this.taken[candidate] === 1
  }

  /**
   * The candidate with the best score among those not taken for which `isOpen` holds, the lower index on a tie; -1 when
   * there is none.
   */
  best(isOpen: (candidate: number) => boolean): number {
    let best = -1
    let bestScore = Number.NEGATIVE_INFINITY
    for (let i = 0; i < this.weighted.length; i++) {
      if (this.taken[i] || (best >= 0 && this.bound(i) <= bestScore) || !isOpen(i)) continue
      const score = this.scoreAbove(bestScore, i)
      if (best >= 0 && score <= bestScore) continue
      best = i
      bestScore = score
    }
    return best
  }

  /** Throws Error when the candidate was selected before. */
  select(candidate: number): void {
    if (this.taken[candidate]) throw new Error(`candidate ${candidate} is already selected`)
    this.taken[candidate] = 1
    this.selected[this.selectedCount++] = candidate
  }

  /** The score where it is above `floor`, else some number from the score up to `floor`. */
  private scoreAbove(floor: number, candidate: number): number {
    while (this.compared[candidate] < this.selectedCount && this.bound(candidate) > floor) {
      const similarity = this.similarity(candidate, this.selected[this.compared[candidate]++])
      if (similarity > this.nearest[candidate]) this.nearest[candidate] = similarity
    }
    return this.bound(candidate)
  }

  /** The score against those compared so far, which is no less than the score. */
  private bound(candidate: number): number {
    if (this.selectedCount === 0 || this.penalty === 0) return this.weighted[candidate]
    return this.weighted[candidate] - this.penalty * this.nearest[candidate]
  }
}

/** The min(n, N) candidates that greedy MMR selects, in order of selection. At most N * n similarities. */
export function selectMmr(relevance: ArrayLike<number>, similarity: Similarity, lambda: number, n: number): Int32Array {
  const scorer = new MmrScorer(relevance, similarity, lambda)
  const selected = new Int32Array(Math.min(n, relevance.length))
  for (let position = 0; position < selected.length; position++) {
    const best = scorer.best(() => true)
    scorer.select(best)
    selected[position] = best
  }
  return selected
}

/** lambda times the finite values taken to [0, 1], all to 1 when they are equal; the others become -Infinity. */
function weightedMinMax(relevance: ArrayLike<number>, lambda: number): Float64Array {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (let i = 0; i < relevance.length; i++) {
    if (!Number.isFinite(relevance[i])) continue
    low = Math.min(low, relevance[i])
    high = Math.max(high, relevance[i])
  }
  const weighted = new Float64Array(relevance.length)
  for (let i = 0; i < relevance.length; i++) {
    if (!Number.isFinite(relevance[i])) weighted[i] = Number.NEGATIVE_INFINITY
    else weighted[i] = lambda * (high > low ? (relevance[i] - low) / (high - low) : 1)
  }
  return weighted
}
