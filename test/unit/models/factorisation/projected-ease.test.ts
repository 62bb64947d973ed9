import { describe, expect, it } from 'vitest'
import { uniformAt } from '../../../../models/engine/random.ts'
import { trainEase } from '../../../../models/factorisation/ease.ts'
import { type ProjectedEase, trainProjectedEase } from '../../../../models/factorisation/projected-ease.ts'
import { type Histories, historyOf } from '../../../../models/histories.ts'

const [users, items] = [80, 24]
const settings = { regularisation: 5, userWeightExponent: 0.5, seed: 1 }

/** People of two tastes, each with half of the items. */
function histories(): Histories {
  const lists = Array.from({ length: users }, (_, user) =>
    [...Array(items).keys()].filter(item => uniformAt(user + 1, item) < (item % 2 === user % 2 ? 0.6 : 0.1)),
  )
  const offsets = new Uint32Array(users + 1)
  for (const [user, list] of lists.entries()) offsets[user + 1] = offsets[user] + list.length
  return { users, items, offsets, itemOf: Uint32Array.from(lists.flat()) }
}

const data = histories()

function score({ historyVectors, itemVectors }: ProjectedEase, dimension: number, user: number, item: number): number {
  let sum = 0
  for (const met of historyOf(data, user)) {
    for (let d = 0; d < dimension; d++) sum += historyVectors[met * dimension + d] * itemVectors[item * dimension + d]
  }
  return sum
}

/** Mean squared difference to the scores of EASE. */
async function error(dimension: number): Promise<number> {
  const weights = await trainEase(data, settings, 1)
  const projected = await trainProjectedEase(data, { ...settings, dimension }, 1)
  let sum = 0
  for (let user = 0; user < users; user++) {
    for (let item = 0; item < items; item++) {
      let full = 0
      for (const met of historyOf(data, user)) full += weights[met * items + item]
      sum += (full - score(projected, dimension, user, item)) ** 2
    }
  }
  return sum / (users * items)
}

describe('EASE in few dimensions', () => {
  it('is EASE where there are as many dimensions as items', async () => {
    expect(await error(items)).toBeLessThan(1e-9)
  })

  it('comes closer with every dimension, and keeps the two tastes in the first two', async () => {
    const errors = [await error(1), await error(2), await error(8), await error(16)]
    expect(errors).toEqual(errors.toSorted((a, b) => b - a))
    expect(errors[1]).toBeLessThan(0.5 * errors[0])
  })

  it('gives the same bits for the same seed', async () => {
    const train = () => trainProjectedEase(data, { ...settings, dimension: 4 }, 1)
    expect(await train()).toEqual(await train())
  })

  it.each([0, 1.5, items + 1])('refuses %d dimensions', async dimension => {
    await expect(trainProjectedEase(data, { ...settings, dimension }, 1)).rejects.toThrow('whole number from 1 to 24')
  })
})
