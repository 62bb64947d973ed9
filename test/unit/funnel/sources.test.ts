import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PopularLists, ScoredItems } from '../../../domain/popular-lists.ts'
import { emptyPopularLists } from '../../../domain/popular-lists.ts'
import { filters } from '../../../funnel/filters/registry.ts'
import type { Partition, RankedItems } from '../../../funnel/partition.ts'
import { Proposals } from '../../../funnel/proposals.ts'
import type { RequestFrame } from '../../../funnel/request-frame.ts'
import type { Source } from '../../../funnel/source.ts'
import { collaborative } from '../../../funnel/sources/collaborative.ts'
import { itemToItem } from '../../../funnel/sources/item-to-item.ts'
import { popular } from '../../../funnel/sources/popular.ts'
import { sources } from '../../../funnel/sources/registry.ts'
import { trending } from '../../../funnel/sources/trending.ts'
import { filterTables, requestFrame } from '../../fakes/requests.ts'
import { catalogOf, sampleItems, testSettings } from '../../fakes/samples.ts'

const itemCount = 60
const catalog = catalogOf(sampleItems(itemCount))

/** A partition whose ranking of every space is the list, best first; it counts what it is asked. */
class ListedPartition {
  readonly partitions = 1
  readonly items = catalog.items
  readonly settings = testSettings()
  readonly exactScanShare: number
  readonly widths: number[] = []
  readonly popular: PopularLists
  private readonly ranking: readonly number[]

  constructor(ranking: readonly number[], { exactScanShare = 0.5, popular = emptyPopularLists } = {}) {
    this.ranking = ranking
    this.exactScanShare = exactScanShare
    this.popular = popular
  }

  sample(): Uint32Array {
    return Uint32Array.from(this.ranking)
  }

  sizeOf(): number {
    return this.ranking.length
  }

  nearest(_space: string, _query: Float32Array, k: number): RankedItems {
    this.widths.push(k)
    const items = Uint32Array.from(this.ranking.slice(0, k))
    return { items, scores: Float32Array.from(items, (_, i) => -i), count: items.length }
  }

  scan(space: string, query: Float32Array, k: number): RankedItems {
    return this.nearest(space, query, k)
  }

  relatedToHistory(_query: RequestFrame, k: number): RankedItems {
    return this.nearest('', new Float32Array(0), k)
  }
}

function propose(
  source: Source,
  partition: ListedPartition,
  fields: Partial<RequestFrame> = {},
  budget = 10,
  known = catalog,
): number[] {
  const query = { ...requestFrame(known), collaborativeQuery: Float32Array.of(1), ...fields }
  const proposals = new Proposals(1000, sources.length, filters, 0)
  proposals.begin(query, filterTables(known))
  proposals.beginSource(0, budget)
  source.propose(query, partition as unknown as Partition, proposals)
  return [...proposals.items.subarray(0, proposals.total)]
}

const listOf = (...items: number[]): ScoredItems => ({
  items: Uint32Array.from(items),
  scores: Float32Array.from(items, (_, i) => 1 / (1 + i)),
})

describe('a search for neighbours', () => {
  it('finds the nearest that the filters let pass, however many they remove', () => {
    const worlds = fc.record({
      ranking: fc.shuffledSubarray([...Array(itemCount).keys()]),
      seen: fc.uniqueArray(fc.nat(itemCount - 1)),
      budget: fc.integer({ min: 0, max: 20 }),
      exactScanShare: fc.constantFrom(0.05, 0.5, 1),
    })
    fc.assert(
      fc.property(worlds, ({ ranking, seen, budget, exactScanShare }) => {
        const expected = ranking.filter(item => !seen.includes(item)).slice(0, budget)
        const partition = new ListedPartition(ranking, { exactScanShare })
        expect(propose(collaborative, partition, { seen: Uint32Array.from(seen).sort() }, budget)).toEqual(expected)
      }),
    )
  })

  it('is not made without a vector of the person, without items, and without a budget', () => {
    const all = [...Array(itemCount).keys()]
    const partition = new ListedPartition(all)
    expect(propose(collaborative, partition, { collaborativeQuery: new Float32Array(0) })).toEqual([])
    expect(propose(collaborative, partition, {}, 0)).toEqual([])
    expect(propose(collaborative, new ListedPartition([]))).toEqual([])
    expect(partition.widths).toEqual([])
  })

  it('looks at little more than it needs where little is filtered', () => {
    const partition = new ListedPartition([...Array(itemCount).keys()], { exactScanShare: 1 })
    propose(collaborative, partition, { seen: Uint32Array.of(1, 2) }, 5)
    expect(partition.widths).toHaveLength(1)
    expect(partition.widths[0]).toBeLessThan(itemCount / 2)
  })
})

