import { describe, expect, it } from 'vitest'
import { deriveKey, shuffle, uniformAt } from '../../../../models/engine/random.ts'
import { createFoldIn, gramMatrix, gramSteps } from '../../../../models/factorisation/fold-in.ts'
import {
  type IalsSettings,
  type Interactions,
  ialsDefaults,
  ridgeOf,
  trainIals,
} from '../../../../models/factorisation/ials.ts'

const [users, items, blocks] = [90, 60, 3]
const settings: IalsSettings = { ...ialsDefaults, dimension: 8, epochs: 8, seed: 4, threads: 1 }

/** The items of a user's own block in an order of their own: the first four are held out, some of the rest were met. */
function blockItems(user: number): Uint32Array {
  const size = items / blocks
  const own = Uint32Array.from({ length: size }, (_, index) => (user % blocks) * size + index)
  shuffle(own, deriveKey(8, user))
  return own
}

/** Users meet items of their own block; the number varies, the last user has met nothing. */
function blockInteractions(): Interactions {
  const lists = Array.from({ length: users }, (_, user) =>
    user === users - 1 ? new Uint32Array(0) : blockItems(user).slice(4, 8 + Math.floor(uniformAt(6, user) * 9)),
  )
  const offsets = new Uint32Array(users + 1)
  for (const [user, list] of lists.entries()) offsets[user + 1] = offsets[user] + list.length
  const indices = Uint32Array.from(lists.flatMap(list => [...list]))
  return { users, items, offsets, indices, values: Float32Array.from(indices, item => 1 + (item % 3)) }
}

const interactions = blockInteractions()

function dot(left: Float32Array, leftRow: number, right: Float32Array, rightRow: number, dimension: number): number {
  let sum = 0
  for (let column = 0; column < dimension; column++)
    sum += left[leftRow * dimension + column] * right[rightRow * dimension + column]
  return sum
}

/** The objective, written out as in the paper. */
function objective(
  { userFactors, itemFactors }: { userFactors: Float32Array; itemFactors: Float32Array },
  s: IalsSettings,
): number {
  const { dimension } = s
  const met = new Map<number, number>()
  const perItem = new Uint32Array(items)
  let sum = 0
  for (let user = 0; user < users; user++) {
    for (let entry = interactions.offsets[user]; entry < interactions.offsets[user + 1]; entry++) {
      met.set(user * items + interactions.indices[entry], interactions.values[entry])
      perItem[interactions.indices[entry]]++
    }
    for (let item = 0; item < items; item++) {
      const score = dot(userFactors, user, itemFactors, item, dimension)
      sum += s.unobservedWeight * score ** 2 + (met.get(user * items + item) ?? 0) * (1 - score) ** 2
    }
    const entries = interactions.offsets[user + 1] - interactions.offsets[user]
    sum += ridgeOf(s, entries, items) * dot(userFactors, user, userFactors, user, dimension)
  }
  for (let item = 0; item < items; item++) {
    sum += ridgeOf(s, perItem[item], users) * dot(itemFactors, item, itemFactors, item, dimension)
  }
  return sum
}

describe('implicit ALS', () => {
  it('ranks the held-out items of a block above the items of others', async () => {
    const { userFactors, itemFactors } = await trainIals(interactions, { ...settings, regularisation: 0.03 })
    let [hits, total] = [0, 0]
    for (let user = 0; user < users - 1; user++) {
      const seen = new Set(interactions.indices.subarray(interactions.offsets[user], interactions.offsets[user + 1]))
      const unseen = [...Array(items).keys()].filter(item => !seen.has(item))
      const score = (item: number) => dot(userFactors, user, itemFactors, item, settings.dimension)
      const heldOut = blockItems(user).subarray(0, 4)
      const top = new Set(unseen.sort((a, b) => score(b) - score(a)).slice(0, items / blocks - seen.size))
      total += heldOut.length
      hits += heldOut.filter(item => top.has(item)).length
    }
    expect(hits / total).toBeGreaterThan(0.95)
  })

  it.each([0, 1])('lowers its objective in every epoch, with frequency exponent %i', async frequencyExponent => {
    const losses: number[] = []
    for (const epochs of [1, 2, 4, 8]) {
      const changed = { ...settings, epochs, frequencyExponent }
      losses.push(objective(await trainIals(interactions, changed), changed))
    }
    expect(losses).toEqual(losses.toSorted((a, b) => b - a))
    expect(losses[3]).toBeLessThan(0.9 * losses[0])
  })

  it('gives who met nothing the zero vector, and the same seed the same bits', async () => {
    const [first, again, other] = await Promise.all(
      [4, 4, 5].map(seed => trainIals(interactions, { ...settings, seed })),
    )
    expect(again).toEqual(first)
    expect(other.itemFactors).not.toEqual(first.itemFactors)
    expect(first.userFactors.subarray(-settings.dimension).every(value => value === 0)).toBe(true)
  })

  it('solves rows of very different length exactly enough, across runs of a batch', async () => {
    const long = {
      users: 1500,
      items: 2000,
      offsets: new Uint32Array(1501),
      indices: new Uint32Array(0),
      values: new Float32Array(0),
    }
    const lists = Array.from({ length: 1500 }, (_, user) =>
      Array.from({ length: user % 50 === 0 ? 1200 : user % 7 }, (_, i) => (user + 3 * i) % 2000),
    )
    for (const [user, list] of lists.entries()) long.offsets[user + 1] = long.offsets[user] + list.length
    long.indices = Uint32Array.from(lists.flat())
    long.values = new Float32Array(long.indices.length).fill(1)
    const { userFactors, itemFactors } = await trainIals(long, { ...settings, epochs: 3 })
    const foldIn = createFoldIn(itemFactors, 2000, 8, settings)
    const vector = new Float32Array(8)
    for (const user of [0, 1, 50, 699, 1499]) {
      foldIn.solve(lists[user], new Float32Array(1200).fill(1), lists[user].length, vector)
      for (const [column, value] of vector.entries()) expect(userFactors[user * 8 + column]).toBeCloseTo(value, 2)
    }
  })

  it('stops when told to', async () => {
    const epochs: number[] = []
    await trainIals(interactions, settings, epoch => epochs.push(epoch) < 2)
    expect(epochs).toEqual([1, 2])
  })

  it.each<[string, Partial<Interactions>, string]>([
    ['an item outside the table', { indices: interactions.indices.with(3, 60) }, 'Entry 3 names item 60 of 60'],
    ['a confidence of zero', { values: interactions.values.with(2, 0) }, 'Entry 2 has confidence 0'],
    ['offsets of another number of users', { users: 80 }, '80 users need 81 offsets'],
  ])('refuses %s', async (_, change, message) => {
    await expect(trainIals({ ...interactions, ...change }, settings)).rejects.toThrow(message)
  })
})

