import { describe, expect, it } from 'vitest'
import type { CatalogState } from '../../../domain/catalog-state.ts'
import type { Item } from '../../../domain/item.ts'
import { Role } from '../../../domain/roles.ts'
import { QueryEncoder } from '../../../funnel/hydrators/query-vectors.ts'
import { IndexPartition } from '../../../funnel/index-partition.ts'
import type { LiveModelSet, LiveModelSets } from '../../../funnel/live-model-sets.ts'
import { ModelSpaces } from '../../../funnel/model-spaces.ts'
import type { RankedItems } from '../../../funnel/partition.ts'
import type { RequestFrame } from '../../../funnel/request-frame.ts'
import { exhaust, handlesFor, liveModels, loadWhole, tablesOf } from '../../fakes/loaded-models.ts'
import { requestFrame } from '../../fakes/requests.ts'
import { catalogOf, day, startOf2024 as now, sampleItem, sampleItems, testSettings } from '../../fakes/samples.ts'
import { tinyModelSet } from '../../fakes/tiny-model-set.ts'

const items = sampleItems(40)

interface World {
  readonly catalog: CatalogState
  readonly models: LiveModelSets
  readonly set: LiveModelSet
  readonly partition: IndexPartition
  readonly owned: readonly number[]
}

/** One of two partitions, with the items of even number and a loaded model set. */
function world(): World {
  const catalog = catalogOf(items)
  const { models } = liveModels(catalog)
  const set = loadWhole(models, 'a', tinyModelSet(items))
  const partition = new IndexPartition(2, testSettings())
  const owned = [...items.keys()].filter(item => item % 2 === 0)
  partition.setTables(tablesOf(catalog))
  exhaust(partition.update(Uint32Array.from(owned)))
  exhaust(partition.prepare(handlesFor(set, owned)))
  return { catalog, models, set, partition, owned }
}

function change({ catalog, models, partition }: World, item: Item): void {
  models.admit(catalog.putItem(item, ++catalog.appliedSeq), item)
  exhaust(partition.update(Uint32Array.of(catalog.findItem(item.id))))
}

function begin({ catalog, partition, set }: World, fields: Partial<RequestFrame> = {}): RequestFrame {
  const query = { ...requestFrame(catalog), generation: set.generation, now, ...fields }
  partition.begin(query)
  return query
}

async function queryNear({ catalog, set }: World, item: number) {
  const encoder = await QueryEncoder.open(new ModelSpaces(set.handles), set.handles)
  return encoder.encode(
    {
      generation: set.generation,
      tablesVersion: 1,
      hour: 0,
      querySeq: catalog.appliedSeq,
      historyItem: Uint32Array.of(item),
      historyWeight: Float32Array.of(1),
      historyRoles: Uint8Array.of(Role.click),
      profileColumns: new Uint16Array(0),
    },
    catalog.items,
  )
}

const listOf = ({ items: found, count }: RankedItems) => [...found.subarray(0, count)]

