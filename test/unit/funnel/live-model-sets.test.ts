import { describe, expect, it } from 'vitest'
import type { CatalogState } from '../../../domain/catalog-state.ts'
import type { Item } from '../../../domain/item.ts'
import type { SpaceName } from '../../../features/vector-spaces.ts'
import type { LiveModelSet, LiveModelSets } from '../../../funnel/live-model-sets.ts'
import { ModelSpaces } from '../../../funnel/model-spaces.ts'
import { exhaust, liveModels, loadWhole } from '../../fakes/loaded-models.ts'
import { catalogOf, sampleItem, sampleItems } from '../../fakes/samples.ts'
import { testSchemaHash, tinyModelSet } from '../../fakes/tiny-model-set.ts'

const items = sampleItems(12)

function put(catalog: CatalogState, models: LiveModelSets, item: Item): number {
  const row = catalog.putItem(item, ++catalog.appliedSeq)
  models.admit(row, item)
  return row
}

/** The vector of a row, or null. */
function vectorOf({ handles }: LiveModelSet, space: SpaceName, row: number): number[] | null {
  const spaces = new ModelSpaces(handles)
  return spaces.vectorInto(space, row) ? [...spaces.vector[space]] : null
}

describe('a loaded model set', () => {
  it('has the factors of its vocabulary and the text vectors of all items, by row', () => {
    const catalog = catalogOf([...items, sampleItem('untrained', { text: 'plot number1' })])
    const contents = tinyModelSet(items)
    const set = loadWhole(liveModels(catalog).models, 'a', contents)
    for (const item of items.keys()) {
      const factors = [...contents.collaborative.vectors.subarray(item * 8, (item + 1) * 8)]
      expect(vectorOf(set, 'collaborative', catalog.items.currentRow(item))).toEqual(factors)
    }
    expect(vectorOf(set, 'collaborative', catalog.items.currentRow(12))).toBeNull()
    const text = vectorOf(set, 'content', catalog.items.currentRow(12))!
    expect(Math.hypot(...text)).toBeCloseTo(1, 5)
  })

  it('speaks of items by ordinal, also where its vocabulary has another order or names items that are gone', () => {
    const shuffled = [sampleItem('gone'), ...[...items].reverse()]
    const contents = tinyModelSet(shuffled)
    const { handles } = loadWhole(liveModels(catalogOf(items)).models, 'a', contents)
    const { offsets, neighbours } = handles.coVisitation
    const listOf = (item: number) => [...neighbours.subarray(offsets[item], offsets[item + 1])].map(n => items[n].id)
    // Place p of the vocabulary names the places p + 1 … p + 4; i0 stands last, and behind it "gone" again first.
    expect(listOf(5)).toEqual(['i4', 'i3', 'i2', 'i1'])
    expect(listOf(0)).toEqual(['i11', 'i10', 'i9'])
    expect([...handles.foldIn.placeOf]).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1])
  })

  it('gives a changed item a text vector of its own and the factors it had', () => {
    const catalog = catalogOf(items)
    const { models } = liveModels(catalog)
    const set = loadWhole(models, 'a', tinyModelSet(items))
    const before = catalog.items.currentRow(3)
    const text = vectorOf(set, 'content', before)
    const row = put(catalog, models, { ...items[3], text: 'plot number4 about theme1', categories: ['category-1'] })
    expect(row).not.toBe(before)
    expect(vectorOf(set, 'collaborative', row)).toEqual(vectorOf(set, 'collaborative', before))
    expect(vectorOf(set, 'content', row)).not.toEqual(text)
    expect(vectorOf(set, 'content', before)).toEqual(text)
  })

  it('gives a new item a text vector, and none to one whose words it does not know', () => {
    const catalog = catalogOf(items)
    const { models } = liveModels(catalog)
    const set = loadWhole(models, 'a', tinyModelSet(items))
    const known = put(catalog, models, sampleItem('new', { text: 'about theme2', categories: ['category-2'] }))
    expect(vectorOf(set, 'content', known)).not.toBeNull()
    expect(vectorOf(set, 'collaborative', known)).toBeNull()
    const unknown = put(catalog, models, sampleItem('wordless', { title: '' }))
    expect(vectorOf(set, 'content', unknown)).toBeNull()
  })

  it('has no vectors in a row that was cleared, nor in a row that is used again', () => {
    const catalog = catalogOf(items)
    const { models } = liveModels(catalog)
    const set = loadWhole(models, 'a', tinyModelSet(items))
    const old = catalog.items.currentRow(2)
    put(catalog, models, { ...items[2], title: 'Another title' })
    for (const row of catalog.table.reclaim(catalog.appliedSeq + 1)) models.clear(row)
    expect(vectorOf(set, 'content', old)).toBeNull()
    const reused = put(catalog, models, sampleItem('unheard', { title: '' }))
    expect(reused).toBe(old)
    expect(vectorOf(set, 'collaborative', reused)).toBeNull()
  })

  it('misses nothing that changes while it is being loaded, at whatever step', () => {
    const changed = { ...items[1], text: 'plot number3 about theme3' }
    const expected = new Map<string, unknown>()
    for (let step = 0; step <= 24; step++) {
      const catalog = catalogOf(items)
      const { models } = liveModels(catalog)
      const steps = models.load('a', tinyModelSet(items), testSchemaHash)
      for (let i = 0; i < step; i++) steps.next()
      const row = put(catalog, models, changed)
      catalog.deleteItem('i4', ++catalog.appliedSeq)
      models.clear(catalog.items.currentRow(4))
      exhaust(steps as Iterable<void>)
      const set = models.live()[0]
      const found = [1, 4].map(item =>
        (['collaborative', 'content'] as const).map(space => vectorOf(set, space, catalog.items.currentRow(item))),
      )
      expected.set(JSON.stringify(found), found)
      expect(vectorOf(set, 'content', row)).not.toBeNull()
      expect(vectorOf(set, 'collaborative', row)).not.toBeNull()
    }
    expect([...expected.values()]).toHaveLength(1)
    expect([...expected.values()][0]).toMatchObject([expect.anything(), [null, null]])
  })
})

