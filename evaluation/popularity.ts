import type { JournalEvent } from '../domain/event.ts'
import { grown } from '../domain/grown.ts'
import { engagementRoles, Role } from '../domain/roles.ts'
import type { FilterTables } from '../funnel/filter.ts'
import type { RequestFrame } from '../funnel/request-frame.ts'
import { type Baseline, FilteredRanking } from './filtered-ranking.ts'

/** Items by how many engagements, or likes, they have had so far: what a recommender must beat to be worth its while. */
export class Popularity implements Baseline {
  private readonly counted: number
  private counts = new Uint32Array(1024)
  private readonly ranking = new FilteredRanking()

  /** @param what an event counts when it has a role of these */
  constructor(what: 'engagements' | 'likes') {
    this.counted = what === 'likes' ? Role.positive : engagementRoles
  }

  count(event: JournalEvent, item: number): void {
    if ((event.roles & this.counted) === 0) return
    if (item >= this.counts.length) {
      this.counts = grown(this.counts, new Uint32Array(Math.max(item + 1, this.counts.length * 2)))
    }
    this.counts[item]++
  }

  /** The most popular items that pass the funnel's own filters for this request. */
  rank(request: RequestFrame, tables: FilterTables, depth: number): Uint32Array {
    const { counts } = this
    const score = (item: number) => (counts[item] === 0 ? Number.NaN : counts[item])
    return this.ranking.rank(score, counts.length, request, tables, depth)
  }
}