describe('folding a person in', () => {
  const entriesOf = (user: number) => {
    const [begin, end] = [interactions.offsets[user], interactions.offsets[user + 1]]
    return { list: interactions.indices.subarray(begin, end), weights: interactions.values.subarray(begin, end) }
  }

  it('gives nearly the vector that training gave for the same items', async () => {
    const { userFactors, itemFactors } = await trainIals(interactions, settings)
    const foldIn = createFoldIn(itemFactors, items, settings.dimension, settings)
    const vector = new Float32Array(settings.dimension)
    for (let user = 0; user < users; user++) {
      const { list, weights } = entriesOf(user)
      foldIn.solve(list, weights, list.length, vector)
      for (const [column, value] of vector.entries()) {
        expect(Math.abs(value - userFactors[user * settings.dimension + column])).toBeLessThan(2e-3)
      }
    }
  })

  it('is the exact minimum: no step away from it lowers the objective', async () => {
    const { itemFactors } = await trainIals(interactions, settings)
    const { list, weights } = entriesOf(3)
    const vector = new Float32Array(settings.dimension)
    createFoldIn(itemFactors, items, settings.dimension, settings).solve(list, weights, list.length, vector)
    const loss = (x: Float32Array) => {
      let sum = ridgeOf(settings, list.length, items) * dot(x, 0, x, 0, 8)
      for (let item = 0; item < items; item++) sum += settings.unobservedWeight * dot(x, 0, itemFactors, item, 8) ** 2
      for (const [entry, item] of list.entries()) sum += weights[entry] * (1 - dot(x, 0, itemFactors, item, 8)) ** 2
      return sum
    }
    for (let column = 0; column < 8; column++) {
      for (const step of [-1e-2, 1e-2])
        expect(loss(vector.with(column, vector[column] + step))).toBeGreaterThan(loss(vector))
    }
  })

  it('gives the same bits from any instance, over shared memory, after any other call, with or without a given Gram matrix', async () => {
    const { itemFactors } = await trainIals(interactions, settings)
    const shared = new Float32Array(new SharedArrayBuffer(itemFactors.byteLength))
    shared.set(itemFactors)
    const { list, weights } = entriesOf(5)
    const [expected, found] = [new Float32Array(8), new Float32Array(8)]
    createFoldIn(itemFactors, items, 8, settings).solve(list, weights, list.length, expected)
    const gram = gramMatrix(shared, items, 8)
    const inSteps = new Float64Array(64)
    expect([...gramSteps(shared, items, 8, inSteps, 7)]).toHaveLength(Math.floor(items / 7))
    expect(inSteps).toEqual(gram)
    const other = createFoldIn(shared, items, 8, settings, gram)
    other.solve(entriesOf(9).list, entriesOf(9).weights, 3, found)
    other.solve([...list, 1, 2], [...weights, 1, 1], list.length, found)
    expect(found).toEqual(expected)
  })

  it('gives who has met nothing the zero vector', () => {
    const vector = new Float32Array(2).fill(9)
    createFoldIn(Float32Array.of(1, 2, 3, 4), 2, 2, settings).solve([], [], 0, vector)
    expect([...vector]).toEqual([0, 0])
  })

  it('refuses items outside the table', () => {
    const foldIn = createFoldIn(Float32Array.of(1, 2, 3, 4), 2, 2, settings)
    for (const item of [2, -1, Number.NaN]) {
      expect(() => foldIn.solve([item], [1], 1, new Float32Array(2))).toThrow('lies outside the table of 2 rows')
    }
  })
})