describe('the live model sets', () => {
  function twoSets() {
    const { models, unused } = liveModels(catalogOf(items))
    const [first, second] = ['a', 'b'].map(id => loadWhole(models, id, tinyModelSet(items)))
    return { models, unused, first, second }
  }

  it('pin nothing before the first promotion', () => {
    expect(twoSets().models.pin()).toBeNull()
  })

  it('give new requests the promoted set, and free the one before when nobody pins it', () => {
    const { models, unused, first, second } = twoSets()
    models.promote(first.generation)
    expect(models.pin()?.id).toBe('a')
    models.release(first)
    expect(unused).toEqual([])
    models.promote(second.generation)
    expect(unused).toEqual([first.generation])
    expect(models.pin()?.id).toBe('b')
    expect(models.live().map(set => set.id)).toEqual(['b'])
  })

  it('keep a set that requests pin until the last of them has ended', () => {
    const { models, unused, first, second } = twoSets()
    models.promote(first.generation)
    const pins = [models.pin()!, models.pin()!]
    models.promote(second.generation)
    models.release(pins[0])
    expect(unused).toEqual([])
    models.release(pins[1])
    expect(unused).toEqual([first.generation])
  })

  it('keep the set when the present one is promoted again', () => {
    const { models, unused, first } = twoSets()
    models.promote(first.generation)
    models.promote(first.generation)
    expect(unused).toEqual([])
    expect(models.pin()?.id).toBe('a')
  })

  it('give up a set that never became current, and number each set anew', () => {
    const { models, unused, first, second } = twoSets()
    models.promote(first.generation)
    models.discard(second.generation)
    expect(unused).toEqual([second.generation])
    expect(loadWhole(models, 'b', tinyModelSet(items)).generation).toBeGreaterThan(second.generation)
  })
})
