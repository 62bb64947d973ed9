import { describe, expect, it } from 'vitest'
import { Role } from '../../../domain/roles.ts'
import { QueryEncoder } from '../../../funnel/hydrators/query-vectors.ts'
import { ModelSpaces } from '../../../funnel/model-spaces.ts'
import { profileColumn } from '../../../models/two-tower/user-features.ts'
import { liveModels, loadWhole } from '../../fakes/loaded-models.ts'
import { catalogOf, sampleItem, sampleItems } from '../../fakes/samples.ts'
import { tinyModelSet, withNeuralSpaces } from '../../fakes/tiny-model-set.ts'

const items = sampleItems(20)
const newcomer = sampleItem('newcomer', { text: 'about theme1', categories: ['category-1'] })

interface Asked {
  readonly history?: readonly (readonly [item: number, roles: number])[]
  readonly profile?: readonly number[]
  readonly hour?: number
}

async function world() {
  const catalog = catalogOf([...items, newcomer])
  const { models } = liveModels(catalog)
  const set = loadWhole(models, 'a', withNeuralSpaces(tinyModelSet(items)))
  const spaces = new ModelSpaces(set.handles)
  const encoder = await QueryEncoder.open(spaces, set.handles)
  const encode = ({ history = [], profile = [], hour = 0 }: Asked) =>
    encoder.encode(
      {
        generation: set.generation,
        tablesVersion: 1,
        querySeq: catalog.appliedSeq,
        hour,
        historyItem: Uint32Array.from(history, ([item]) => item),
        historyWeight: Float32Array.from(history, ([, roles]) => ((roles & Role.negative) === 0 ? 1 : -1)),
        historyRoles: Uint8Array.from(history, ([, roles]) => roles),
        profileColumns: Uint16Array.from(profile),
      },
      catalog.items,
    )
  const vectorOf = (space: 'twoTower' | 'sequence', item: number) =>
    spaces.vectorInto(space, catalog.items.currentRow(item)) ? [...spaces.vector[space]] : null
  return { catalog, models, spaces, encode, vectorOf }
}

const clicked = (...items: number[]) => items.map(item => [item, Role.click] as const)

describe('the spaces of the towers and of sequences', () => {
  it('place a title that nobody has met: by its facts in the one, not at all in the other', async () => {
    const { vectorOf } = await world()
    expect(Math.hypot(...vectorOf('twoTower', 20)!)).toBeCloseTo(1, 5)
    expect(vectorOf('twoTower', 20)).not.toEqual(vectorOf('twoTower', 1))
    expect(vectorOf('sequence', 20)).toBeNull()
    expect(vectorOf('sequence', 1)).not.toBeNull()
  })

  it('move a title whose facts change, and keep what its own id adds', async () => {
    const { catalog, models, vectorOf } = await world()
    const before = vectorOf('twoTower', 3)
    const sequence = vectorOf('sequence', 3)
    const changed = { ...items[3], categories: ['category-2'], text: 'about theme2' }
    models.admit(catalog.putItem(changed, ++catalog.appliedSeq), changed)
    expect(vectorOf('twoTower', 3)).not.toEqual(before)
    expect(vectorOf('sequence', 3)).toEqual(sequence)
  })

  it('give a person the same bits for the same history, profile and hour', async () => {
    const [one, other] = [await world(), await world()]
    const asked = { history: clicked(4, 9, 0), profile: [3], hour: 7 }
    const first = await one.encode(asked)
    await one.encode({ history: clicked(3) })
    expect(await one.encode(asked)).toEqual(first)
    expect(await other.encode(asked)).toEqual(first)
    expect(first.twoTower).toHaveLength(8)
    expect(first.sequence).toHaveLength(8)
  })

  it('differ by the order of the history, the newest first', async () => {
    const { encode } = await world()
    const [forward, backward] = [await encode({ history: clicked(4, 9) }), await encode({ history: clicked(9, 4) })]
    expect(forward.sequence).not.toEqual(backward.sequence)
    expect(forward.twoTower).not.toEqual(backward.twoTower)
  })

  it('look at no more of a history than the sequence model was made for', async () => {
    const { encode } = await world()
    const ten = clicked(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
    expect((await encode({ history: [...ten, ...clicked(15, 16)] })).sequence).toEqual(
      (await encode({ history: ten })).sequence,
    )
  })

  it('leave out what was disliked', async () => {
    const { encode } = await world()
    const history = [
      [4, Role.click],
      [9, Role.negative],
      [0, Role.click],
    ] as const
    const { sequence, twoTower } = await encode({ history })
    const without = await encode({ history: clicked(4, 0) })
    expect([sequence, twoTower]).toEqual([without.sequence, without.twoTower])
  })

  it('know a person without a history by the profile, and nobody by the hour alone', async () => {
    const { encode } = await world()
    const profile = [profileColumn('ageBand', '25-34')]
    expect((await encode({ profile })).twoTower).toHaveLength(8)
    expect((await encode({ profile })).sequence).toHaveLength(0)
    expect((await encode({ hour: 5 })).twoTower).toHaveLength(0)
  })
})
