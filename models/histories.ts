/** Who met what, in time order: what retrieval models are fitted on. Users and items are places from 0 on. */
export interface Histories {
  readonly users: number
  readonly items: number
  /** [users + 1]; the interactions of user u are at offsets[u] ≤ i < offsets[u + 1]. */
  readonly offsets: Uint32Array
  /** Item of each interaction, oldest first within a user. An item may come again. */
  readonly itemOf: Uint32Array
  /** Epoch ms of each interaction, where the source has times. */
  readonly timeOf?: Float64Array
}

/** Items of one user, oldest first; a view. */
export function historyOf({ offsets, itemOf }: Histories, user: number): Uint32Array {
  return itemOf.subarray(offsets[user], offsets[user + 1])
}
