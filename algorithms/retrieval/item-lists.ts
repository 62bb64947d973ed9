import type { SparseAccumulator } from './sparse-accumulator.ts'
import type { TopK } from './top-k.ts'
import type { SearchResult } from './vector-index.ts'

/**
 * Related items per item, as compressed sparse rows: the list of item i is at [offsets[i], offsets[i + 1]), best first.
 * `offsets` has one entry more than there are items.
 */
export interface ItemLists {
  readonly offsets: Uint32Array
  readonly neighbours: Uint32Array
  readonly scores: Float32Array
}

/**
 * Adds the votes of a history to `accumulator`: every history item votes for its list, its weight times the entry's
 * score. Items that the lists do not know, such as newer ones, have no vote; history items can get votes themselves.
 * @throws RangeError when the accumulator is smaller than the lists' item count
 */
export function accumulateFromHistory(
  lists: ItemLists,
  historyItems: Uint32Array,
  historyWeights: Float32Array,
  accumulator: SparseAccumulator,
): void {
  const { offsets, neighbours, scores } = lists
  const itemCount = offsets.length - 1
  if (accumulator.capacity < itemCount) {
    throw new RangeError(`an accumulator for ${accumulator.capacity} items cannot hold lists of ${itemCount}`)
  }
  for (let at = 0; at < historyItems.length; at++) {
    const item = historyItems[at]!
    if (item >= itemCount) continue
    const weight = historyWeights[at]!
    const end = offsets[item + 1]!
    for (let entry = offsets[item]!; entry < end; entry++) accumulator.add(neighbours[entry]!, weight * scores[entry]!)
  }
}

/**
 * Item-to-item retrieval: writes the `k` items with the most votes to `out` and returns how many there were.
 * `accumulator` and `selector` are scratch; the votes stay in the accumulator until its next reset.
 */
export function scoreFromHistory(
  lists: ItemLists,
  historyItems: Uint32Array,
  historyWeights: Float32Array,
  k: number,
  accumulator: SparseAccumulator,
  selector: TopK,
  out: SearchResult,
): number {
  accumulator.reset()
  accumulateFromHistory(lists, historyItems, historyWeights, accumulator)
  return accumulator.selectTop(k, selector, out.labels, out.scores)
}
