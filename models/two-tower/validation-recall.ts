/** Recall of held-out items, by which training chooses its epoch. */
import { TopK } from '../../algorithms/retrieval/top-k.ts'
import { deriveKey, shuffle } from '../engine/random.ts'
import { type Histories, historyOf } from '../histories.ts'
import { UserTower } from './tower-sessions.ts'
import { exportUserTower, type TowerWeights, type TwoTowerArchitecture } from './towers.ts'
import type { ExampleSource } from './training-examples.ts'
import { momentOf, userFeatureWidth, writeUserContext } from './user-features.ts'
import { userVectors } from './user-vectors.ts'

const depth = 100
const usersMax = 1000

interface Model {
  readonly architecture: TwoTowerArchitecture
  readonly parameters: TowerWeights
  readonly itemVectors: Float32Array
}

/**
 * Mean Recall@100 over at most a thousand people, chosen by the key; what they met in training is excluded. Asked at the time
 * of the first held-out item.
 */
export async function validationRecall(
  { architecture, parameters, itemVectors }: Model,
  { histories, weights, userFeatures }: ExampleSource,
  heldOut: Histories,
  key: number,
): Promise<number> {
  const withHeldOut = Uint32Array.from({ length: heldOut.users }, (_, user) => user).filter(
    user => historyOf(heldOut, user).length > 0,
  )
  shuffle(withHeldOut, deriveKey(key, 'people'))
  const people = withHeldOut.subarray(0, usersMax)
  const tower = await UserTower.open(exportUserTower(architecture, parameters), { architecture })
  const vectors = await userVectors(tower, { itemVectors, histories, weights }, people, (place, out, at) => {
    const from = people[place] * userFeatureWidth
    if (userFeatures) out.set(userFeatures.subarray(from, from + userFeatureWidth), at)
    const [first, end] = [histories.offsets[people[place]], histories.offsets[people[place] + 1]]
    const asked = heldOut.timeOf?.[heldOut.offsets[people[place]]]
    if (asked !== undefined)
      writeUserContext(momentOf(asked, end > first ? histories.timeOf?.[end - 1] : undefined), out, at)
  })
  await tower.close()
  const { dimension } = architecture
  const search = new SeenExcluded(itemVectors, dimension)
  let total = 0
  for (const [place, user] of people.entries()) {
    const query = vectors.subarray(place * dimension, (place + 1) * dimension)
    const found = new Set(search.nearest(query, historyOf(histories, user)))
    const wanted = historyOf(heldOut, user)
    total += wanted.reduce((hits, item) => hits + Number(found.has(item)), 0) / wanted.length
  }
  return total / people.length
}

class SeenExcluded {
  readonly #vectors: Float32Array
  readonly #dimension: number
  readonly #isSeen: Uint8Array
  readonly #top = new TopK()

  constructor(vectors: Float32Array, dimension: number) {
    this.#vectors = vectors
    this.#dimension = dimension
    this.#isSeen = new Uint8Array(vectors.length / dimension)
  }

  nearest(query: Float32Array, seen: Uint32Array): Uint32Array {
    for (const item of seen) this.#isSeen[item] = 1
    this.#top.begin(depth)
    for (let item = 0; item < this.#isSeen.length; item++) {
      if (this.#isSeen[item] === 1) continue
      let score = 0
      const begin = item * this.#dimension
      for (let column = 0; column < query.length; column++) score += query[column] * this.#vectors[begin + column]
      this.#top.offer(item, score)
    }
    for (const item of seen) this.#isSeen[item] = 0
    const items = new Uint32Array(depth)
    return items.subarray(0, this.#top.drain(items, new Float32Array(depth)))
  }
}