describe('the width of a search', () => {
  const ranking = [...Array(itemCount).keys()]
  const widthsFor = (seen: number) => {
    const partition = new ListedPartition(ranking, { exactScanShare: 1 })
    const removed = ranking.filter(item => item % 4 < seen)
    propose(collaborative, partition, { seen: Uint32Array.from(removed) }, 5)
    return partition.widths
  }

  it('grows with the share of the partition that the filters remove, so that one search is enough', () => {
    const [[none], [half]] = [widthsFor(0), widthsFor(2)]
    expect(half).toBeGreaterThan(none)
    expect([widthsFor(0), widthsFor(2)].map(widths => widths.length)).toEqual([1, 1])
  })
})

describe('the neighbours by co-visitation', () => {
  const many = 2000
  const known = catalogOf(sampleItems(many))
  const ask = (ranking: readonly number[], seen: readonly number[], budget: number, history = 1) => {
    const partition = new ListedPartition(ranking)
    const fields = { seen: Uint32Array.from(seen).sort(), historyItem: new Uint32Array(history) }
    return { found: propose(itemToItem, partition, fields, budget, known), widths: partition.widths }
  }

  it('are the best that the filters let pass, however many they remove', () => {
    const anyItems = (maxLength: number) => fc.uniqueArray(fc.nat(many - 1), { maxLength, size: 'max' })
    fc.assert(
      fc.property(anyItems(many), anyItems(many), fc.integer({ min: 0, max: 30 }), (ranking, seen, budget) => {
        const removed = new Set(seen)
        expect(ask(ranking, seen, budget).found).toEqual(ranking.filter(item => !removed.has(item)).slice(0, budget))
      }),
      { numRuns: 30 },
    )
  })

  it('are ranked no further than is needed, and further only where the filters remove most', () => {
    const ranking = [...Array(many).keys()]
    expect(ask(ranking, [], 10).widths).toEqual([26])
    const seen = ranking.slice(0, many / 2)
    const { found, widths } = ask(ranking, seen, 10)
    expect(found).toEqual(ranking.slice(many / 2, many / 2 + 10))
    expect(widths.length).toBeGreaterThan(1)
  })

  it('are not asked for without a history', () => {
    expect(ask([1, 2], [], 10, 0)).toEqual({ found: [], widths: [] })
  })
})

describe('popular and trending lists', () => {
  it('are proposed in their order, less what the filters remove', () => {
    const lists = { ...emptyPopularLists, popular: listOf(5, 3, 9, 1), trending: listOf(7, 5) }
    const partition = new ListedPartition([], { popular: lists })
    expect(propose(popular, partition, { seen: Uint32Array.of(3) }, 3)).toEqual([5, 9, 1])
    expect(propose(trending, partition)).toEqual([7, 5])
  })

  it('end in whatever else there is, so that a feed is not empty while items pass the filters', () => {
    const lists = { ...emptyPopularLists, popular: listOf(5, itemCount - 1) }
    const latest = Array.from({ length: 5 }, (_, i) => itemCount - 2 - i).filter(item => item !== 5)
    expect(propose(popular, new ListedPartition([], { popular: lists }), {}, 5)).toEqual([
      5,
      itemCount - 1,
      ...latest.slice(0, 3),
    ])
    expect(propose(popular, new ListedPartition([]))).toHaveLength(10)
  })

  it('of a segment alternate with what is trending everywhere, so that neither stands alone', () => {
    const lists = {
      ...emptyPopularLists,
      trending: listOf(1, 2, 3, 4),
      segmentKeys: Uint32Array.of(300, 500),
      segmentOffsets: Uint32Array.of(0, 2, 4),
      segmentItems: listOf(10, 11, 20, 2),
    }
    const partition = new ListedPartition([], { popular: lists })
    expect(propose(trending, partition, { segment: 300 })).toEqual([10, 1, 11, 2, 3, 4])
    expect(propose(trending, partition, { segment: 500 })).toEqual([20, 1, 2, 3, 4])
    expect(propose(trending, partition, { segment: 400 })).toEqual([1, 2, 3, 4])
    expect(propose(trending, partition, { segment: 300 }, 3)).toEqual([10, 1, 11])
  })
})

describe('the sources', () => {
  it('have names and settings of their own, and a bit each', () => {
    expect(new Set(sources.map(source => source.name)).size).toBe(sources.length)
    expect(new Set(sources.map(source => source.settings.path)).size).toBe(sources.length)
    expect(sources.length).toBeLessThanOrEqual(31)
  })

  it('keep their bits: served records of a running installation name them by place', () => {
    expect(sources.slice(0, 8).map(source => source.name)).toEqual([
      'collaborative',
      'content',
      'item-to-item',
      'trending',
      'fresh',
      'popular',
      'two-tower',
      'sequence',
    ])
  })
})
