import type { Histories } from '../../models/histories.ts'

export const segmentDescriptions = {
  newUsers: 'the fifth of the users asked about with the fewest training interactions; ties by place',
  longTailItems: 'test items outside the fifth of all items with the most training interactions; others not relevant',
} as const

/** [users.length], 1 for the fifth with the fewest training interactions. */
export function newUsers(users: Uint32Array, { offsets }: Histories): Uint8Array {
  const count = (user: number) => offsets[user + 1] - offsets[user]
  const order = Uint32Array.from(users.keys()).sort((a, b) => count(users[a]) - count(users[b]) || a - b)
  const marks = new Uint8Array(users.length)
  for (const place of order.subarray(0, Math.ceil(users.length / 5))) marks[place] = 1
  return marks
}

/** [items], 1 for those outside the fifth with the most training interactions; ties by place. */
export function longTailItems({ items, itemOf }: Histories): Uint8Array {
  const counts = new Uint32Array(items)
  for (const item of itemOf) counts[item]++
  const order = Uint32Array.from(counts.keys()).sort((a, b) => counts[b] - counts[a] || a - b)
  const marks = new Uint8Array(items).fill(1)
  for (const item of order.subarray(0, Math.ceil(items / 5))) marks[item] = 0
  return marks
}
