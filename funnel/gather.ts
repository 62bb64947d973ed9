import type { RetrievalFrame } from './retrieval-frame.ts'

/** Ranked proposals of one source over all partitions. */
export interface SourceProposals {
  readonly items: Uint32Array
  readonly scores: Float32Array
}

/**
 * Puts the answers of the partitions together: per source one list, best first, cut to the budget. A partition answers
 * with its share and a margin, so the cut keeps what a search of the whole catalogue would have found.
 */
export function gatherProposals(shards: readonly RetrievalFrame[], budgets: Uint16Array): SourceProposals[] {
  const cursors = shards.map(() => 0)
  return Array.from(budgets, (budget, source) => {
    const lists = shards.map((shard, s) => {
      const from = cursors[s]
      cursors[s] = from + shard.counts[source]
      return { items: shard.items.subarray(from, cursors[s]), scores: shard.scores.subarray(from, cursors[s]) }
    })
    const filled = lists.filter(list => list.items.length > 0)
    if (filled.length === 0) return { items: new Uint32Array(0), scores: new Float32Array(0) }
    if (filled.length === 1) return cut(filled[0], budget)
    return mergeByScore(filled, budget)
  })
}

function cut({ items, scores }: SourceProposals, budget: number): SourceProposals {
  return { items: items.subarray(0, budget), scores: scores.subarray(0, budget) }
}

/** Partitions share no item, so the merge only has to keep the order; equal scores go to the lower shard. */
function mergeByScore(lists: readonly SourceProposals[], budget: number): SourceProposals {
  const total = lists.reduce((sum, list) => sum + list.items.length, 0)
  const items = new Uint32Array(Math.min(budget, total))
  const scores = new Float32Array(items.length)
  const heads = new Uint32Array(lists.length)
  for (let place = 0; place < items.length; place++) {
    let best = -1
    for (let l = 0; l < lists.length; l++) {
      if (heads[l] === lists[l].items.length) continue
      if (best < 0 || lists[l].scores[heads[l]] > lists[best].scores[heads[best]]) best = l
    }
    items[place] = lists[best].items[heads[best]]
    scores[place] = lists[best].scores[heads[best]++]
  }
  return { items, scores }
}

export interface Removals {
  readonly counts: Uint32Array
  readonly items: Uint32Array
  readonly by: Uint8Array
  readonly from: Uint8Array
}

/**
 * Adds up what the filters of all partitions removed. An item that a global source offered in one partition and its own
 * partition saw too counts once, as far as it is listed: where a request explains itself.
 */
export function gatherRemovals(shards: readonly RetrievalFrame[], filterCount: number): Removals {
  const counts = new Uint32Array(filterCount)
  const filterOf = new Map<number, number>()
  const from: number[] = []
  for (const shard of shards) {
    for (let f = 0; f < filterCount; f++) counts[f] += shard.removedCounts[f]
    for (let i = 0; i < shard.removedItems.length; i++) {
      const item = shard.removedItems[i]
      if (filterOf.has(item)) {
        counts[shard.removedBy[i]]--
        continue
      }
      filterOf.set(item, shard.removedBy[i])
      from.push(shard.removedFrom[i])
    }
  }
  return {
    counts,
    items: Uint32Array.from(filterOf.keys()),
    by: Uint8Array.from(filterOf.values()),
    from: Uint8Array.from(from),
  }
}
