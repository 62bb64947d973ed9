import type { Histories } from '../models/histories.ts'
import type { Engagements } from './engagements.ts'

export interface WeightedHistories {
  readonly histories: Required<Histories>
  /** Engagement weight of each interaction, positive. */
  readonly weights: Float32Array
}

/**
 * What people engaged with and did not dislike, of the first `count` engagements, in time order: late events stand
 * elsewhere in the journal.
 */
export function historiesOf(
  { users, items, times, weights, userIds, itemIds }: Engagements,
  count: number,
): WeightedHistories {
  const offsets = new Uint32Array(userIds.length + 1)
  for (let row = 0; row < count; row++) if (weights[row] > 0) offsets[users[row] + 1]++
  for (let user = 0; user < userIds.length; user++) offsets[user + 1] += offsets[user]
  const rows = new Uint32Array(offsets[userIds.length])
  const next = offsets.slice()
  for (let row = 0; row < count; row++) if (weights[row] > 0) rows[next[users[row]]++] = row
  for (let user = 0; user < userIds.length; user++) {
    rows.subarray(offsets[user], offsets[user + 1]).sort((a, b) => times[a] - times[b] || a - b)
  }
  const histories = {
    users: userIds.length,
    items: itemIds.length,
    offsets,
    itemOf: Uint32Array.from(rows, row => items[row]),
    timeOf: Float64Array.from(rows, row => times[row]),
  }
  return { histories, weights: Float32Array.from(rows, row => weights[row]) }
}
