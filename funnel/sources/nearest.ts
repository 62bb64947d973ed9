import type { SpaceName } from '../../features/vector-spaces.ts'
import type { Partition } from '../partition.ts'
import type { Proposals } from '../proposals.ts'
import type { RequestFrame } from '../request-frame.ts'

/**
 * Offers the nearest items of one space until the budget is full. Filters are applied to what comes back, so the search
 * asks for more by the share of a sample that passes them, and for what the person has seen of this partition, which
 * lies near. While too little passes all the same, it doubles its width. From `exactScanShare` of the partition on, an
 * exact scan over it is cheaper than a search.
 *
 * A wider search may find near items that a narrower one missed. They are offered then, behind what was offered already
 * and with no higher score, because a source's scores do not rise.
 */
export function offerNearest(
  space: SpaceName,
  query: Float32Array,
  request: RequestFrame,
  partition: Partition,
  out: Proposals,
): void {
  if (query.length === 0 || out.room === 0) return
  const size = partition.sizeOf(space)
  if (size === 0) return
  let width = firstWidth(out.room, Math.ceil(request.seen.length / partition.partitions), partition, out)
  let lowest = Number.POSITIVE_INFINITY
  while (!out.full) {
    const exact = width >= size * partition.exactScanShare
    const neighbours = exact
      ? partition.scan(space, query, size)
      : partition.nearest(space, query, Math.min(width, size))
    for (let i = 0; i < neighbours.count; i++) {
      lowest = Math.min(lowest, neighbours.scores[i])
      if (!out.offer(neighbours.items[i], lowest)) return
    }
    if (exact || neighbours.count < width) return
    width *= 2
  }
}

const seenMax = 256

/** How many to ask for: two standard deviations more than what is needed on average. */
export function firstWidth(wanted: number, seen: number, partition: Partition, out: Proposals): number {
  const share = out.passingShare(partition.sample())
  const spread = 2 * Math.sqrt(wanted * (1 - share))
  return Math.ceil((wanted + spread) / share) + Math.min(seenMax, seen) + 16
}
