import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gatherProposals, gatherRemovals } from '../../../funnel/gather.ts'
import { IndexPartition } from '../../../funnel/index-partition.ts'
import type { RetrievalFrame } from '../../../funnel/retrieval-frame.ts'
import { testSettings } from '../../fakes/samples.ts'

interface Entry {
  readonly item: number
  readonly score: number
}

interface Removal {
  readonly item: number
  readonly by: number
  readonly from: number
}

/** What one shard answers: one ranked list per source. */
function reply(lists: readonly (readonly Entry[])[], removed: readonly Removal[] = []): RetrievalFrame {
  const all = lists.flat()
  const removedCounts = [0, 1].map(filter => removed.filter(({ by }) => by === filter).length)
  return {
    shard: 0,
    elapsedMs: 0,
    generation: 1,
    counts: Uint16Array.from(lists, list => list.length),
    items: Uint32Array.from(all, entry => entry.item),
    scores: Float32Array.from(all, entry => entry.score),
    removedCounts: Uint32Array.from(removedCounts),
    removedItems: Uint32Array.from(removed, ({ item }) => item),
    removedBy: Uint8Array.from(removed, ({ by }) => by),
    removedFrom: Uint8Array.from(removed, ({ from }) => from),
  }
}

const byScore = (a: Entry, b: Entry) => b.score - a.score

/** A ranking of distinct items for each source, and the shard of each item. */
const rankings = fc.record({
  shards: fc.integer({ min: 1, max: 5 }),
  sources: fc.array(
    fc.uniqueArray(fc.record({ item: fc.nat(200), score: fc.integer({ min: -20, max: 20 }) }), {
      selector: entry => entry.item,
      maxLength: 40,
    }),
    { minLength: 1, maxLength: 4 },
  ),
})

describe('the gather', () => {
  it('finds what one search of everything would have found', () => {
    fc.assert(
      fc.property(rankings, fc.nat(50), ({ shards, sources }, budget) => {
        const replies = Array.from({ length: shards }, (_, shard) =>
          reply(sources.map(list => list.filter(({ item }) => item % shards === shard).sort(byScore))),
        )
        const gathered = gatherProposals(
          replies,
          Uint16Array.from(sources, () => budget),
        )
        for (const [source, list] of sources.entries()) {
          const best = [...list].sort(byScore).slice(0, budget)
          const { items, scores } = gathered[source]
          expect([...scores]).toEqual(best.map(entry => entry.score))
          const scoreOf = new Map(list.map(entry => [entry.item, entry.score]))
          expect([...items].map(item => scoreOf.get(item))).toEqual([...scores])
          expect(new Set(items).size).toBe(items.length)
        }
      }),
    )
  })

  it('lets the lower shard go first among equals', () => {
    const shards = [reply([[{ item: 9, score: 1 }]]), reply([[{ item: 2, score: 1 }]])]
    expect([...gatherProposals(shards, Uint16Array.of(5))[0].items]).toEqual([9, 2])
  })

  it('gives every source an empty list when no shard answered', () => {
    const gathered = gatherProposals([], Uint16Array.of(5, 5))
    expect(gathered.map(list => list.items.length)).toEqual([0, 0])
  })

  it('adds up what the filters of all shards removed', () => {
    const removed = (item: number, by: number, from: number): Removal => ({ item, by, from })
    const shards = [reply([], [removed(4, 0, 2), removed(6, 1, 5)]), reply([], [removed(3, 1, 2)])]
    const removals = gatherRemovals(shards, 2)
    expect([...removals.counts]).toEqual([1, 2])
    expect([...removals.items]).toEqual([4, 6, 3])
    expect([...removals.by]).toEqual([0, 1, 1])
    expect([...removals.from]).toEqual([2, 5, 2])
  })

  it('counts once what a global source and the item’s own partition both saw removed', () => {
    const shards = [reply([], [{ item: 7, by: 1, from: 3 }]), reply([], [{ item: 7, by: 1, from: 0 }])]
    const removals = gatherRemovals(shards, 2)
    expect([...removals.counts]).toEqual([0, 1])
    expect([[...removals.items], [...removals.from]]).toEqual([[7], [3]])
  })
})

describe("a partition's share of a budget", () => {
  const shareOf = (partitions: number, budget: number) => new IndexPartition(partitions, testSettings()).shareOf(budget)

  it('is the whole budget where there is one partition, and never more', () => {
    expect(shareOf(1, 200)).toBe(200)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), fc.nat(1000), (partitions, budget) => {
        const share = shareOf(partitions, budget)
        expect(share).toBeLessThanOrEqual(budget)
        expect(share * partitions).toBeGreaterThanOrEqual(budget)
      }),
    )
  })

  it('has a margin: a fair draw of the best items rarely puts more into one partition', () => {
    // 99.7 % lie within three standard deviations, √(200 · ¼ · ¾) = 6.1 here.
    expect(shareOf(4, 200)).toBeGreaterThanOrEqual(50 + 18)
    expect(shareOf(4, 200)).toBeLessThan(80)
  })
})
