import { deriveKey, normalAt, uniformAt } from '../../models/engine/random.ts'
import type { Histories } from '../../models/histories.ts'

/** MovieLens 1M: everybody has at least 20 ratings, half of the people fewer than 96, on average 166, at most 2,314. */
const shortest = 20
const median = 96
const longest = 2314
const spread = 1.13

/** Histories whose lengths are distributed like those of MovieLens 1M, of items by Zipf's law. */
export function likeMovieLens(users: number, items: number, seed: number): Histories {
  const lengthKey = deriveKey(seed, 'lengths')
  const itemKey = deriveKey(seed, 'items')
  const offsets = new Uint32Array(users + 1)
  for (let user = 0; user < users; user++) {
    const length = shortest + (median - shortest) * Math.exp(spread * normalAt(lengthKey, user))
    offsets[user + 1] = offsets[user] + Math.min(longest, Math.round(length))
  }
  // The inverse of Zipf's law with exponent 1: ranks spread evenly in their logarithm.
  const itemOf = Uint32Array.from({ length: offsets[users] }, (_, at) =>
    Math.min(items - 1, Math.floor(Math.exp(uniformAt(itemKey, at) * Math.log(items + 1))) - 1),
  )
  return { users, items, offsets, itemOf }
}
