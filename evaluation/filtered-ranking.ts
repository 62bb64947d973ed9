import { TopK } from '../algorithms/retrieval/top-k.ts'
import type { FilterTables } from '../funnel/filter.ts'
import { filters } from '../funnel/filters/registry.ts'
import type { RequestFrame } from '../funnel/request-frame.ts'

/** What a baseline answers to a request: items by ordinal, best first. */
export interface Baseline {
  rank(request: RequestFrame, tables: FilterTables, depth: number): Uint32Array
}

/** Orders items by a score of their own behind the funnel's own filters; scratch is reused. */
export class FilteredRanking {
  private readonly top = new TopK()

  /**
   * @param score of an item by ordinal, below `items`; NaN for what is not to be proposed
   * @returns the best that pass, equal scores by ordinal
   */
  rank(
    score: (item: number) => number,
    items: number,
    request: RequestFrame,
    tables: FilterTables,
    depth: number,
  ): Uint32Array {
    const tests = filters.map(filter => filter.prepare(request, tables)).filter(test => test !== null)
    this.top.begin(depth)
    for (let item = 0; item < items; item++) {
      const value = score(item)
      if (Number.isNaN(value)) continue
      const row = tables.items.rowAt(item, request.catalogSeq)
      if (row >= 0 && tests.every(test => test(item, row))) this.top.offer(item, value)
    }
    const ranked = new Uint32Array(depth)
    return ranked.subarray(0, this.top.drain(ranked, new Float32Array(depth)))
  }
}
