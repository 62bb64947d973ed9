import { describe, expect, it } from 'vitest'
import type { Item } from '../../../domain/item.ts'
import { Role } from '../../../domain/roles.ts'
import { QueryEncoder } from '../../../funnel/hydrators/query-vectors.ts'
import { ModelSpaces } from '../../../funnel/model-spaces.ts'
import { liveModels, loadWhole } from '../../fakes/loaded-models.ts'
import { catalogOf, sampleItem, sampleItems } from '../../fakes/samples.ts'
import { tinyModelSet } from '../../fakes/tiny-model-set.ts'

const items = sampleItems(20)
const untrained = sampleItem('untrained', { text: 'about theme1', categories: ['category-1'] })
const wordless = sampleItem('wordless', { title: '' })

async function world(all: readonly Item[] = [...items, untrained, wordless]) {
  const catalog = catalogOf(all)
  const { models } = liveModels(catalog)
  const set = loadWhole(models, 'a', tinyModelSet(items))
  const spaces = new ModelSpaces(set.handles)
  const encoder = await QueryEncoder.open(spaces, set.handles)
  const encode = (history: readonly (readonly [item: number, weight: number])[], querySeq = catalog.appliedSeq) =>
    encoder.encode(
      {
        generation: set.generation,
        tablesVersion: 1,
        hour: 0,
        querySeq,
        historyItem: Uint32Array.from(history, ([item]) => item),
        historyWeight: Float32Array.from(history, ([, weight]) => weight),
        historyRoles: Uint8Array.from(history, ([, weight]) => (weight < 0 ? Role.negative : Role.click)),
        profileColumns: new Uint16Array(0),
      },
      catalog.items,
    )
  return { catalog, models, set, spaces, encode }
}

describe('query vectors', () => {
  it('are the same bits for the same history, in every encoder and however often', async () => {
    const [one, other] = [await world(), await world()]
    const history = [
      [4, 1],
      [9, 0.5],
      [0, 2],
    ] as const
    const first = await one.encode(history)
    await one.encode([[3, 1]])
    expect(await one.encode(history)).toEqual(first)
    expect(await other.encode(history)).toEqual(first)
  })

  it('lie nearest to what the person engaged with', async () => {
    const { spaces, catalog, encode } = await world()
    const { collaborative, content } = await encode([
      [1, 1],
      [5, 1],
      [9, 1],
    ])
    const best = (space: 'collaborative' | 'content', query: Float32Array) =>
      items.map((_, item) => item).sort((a, b) => dot(space, b, query) - dot(space, a, query))[0]
    const dot = (space: 'collaborative' | 'content', item: number, query: Float32Array) =>
      spaces[space].dot(catalog.items.currentRow(item), query)
    // Items 1, 5, 9 are all of one category, whose vectors lie together.
    expect(best('collaborative', collaborative) % 4).toBe(1)
    expect(best('content', content) % 4).toBe(1)
    expect(Math.hypot(...content)).toBeCloseTo(1, 5)
  })

  it('are empty without a history, and where nothing of it can be placed', async () => {
    const { encode } = await world()
    expect((await encode([])).collaborative).toHaveLength(0)
    expect((await encode([])).content).toHaveLength(0)
    const { collaborative, content } = await encode([[20, 1]])
    expect(collaborative).toHaveLength(0)
    expect(content.length).toBeGreaterThan(0)
  })

  it('leave dislikes out of the factors, and push the text vector away from them', async () => {
    const { encode } = await world()
    expect((await encode([[4, -1]])).collaborative).toHaveLength(0)
    const liked = (await encode([[4, 1]])).content
    const disliked = (await encode([[4, -1]])).content
    expect([...disliked]).toEqual([...liked].map(x => -x))
  })

  it('read the items as they were at the journal number of the query', async () => {
    const { catalog, models, encode } = await world()
    const history = [[4, 1]] as const
    const then = catalog.appliedSeq
    const before = await encode(history)
    const changed = { ...items[4], categories: ['category-3'], text: 'about theme3' }
    models.admit(catalog.putItem(changed, ++catalog.appliedSeq), changed)
    expect(await encode(history, then)).toEqual(before)
    expect((await encode(history)).content).not.toEqual(before.content)
  })
})