describe('an index partition', () => {
  it.each(['collaborative', 'content'] as const)('finds the nearest of its own items in the %s space', async space => {
    const w = world()
    begin(w)
    const query = (await queryNear(w, 6))[space]
    const spaces = new ModelSpaces(w.set.handles)
    const exact = [...w.owned].sort(
      (a, b) =>
        spaces.readers[space].dot(w.catalog.items.currentRow(b), query) -
        spaces.readers[space].dot(w.catalog.items.currentRow(a), query),
    )
    expect(w.partition.sizeOf(space)).toBe(20)
    expect(listOf(w.partition.scan(space, query, 20))).toEqual(exact)
    expect(listOf(w.partition.nearest(space, query, 5))).toEqual(exact.slice(0, 5))
  })

  it('owns the items it was told of, and no others', () => {
    const { partition } = world()
    expect([0, 1, 38, 39, 1_000_000].map(item => partition.owns(item))).toEqual([true, false, true, false, false])
  })

  it('places a new item, moves one whose text changes, and drops one that is deleted', async () => {
    const w = world()
    const like1 = { text: 'plot number1 about theme1', categories: ['category-1'], creators: ['creator-1'] }
    change(w, sampleItem('new', like1))
    change(w, { ...items[8], ...like1, title: 'Title of i1' })
    w.catalog.deleteItem('i2', ++w.catalog.appliedSeq)
    w.models.clear(w.catalog.items.currentRow(2))
    exhaust(w.partition.update(Uint32Array.of(2)))
    begin(w)
    const { content } = await queryNear(w, 1)
    const nearest = listOf(w.partition.nearest('content', content, 20))
    expect(new Set(nearest.slice(0, 2))).toEqual(new Set([8, 40]))
    expect(nearest).not.toContain(2)
    expect(w.partition.sizeOf('content')).toBe(20)
    expect(listOf(w.partition.scan('content', content, 30))).not.toContain(2)
    // The new item has no factors: nobody has met it yet.
    expect(w.partition.sizeOf('collaborative')).toBe(19)
  })

  it('serves the old generation while a new one is being built, and the new one only when it is whole', async () => {
    const w = world()
    const next = loadWhole(w.models, 'b', tinyModelSet(items, 2))
    const steps = w.partition.prepare(handlesFor(next, w.owned))
    for (let i = 0; i < 10; i++) steps.next()
    expect(() => begin({ ...w, set: next })).toThrow(/not loaded/)
    begin(w)
    expect(listOf(w.partition.nearest('content', (await queryNear(w, 6)).content, 3))).toHaveLength(3)
    change(w, sampleItem('late', { text: 'about theme1', categories: ['category-1'] }))
    exhaust(steps)
    begin({ ...w, set: next })
    expect(w.partition.sizeOf('content')).toBe(21)
    expect(w.partition.sizeOf('collaborative')).toBe(20)
  })

  it('answers no more for a generation that was retired', () => {
    const w = world()
    exhaust(w.partition.retire(w.set.generation))
    expect(() => begin(w)).toThrow(/not loaded/)
  })

  it('refuses a request whose tables it has not heard of', () => {
    expect(() => begin(world(), { tablesVersion: 2 })).toThrow(/have not arrived/)
  })

  it('has nothing to search for a request without a model set', () => {
    const w = world()
    const query = begin(w, { generation: 0, historyItem: Uint32Array.of(1), historyWeight: Float32Array.of(1) })
    expect([w.partition.sizeOf('collaborative'), w.partition.sizeOf('content')]).toEqual([0, 0])
    expect(w.partition.relatedToHistory(query).count).toBe(0)
  })

  it('finds what was watched together with the history, over all partitions, recent engagements first', () => {
    const w = world()
    const query = begin(w, { historyItem: Uint32Array.of(10, 30), historyWeight: Float32Array.of(1, 1) })
    const { items: found, scores, count } = w.partition.relatedToHistory(query)
    expect(new Set(found.subarray(0, count))).toEqual(new Set([11, 12, 13, 14, 31, 32, 33, 34]))
    expect([...found.subarray(0, 2)]).toEqual([11, 31])
    expect(scores[0]).toBeGreaterThan(scores[1])
    const all = listOf({ items: found, scores, count })
    for (const k of [0, 3, 8, 100]) expect(listOf(w.partition.relatedToHistory(query, k))).toEqual(all.slice(0, k))
  })

  it('shows its newest items within the window, newest first where the person has no profile', () => {
    const w = world()
    const query = begin(w)
    // Item i was published 40 − i days ago.
    expect(listOf(w.partition.newest(query, now - 6.5 * day, 100))).toEqual([38, 36, 34])
    expect(listOf(w.partition.newest(query, now - 40 * day, 2))).toEqual([38, 36])
    expect(listOf(w.partition.newest({ ...query, now: now - 3 * day }, now - 6.5 * day, 100))).toEqual([36, 34])
  })

  it('puts among the newest first what is like the profile', async () => {
    const w = world()
    const query = begin(w, { contentQuery: (await queryNear(w, 2)).content })
    const newest = listOf(w.partition.newest(query, now - 10.5 * day, 100))
    expect(new Set(newest)).toEqual(new Set([30, 32, 34, 36, 38]))
    expect(newest[0] % 4).toBe(2)
  })
})
