import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Filter } from '../../../funnel/filter.ts'
import { Proposals } from '../../../funnel/proposals.ts'
import { filterTables, requestFrame } from '../../fakes/requests.ts'
import { catalogOf, sampleItems } from '../../fakes/samples.ts'

const itemCount = 40
const catalog = catalogOf(sampleItems(itemCount))
const tables = filterTables(catalog)

const refusing = (name: string, isRefused: (item: number) => boolean): Filter => ({
  name,
  prepare: () => item => !isRefused(item),
})
const byThree = refusing('divisible by three', item => item % 3 === 0)
const byFive = refusing('divisible by five', item => item % 5 === 0)
const idle: Filter = { name: 'idle', prepare: () => null }

function begin(options: { capacity?: number; sources?: number; filters?: Filter[]; explain?: number } = {}): Proposals {
  const { capacity = 100, sources = 3, filters = [], explain = 0 } = options
  const proposals = new Proposals(capacity, sources, filters, 10)
  proposals.begin({ ...requestFrame(catalog), explain }, tables)
  return proposals
}

const keptItems = (proposals: Proposals) => [...proposals.items.subarray(0, proposals.total)]

/** Offers the items with falling scores, as a source would, until it is told to stop. */
function offerAll(proposals: Proposals, source: number, budget: number, items: readonly number[]): void {
  proposals.beginSource(source, budget)
  items.every((item, i) => proposals.offer(item, -i))
}

/** What the filters by three and by five leave of what is offered, in the simplest way. */
class PlainLists {
  readonly kept: number[][] = []
  readonly byThree = new Set<number>()
  readonly byFive = new Set<number>()

  offer(items: readonly number[], room: number): void {
    const list = new Set<number>()
    for (const item of items) {
      if (list.size >= room) break
      if (item >= itemCount) continue
      this.setFor(item, list).add(item)
    }
    this.kept.push([...list])
  }

  private setFor(item: number, list: Set<number>): Set<number> {
    if (item % 3 === 0) return this.byThree
    return item % 5 === 0 ? this.byFive : list
  }
}

describe('proposals', () => {
  it('keep, whatever is offered, what a plain list would keep', () => {
    const offers = fc.array(fc.record({ budget: fc.nat(12), items: fc.array(fc.nat(itemCount + 5)) }), {
      minLength: 1,
      maxLength: 4,
    })
    fc.assert(
      fc.property(offers, fc.integer({ min: 0, max: 30 }), (sources, capacity) => {
        const proposals = begin({ capacity, sources: sources.length, filters: [byThree, idle, byFive] })
        const expected = new PlainLists()
        for (const [source, { budget, items }] of sources.entries()) {
          offerAll(proposals, source, budget, items)
          expected.offer(items, Math.min(budget, capacity - expected.kept.flat().length))
        }
        expect(keptItems(proposals)).toEqual(expected.kept.flat())
        expect([...proposals.counts]).toEqual(expected.kept.map(list => list.length))
        expect([...proposals.removedCounts]).toEqual([expected.byThree.size, 0, expected.byFive.size])
      }),
    )
  })

  it('keep an item once per source, and for every source that offers it', () => {
    const proposals = begin()
    offerAll(proposals, 0, 10, [7, 8, 7])
    offerAll(proposals, 1, 10, [8, 7])
    expect(keptItems(proposals)).toEqual([7, 8, 8, 7])
    expect([...proposals.counts]).toEqual([2, 2, 0])
  })

  it('tell a source to stop with the item that fills its budget', () => {
    const proposals = begin()
    proposals.beginSource(0, 2)
    expect([proposals.offer(1, 3), proposals.room]).toEqual([true, 1])
    expect([proposals.offer(2, 2), proposals.full]).toEqual([false, true])
    expect([proposals.offer(3, 1), proposals.total]).toEqual([false, 2])
  })

  it('count what was removed once, under the first filter that objects, and name the source that offered it first', () => {
    const proposals = begin({ filters: [byThree, byFive], explain: 1 })
    offerAll(proposals, 0, 10, [15, 4])
    offerAll(proposals, 2, 10, [15, 10, 10])
    expect([...proposals.removedCounts]).toEqual([1, 1])
    expect(proposals.removedTotal).toBe(2)
    expect([...proposals.removedItems.subarray(0, 2)]).toEqual([15, 10])
    expect([...proposals.removedBy.subarray(0, 2)]).toEqual([0, 1])
    expect([...proposals.removedFrom.subarray(0, 2)]).toEqual([0, 2])
  })

  it('list removed items up to their bound only, and count them all', () => {
    const proposals = begin({ filters: [refusing('everything', () => true)], explain: 1 })
    offerAll(
      proposals,
      0,
      10,
      Array.from({ length: 30 }, (_, item) => item),
    )
    expect([proposals.removedTotal, proposals.removedCounts[0]]).toEqual([10, 30])
  })

  it('list no removed items unless the request explains itself', () => {
    const proposals = begin({ filters: [byThree] })
    offerAll(proposals, 0, 10, [3])
    expect([proposals.removedTotal, proposals.removedCounts[0]]).toEqual([0, 1])
  })

  it.each([
    ['rise', [1, 2]],
    ['are not a number', [Number.NaN]],
    ['are not a number behind others', [1, Number.NaN]],
    ['are infinite', [Number.POSITIVE_INFINITY]],
    ['sink to minus infinity', [1, Number.NEGATIVE_INFINITY]],
  ])('refuse scores that %s', (_, scores) => {
    const proposals = begin()
    proposals.beginSource(0, 10)
    expect(() => scores.forEach((score, item) => void proposals.offer(item, score))).toThrow(RangeError)
  })

  it('let the scores of each source begin anew, and stay equal', () => {
    const proposals = begin()
    proposals.beginSource(0, 10)
    proposals.offer(1, -5)
    proposals.beginSource(1, 10)
    proposals.offer(1, 9)
    proposals.offer(2, 9)
    expect(proposals.total).toBe(3)
  })

  it('pass over what another partition owns, when the source works by partition', () => {
    const proposals = begin()
    proposals.beginSource(0, 10, { owns: item => item % 2 === 0 })
    for (let item = 0; item < 6; item++) proposals.offer(item, -item)
    offerAll(proposals, 1, 10, [1, 2])
    expect(keptItems(proposals)).toEqual([0, 2, 4, 1, 2])
  })

  it('pass over items that do not exist at the number the request pinned', () => {
    const grown = catalogOf(sampleItems(3))
    const proposals = new Proposals(10, 1, [], 0)
    proposals.begin({ ...requestFrame(grown), catalogSeq: 2 }, filterTables(grown))
    offerAll(proposals, 0, 10, [2, 1, 0, 99])
    expect(keptItems(proposals)).toEqual([1, 0])
  })

  it('remember nothing of the request before, whatever it offered', () => {
    const proposals = new Proposals(20_000, 1, [byThree], 0)
    const many = catalogOf(sampleItems(9000))
    for (let round = 0; round < 3; round++) {
      proposals.begin(requestFrame(many), filterTables(many))
      offerAll(proposals, 0, 20_000, [...Array(9000).keys()])
      expect([proposals.total, proposals.removedCounts[0]]).toEqual([6000, 3000])
    }
  })
})
