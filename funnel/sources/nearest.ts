import type { Partition } from '../partition.ts'
import type { SpaceName } from '../ports.ts'
import type { Proposals } from '../proposals.ts'
import type { RequestFrame } from '../request-frame.ts'

/**
 * Offers the nearest items of one space until the budget is full. Filters are applied to what comes back, so the search
 * asks for a surplus (what the person has seen of this partition), and doubles its width while too little passes. When
 * doubling has reached `exactScanAt` of the partition, an exact scan over it is cheaper than another search.
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
  const surplus = Math.min(256, Math.ceil(request.seen.length / partition.partitions)) + 16
  let width = request.wantedCategories.length > 0 ? size : out.room + surplus
  let offered = 0
  while (!out.full) {
    const exact = width >= size * partition.exactScanShare
    const neighbours = exact
      ? partition.scan(space, query, size)
      : partition.nearest(space, query, Math.min(width, size))
    for (; offered < neighbours.count; offered++) {
      if (!out.offer(neighbours.items[offered], neighbours.scores[offered])) return
    }
    if (exact || neighbours.count < width) return
    width *= 2
  }
}
