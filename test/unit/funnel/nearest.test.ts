import { describe, expect, it } from 'vitest'
import type { FilterTables } from '../../../funnel/filter.ts'
import type { Partition, RankedItems } from '../../../funnel/partition.ts'
import { Proposals } from '../../../funnel/proposals.ts'
import type { RequestFrame } from '../../../funnel/request-frame.ts'
import { offerNearest } from '../../../funnel/sources/nearest.ts'

const size = 1000

/** Items 0 … 999 by falling score. A search for few misses every third of the best; a wider one finds them all. */
function approximatePartition(): Partition {
  const ranked = (items: number[]): RankedItems => ({
    items: Uint32Array.from(items),
    scores: Float32Array.from(items, item => 1 - item / size),
    count: items.length,
  })
  const all = Array.from({ length: size }, (_, item) => item)
  return {
    partitions: 1,
    exactScanShare: 0.25,
    sizeOf: () => size,
    sample: () => Uint32Array.from({ length: 100 }, (_, i) => i * 10 + 1),
    nearest: (_space: string, _query: Float32Array, k: number) =>
      ranked(all.filter(item => k > 100 || item % 3 !== 0).slice(0, k)),
    scan: () => ranked(all),
  } as unknown as Partition
}

/** Keeps what `test` says, of a table in which every item is its own row. */
function proposalsThatPass(test: (item: number) => boolean, budget: number): Proposals {
  const proposals = new Proposals(size, 1, [{ name: 'test', prepare: () => test }], 0)
  const items = { rowAt: (item: number) => item }
  proposals.begin({ catalogSeq: 1, explain: 0 } as RequestFrame, { items } as unknown as FilterTables)
  proposals.beginSource(0, budget)
  return proposals
}

const request = { seen: new Uint32Array(0), wantedCategories: new Uint16Array(0) } as RequestFrame
const query = new Float32Array([1])

describe('offering the nearest items', () => {
  it('goes on over a wider search that finds what a narrower one missed', () => {
    const proposals = proposalsThatPass(item => item % 10 === 0, 40)
    offerNearest('collaborative', query, request, approximatePartition(), proposals)
    const kept = [...proposals.items.subarray(0, proposals.total)]
    expect(kept).toHaveLength(40)
    expect(new Set(kept)).toEqual(new Set(Array.from({ length: 40 }, (_, i) => i * 10)))
  })

  it('keeps the scores it offers from rising when it does', () => {
    const proposals = proposalsThatPass(item => item % 10 === 0, 40)
    offerNearest('collaborative', query, request, approximatePartition(), proposals)
    const scores = [...proposals.scores.subarray(0, proposals.total)]
    expect(scores).toEqual([...scores].sort((a, b) => b - a))
  })
})
