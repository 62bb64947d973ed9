/** Who met what, as columns in order of time, with everything that is public about items and people. */
import type { Item } from '../../domain/item.ts'
import type { User } from '../../domain/user.ts'
import type { Histories } from '../../models/histories.ts'

export interface InteractionData {
  readonly items: readonly Item[]
  readonly users: readonly User[]
  /** Places in `users` and `items`; rows ascend by time. */
  readonly user: Uint32Array
  readonly item: Uint32Array
  /** Epoch ms. */
  readonly time: Float64Array
  /** Engagement weight, negative for what was disliked (`features/engagement-weight.ts`). */
  readonly weight: Float32Array
  /** 1 where the person liked it. */
  readonly liked: Uint8Array
}

/** Histories whose interactions carry their engagement weights. */
export interface WeightedHistories extends Histories {
  readonly timeOf: Float64Array
  readonly weightOf: Float32Array
}

/** What the first `rows` rows say, by person. */
export function historiesUntil({ users, items, user, item, time, weight }: InteractionData, rows: number) {
  const offsets = new Uint32Array(users.length + 1)
  for (let row = 0; row < rows; row++) offsets[user[row] + 1]++
  for (let place = 0; place < users.length; place++) offsets[place + 1] += offsets[place]
  const next = offsets.slice()
  const itemOf = new Uint32Array(rows)
  const timeOf = new Float64Array(rows)
  const weightOf = new Float32Array(rows)
  for (let row = 0; row < rows; row++) {
    const at = next[user[row]]++
    itemOf[at] = item[row]
    timeOf[at] = time[row]
    weightOf[at] = weight[row]
  }
  return { users: users.length, items: items.length, offsets, itemOf, timeOf, weightOf } satisfies WeightedHistories
}
