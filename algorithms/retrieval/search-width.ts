import { neighboursOf, overlap } from './recall.ts'
import type { Metric, VectorIndex } from './vector-index.ts'

/**
 * A width (`ef`) to start from when a search for `k` has not been tuned. Normalised vectors: at least 64, at least k.
 * Augmented ones (`inner-product`) need about four times as much, because short vectors come to lie close together in
 * the added dimension.
 */
export function searchWidthFor(k: number, metric: Metric): number {
  const width = Math.max(64, k)
  return metric === 'cosine' ? width : 4 * width
}

/**
 * Finds the smallest width at which the index answers `queries` (row after row) with the target recall at `k`, by
 * doubling and bisection, and leaves the index at it. When even a width as large as the index does not reach the
 * target, the result says so by a recall below it.
 */
export function tuneSearchWidth(
  index: VectorIndex,
  exact: VectorIndex,
  queries: Float32Array,
  k: number,
  target: number,
): { readonly searchWidth: number; readonly recall: number } {
  const truth = neighboursOf(exact, queries, k)
  const recallAt = (width: number) => {
    index.setSearchWidth(width)
    return overlap(neighboursOf(index, queries, k), truth)
  }
  const widest = Math.max(k, exact.size)
  let tooNarrow = k - 1
  let enough = k
  let recall = recallAt(enough)
  while (recall < target && enough < widest) {
    tooNarrow = enough
    enough = Math.min(2 * enough, widest)
    recall = recallAt(enough)
  }
  while (recall >= target && enough - tooNarrow > 1) {
    const middle = (tooNarrow + enough) >> 1
    const found = recallAt(middle)
    if (found >= target) {
      enough = middle
      recall = found
    } else {
      tooNarrow = middle
    }
  }
  index.setSearchWidth(enough)
  return { searchWidth: enough, recall }
}
