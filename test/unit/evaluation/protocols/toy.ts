import type { InteractionLog } from '../../../../evaluation/interactions/interaction-log.ts'
import type { Recommender, RecommenderModel } from '../../../../evaluation/protocols/recommender.ts'
import type { Histories } from '../../../../models/histories.ts'

export type Row = readonly [user: string, item: string, time?: number, rating?: number]

/** Interactions as a reader would give them. */
export function logOf(rows: readonly Row[], given?: readonly number[]): InteractionLog {
  const userIds = [...new Set(rows.map(([user]) => user))]
  const itemIds = [...new Set(rows.map(([, item]) => item))]
  return {
    count: rows.length,
    userIds,
    itemIds,
    user: Uint32Array.from(rows, ([user]) => userIds.indexOf(user)),
    item: Uint32Array.from(rows, ([, item]) => itemIds.indexOf(item)),
    ...(rows[0][2] !== undefined && { time: Float64Array.from(rows, ([, , time]) => time!) }),
    ...(rows[0][3] !== undefined && { rating: Float32Array.from(rows, ([, , , rating]) => rating!) }),
    ...(given && { given: Uint8Array.from(given) }),
    sha256: '0'.repeat(64),
  }
}

export function historiesOf(items: number, lists: readonly (readonly number[])[]): Histories {
  const offsets = new Uint32Array(lists.length + 1)
  for (const [user, list] of lists.entries()) offsets[user + 1] = offsets[user] + list.length
  return { users: lists.length, items, offsets, itemOf: Uint32Array.from(lists.flat()) }
}

/** Scores as they stand in a table, one row per user. */
export function fixed(table: readonly (readonly number[])[]): Recommender {
  return {
    async score(users, { items }, out) {
      for (const [row, user] of users.entries()) out.set(table[user], row * items)
    },
    chosen: {},
    async close() {},
  }
}

/** Scores items by their place, the last best; remembers what it was given. */
export function lastPlaceModel(): RecommenderModel & { readonly fits: Histories[] } {
  const fits: Histories[] = []
  return {
    name: 'last-place',
    description: 'the item with the highest place',
    settings: { weight: 1, kind: 'a', flag: false },
    fits,
    async fit({ training }) {
      fits.push(training)
      return fixed(Array.from({ length: training.users }, () => [...Array(training.items).keys()]))
    },
  }
}
