import { shannonEntropy } from '../statistics/catalogue-metrics.ts'
import type { Similarity } from './similarity.ts'

/**
 * Intra-list distance: the mean of 1 - similarity over all pairs of the list (Ziegler et al., "Improving recommendation
 * lists through topic diversification", WWW 2005). NaN for fewer than two items.
 */
export function intraListDistance(candidates: ArrayLike<number>, similarity: Similarity): number {
  let sum = 0
  let pairs = 0
  for (let i = 0; i < candidates.length; i++) {
    for (let j = i + 1; j < candidates.length; j++) {
      sum += 1 - similarity(candidates[i], candidates[j])
      pairs++
    }
  }
  return sum / pairs
}

/** Shannon entropy in bits of the categories of a list, -1 being none; NaN when no item has one. */
export function categoryEntropy(categories: ArrayLike<number>): number {
  return shannonEntropy([...categoryCounts(categories).values()])
}

/** The number of different categories of a list, -1 being none. */
export function distinctCategories(categories: ArrayLike<number>): number {
  return categoryCounts(categories).size
}

function categoryCounts(categories: ArrayLike<number>): Map<number, number> {
  const counts = new Map<number, number>()
  for (let i = 0; i < categories.length; i++) {
    const category = categories[i]
    if (category >= 0) counts.set(category, (counts.get(category) ?? 0) + 1)
  }
  return counts
}
