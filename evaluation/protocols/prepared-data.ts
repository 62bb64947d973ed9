import { BadInput } from '../interactions/bad-line.ts'
import type { InteractionLog } from '../interactions/interaction-log.ts'

/** Interactions as a protocol splits them: by user, oldest first. */
export interface PreparedData {
  readonly users: number
  readonly items: number
  /** [users + 1] */
  readonly offsets: Uint32Array
  /** [interactions], in the order of users and, within each, of time; equal times in the order of the file. */
  readonly itemOf: Uint32Array
  readonly timeOf?: Float64Array
  readonly given?: Uint8Array
  /** [interactions], place of each in the file among those that were kept. */
  readonly fileOrder: Uint32Array
  readonly removed: RemovedInteractions
}

/** What did not count, in the order in which it was removed. */
export interface RemovedInteractions {
  readonly belowRating: number
  /** Further meetings of a user and an item. */
  readonly repeats: number
  /** Of users or items with too few interactions. */
  readonly rare: number
}

export interface Preparation {
  /** Interactions with a lower rating are removed first. */
  readonly minRating?: number
  /** Users and items with fewer interactions are removed, counted once, over all that is left. */
  readonly minInteractions: number
}

/** @throws BadInput when ratings are asked for that are not there, or when nothing is left */
export function prepare(log: InteractionLog, { minRating, minInteractions }: Preparation): PreparedData {
  const { count, user, item, time, given } = log
  const kept = new Uint8Array(count).fill(1)
  const belowRating = minRating === undefined ? 0 : dropLowRatings(log, minRating, kept)
  const ordered = Uint32Array.from({ length: count }, (_, row) => row)
    .filter(row => kept[row] === 1)
    .sort((a, b) => user[a] - user[b] || timeOrder(log, a, b) || a - b)
  const repeats = dropRepeats(log, ordered, kept)
  const rare = dropRare(log, minInteractions, kept)
  const order = ordered.filter(row => kept[row] === 1)
  if (order.length === 0) {
    const hint = 'Lower --min-interactions or --min-rating, or give more data'
    throw new BadInput(`none of ${count} interactions is left`, hint)
  }
  // Users keep their order, so the rows need no other sort.
  const users = renumbered(order.toSorted(), user, log.userIds.length)
  const items = renumbered(order.toSorted(), item, log.itemIds.length)
  return {
    users: users.count,
    items: items.count,
    offsets: offsetsOf(order, row => users.places[user[row]], users.count),
    itemOf: order.map(row => items.places[item[row]]),
    ...(time !== undefined && { timeOf: Float64Array.from(order, row => time[row]) }),
    ...(given !== undefined && { given: Uint8Array.from(order, row => given[row]) }),
    fileOrder: order,
    removed: { belowRating, repeats, rare },
  }
}

function timeOrder({ time }: InteractionLog, left: number, right: number): number {
  return time === undefined ? 0 : time[left] - time[right]
}

function dropLowRatings({ rating, count }: InteractionLog, minRating: number, kept: Uint8Array): number {
  if (rating === undefined) throw new BadInput('the input has no ratings', 'Leave --min-rating out')
  let dropped = 0
  for (let row = 0; row < count; row++) {
    if (rating[row] >= minRating) continue
    kept[row] = 0
    dropped++
  }
  return dropped
}

/** The earliest meeting stays. @param ordered rows by user, oldest first */
function dropRepeats({ user, item, itemIds }: InteractionLog, ordered: Uint32Array, kept: Uint8Array): number {
  const lastUser = new Int32Array(itemIds.length).fill(-1)
  let dropped = 0
  for (const row of ordered) {
    if (lastUser[item[row]] === user[row]) {
      kept[row] = 0
      dropped++
    }
    lastUser[item[row]] = user[row]
  }
  return dropped
}

function dropRare({ count, user, item, userIds, itemIds }: InteractionLog, least: number, kept: Uint8Array): number {
  const ofUser = new Uint32Array(userIds.length)
  const ofItem = new Uint32Array(itemIds.length)
  for (let row = 0; row < count; row++) {
    ofUser[user[row]] += kept[row]
    ofItem[item[row]] += kept[row]
  }
  let dropped = 0
  for (let row = 0; row < count; row++) {
    if (kept[row] === 0 || (ofUser[user[row]] >= least && ofItem[item[row]] >= least)) continue
    kept[row] = 0
    dropped++
  }
  return dropped
}

/** [size], places from 0 on for the ids that are left, in order of first appearance in the file. */
function renumbered(rows: Uint32Array, ids: Uint32Array, size: number): { places: Int32Array; count: number } {
  const places = new Int32Array(size).fill(-1)
  let count = 0
  for (const row of rows) if (places[ids[row]] < 0) places[ids[row]] = count++
  return { places, count }
}

function offsetsOf(rows: Uint32Array, placeOf: (row: number) => number, count: number): Uint32Array {
  const offsets = new Uint32Array(count + 1)
  for (const row of rows) offsets[placeOf(row) + 1]++
  for (let place = 0; place < count; place++) offsets[place + 1] += offsets[place]
  return offsets
}
