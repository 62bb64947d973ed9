import { TopK } from '../algorithms/retrieval/top-k.ts'
import type { JournalEvent } from '../domain/event.ts'
import { engagementRoles, Role } from '../domain/roles.ts'
import type { FilterTables } from '../funnel/filter.ts'
import { filters } from '../funnel/filters/registry.ts'
import type { RequestFrame } from '../funnel/request-frame.ts'

/** Items by how many engagements, or likes, they have had so far: what a recommender must beat to be worth its while. */
export class Popularity {
  private readonly counted: number
  private counts = new Uint32Array(1024)
  private readonly top = new TopK()

  /** @param what an event counts when it has a role of these */
  constructor(what: 'engagements' | 'likes') {
    this.counted = what === 'likes' ? Role.positive : engagementRoles
  }

  count(event: JournalEvent, item: number): void {
    if ((event.roles & this.counted) === 0) return
    if (item >= this.counts.length) {
      const counts = new Uint32Array(Math.max(item + 1, this.counts.length * 2))
      counts.set(this.counts)
      this.counts = counts
    }
    this.counts[item]++
  }

  /** The most popular items that pass the funnel's own filters for this request. */
  rank(request: RequestFrame, tables: FilterTables, depth: number): Uint32Array {
    const tests = filters.map(filter => filter.prepare(request, tables)).filter(test => test !== null)
    this.top.begin(depth)
    for (let item = 0; item < this.counts.length; item++) {
      if (this.counts[item] === 0) continue
      const row = tables.items.rowAt(item, request.catalogSeq)
      if (row >= 0 && tests.every(test => test(item, row))) this.top.offer(item, this.counts[item])
    }
    const items = new Uint32Array(depth)
    return items.subarray(0, this.top.drain(items, new Float32Array(depth)))
  }
}
