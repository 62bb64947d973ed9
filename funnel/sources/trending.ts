import { findSegment, type ScoredItems } from '../../domain/popular-lists.ts'
import type { Proposals } from '../proposals.ts'
import type { Source } from '../source.ts'
import { sourceSettings } from '../source-settings.ts'

/**
 * What is engaged with right now, time-decayed: first in the person's segment, then everywhere. The two lists are
 * interleaved and scored by place, because their sums are not comparable.
 */
export const trending: Source = {
  name: 'trending',
  kind: 'global',
  settings: sourceSettings('trending', 'Items with much recent engagement, in the segment and everywhere.', {
    budget: 80,
  }),
  propose(query, partition, out) {
    const lists = partition.popular
    const segment = query.segment === 0 ? -1 : findSegment(lists, query.segment)
    if (segment < 0) return offerByPlace(lists.trending, 0, lists.trending.items.length, out)
    const from = lists.segmentOffsets[segment]
    offerInterleaved(lists.segmentItems, from, lists.segmentOffsets[segment + 1], lists.trending, out)
  },
}

export function offerByPlace(list: ScoredItems, from: number, to: number, out: Proposals): void {
  for (let i = from; i < to; i++) if (!out.offer(list.items[i], 1 / (1 + i - from))) return
}

function offerInterleaved(first: ScoredItems, from: number, to: number, second: ScoredItems, out: Proposals): void {
  const longest = Math.max(to - from, second.items.length)
  for (let i = 0; i < longest; i++) {
    if (from + i < to && !out.offer(first.items[from + i], 1 / (1 + i))) return
    if (i < second.items.length && !out.offer(second.items[i], 1 / (1 + i))) return
  }
}
