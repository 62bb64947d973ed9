import type { Histories } from '../histories.ts'

/** The different items of every person; person u met items[offsets[u] ≤ i < offsets[u + 1]]. */
export interface MetItems {
  readonly offsets: Uint32Array
  readonly items: Uint32Array
}

/** Every item once per person, however often it comes again: a mask is walked for every row of every batch. */
export function metItems({ users, items, offsets, itemOf }: Histories): MetItems {
  const lastUser = new Int32Array(items).fill(-1)
  const distinct = new Uint32Array(itemOf.length)
  const begins = new Uint32Array(users + 1)
  let count = 0
  for (let user = 0; user < users; user++) {
    for (let at = offsets[user]; at < offsets[user + 1]; at++) {
      const item = itemOf[at]
      if (lastUser[item] === user) continue
      lastUser[item] = user
      distinct[count++] = item
    }
    begins[user + 1] = count
  }
  return { offsets: begins, items: distinct.slice(0, count) }
}
