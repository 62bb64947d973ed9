/**
 * Item-to-item lists from what the same people engaged with close together (Linden, Smith and York, IEEE Internet
 * Computing 2003; windowed as for YouTube by Davidson et al., RecSys 2010).
 *
 * The score of j in the list of i is c(i, j) / (n(i)^a · n(j)^b). c sums, over all pairs of interactions of one user
 * with i and j that lie at most `windowInteractions` positions and `windowMs` apart, weight(i) · weight(j) ·
 * positionDecay^(distance - 1), times `backwardWeight` where j came before i. n is the sum of an item's weights.
 *
 * No matrix of pairs is ever held. Interactions are sorted by user and inverted by item; one item's list is accumulated
 * from all places where it occurs, cut to its best entries, and written before the next begins. Memory is some 28 bytes
 * per interaction, 40 per item and up to 24 per list entry; time is proportional to interactions times window.
 */
import type { ItemLists } from './item-lists.ts'
import { SparseAccumulator } from './sparse-accumulator.ts'
import { TopK } from './top-k.ts'

/** Interactions as columns. Users may be interleaved; the rows of each single user are in time order. */
export interface Interactions {
  readonly users: Uint32Array
  readonly items: Uint32Array
  readonly timesMs: Float64Array
  /** Strength of each interaction, 0 or more; how old interactions fade is up to who sets it. */
  readonly weights: Float32Array
}

export interface CoVisitationOptions {
  /** Items are integers in [0, itemCount). */
  readonly itemCount: number
  readonly neighboursPerItem: number
  /** Largest distance of a pair, in positions of the user's own history. */
  readonly windowInteractions: number
  /** Largest distance of a pair in time; `Infinity` for no limit. */
  readonly windowMs: number
  /** Factor in (0, 1] per further position between the two. */
  readonly positionDecay: number
  /** What a pair counts in the direction against time: 1 makes the lists symmetric, 0 keeps only what followed. */
  readonly backwardWeight: number
  /** Exponents a and b: .5 and .5 give cosine-like scores, 0 and 0 raw counts. */
  readonly ownPopularityExponent: number
  readonly neighbourPopularityExponent: number
}

/**
 * Deterministic: equal input gives equal lists, bit for bit.
 * @throws RangeError for columns of unequal length, an item out of range, or a user whose times run backwards
 */
export function buildCoVisitation(interactions: Interactions, options: CoVisitationOptions): ItemLists {
  const { itemCount, neighboursPerItem, ownPopularityExponent, neighbourPopularityExponent } = options
  const log = sortByUser(interactions, itemCount)
  const occurrences = groupRows(log.items, itemCount)
  const popularity = new Float64Array(itemCount)
  for (let row = 0; row < log.items.length; row++) popularity[log.items[row]!]! += log.weights[row]!
  const discount = popularity.map(sum => (sum > 0 ? sum ** -neighbourPopularityExponent : 0))

  const decay = Float64Array.from({ length: options.windowInteractions }, (_, at) => options.positionDecay ** at)
  const accumulator = new SparseAccumulator(itemCount)
  const selector = new TopK()
  const rowItems = new Uint32Array(neighboursPerItem)
  const rowScores = new Float32Array(neighboursPerItem)
  const lists = new ListWriter(itemCount)
  for (let item = 0; item < itemCount; item++) {
    accumulator.reset()
    for (let at = occurrences.starts[item]!; at < occurrences.starts[item + 1]!; at++) {
      accumulateWindow(log, occurrences.rows[at]!, options, decay, accumulator)
    }
    const own = popularity[item]! > 0 ? popularity[item]! ** -ownPopularityExponent : 0
    selector.begin(neighboursPerItem)
    for (let at = 0; at < accumulator.count; at++) {
      const neighbour = accumulator.touched[at]!
      const score = Math.fround(accumulator.values[neighbour]! * own * discount[neighbour]!)
      if (score > 0) selector.offer(neighbour, score)
    }
    lists.append(rowItems, rowScores, selector.drain(rowItems, rowScores))
  }
  return lists.finish()
}

/** Adds to the list under construction what one occurrence of its item contributes, after it and before it. */
function accumulateWindow(
  { users, items, timesMs, weights }: Interactions,
  row: number,
  { windowMs, backwardWeight }: CoVisitationOptions,
  decay: Float64Array,
  accumulator: SparseAccumulator,
): void {
  const user = users[row]!
  const item = items[row]!
  const time = timesMs[row]!
  const weight = weights[row]!
  const last = Math.min(row + decay.length, items.length - 1)
  for (let next = row + 1; next <= last && users[next] === user && timesMs[next]! - time <= windowMs; next++) {
    if (items[next] !== item) accumulator.add(items[next]!, weight * weights[next]! * decay[next - row - 1]!)
  }
  if (backwardWeight === 0) return
  const first = Math.max(row - decay.length, 0)
  for (let prior = row - 1; prior >= first && users[prior] === user && time - timesMs[prior]! <= windowMs; prior--) {
    if (items[prior] === item) continue
    accumulator.add(items[prior]!, backwardWeight * weight * weights[prior]! * decay[row - prior - 1]!)
  }
}

/** The interactions user by user, each user's in their given order; checks them on the way. */
function sortByUser({ users, items, timesMs, weights }: Interactions, itemCount: number): Interactions {
  const count = users.length
  if (items.length !== count || timesMs.length !== count || weights.length !== count) {
    throw new RangeError(`columns differ in length: ${count}, ${items.length}, ${timesMs.length}, ${weights.length}`)
  }
  let userCount = 0
  for (let row = 0; row < count; row++) {
    if (items[row]! >= itemCount) throw new RangeError(`row ${row} has item ${items[row]} of only ${itemCount}`)
    if (users[row]! >= userCount) userCount = users[row]! + 1
  }
  const { rows } = groupRows(users, userCount)
  const sorted = {
    users: new Uint32Array(count),
    items: new Uint32Array(count),
    timesMs: new Float64Array(count),
    weights: new Float32Array(count),
  }
  for (let at = 0; at < count; at++) {
    const row = rows[at]!
    sorted.users[at] = users[row]!
    sorted.items[at] = items[row]!
    sorted.timesMs[at] = timesMs[row]!
    sorted.weights[at] = weights[row]!
    if (at > 0 && sorted.users[at] === sorted.users[at - 1] && timesMs[row]! < sorted.timesMs[at - 1]!) {
      throw new RangeError(`the interactions of user ${users[row]} are not in time order (row ${row})`)
    }
  }
  return sorted
}

/** Stable counting sort: the rows with key k are `rows[starts[k] ... starts[k + 1])`, in their original order. */
function groupRows(keys: Uint32Array, keyCount: number): { readonly starts: Uint32Array; readonly rows: Uint32Array } {
  const starts = new Uint32Array(keyCount + 1)
  for (let row = 0; row < keys.length; row++) starts[keys[row]! + 1]!++
  for (let key = 0; key < keyCount; key++) starts[key + 1]! += starts[key]!
  const next = starts.slice()
  const rows = new Uint32Array(keys.length)
  for (let row = 0; row < keys.length; row++) rows[next[keys[row]!]!++] = row
  return { starts, rows }
}

/** Collects rows of unequal length into one pair of arrays that double when full. */
class ListWriter {
  private readonly offsets: Uint32Array
  private neighbours = new Uint32Array(1024)
  private scores = new Float32Array(1024)
  private row = 0
  private length = 0

  constructor(itemCount: number) {
    this.offsets = new Uint32Array(itemCount + 1)
  }

  append(items: Uint32Array, scores: Float32Array, count: number): void {
    if (this.length + count > this.neighbours.length) {
      const capacity = Math.max(2 * this.neighbours.length, this.length + count)
      const neighbours = new Uint32Array(capacity)
      const grown = new Float32Array(capacity)
      neighbours.set(this.neighbours)
      grown.set(this.scores)
      this.neighbours = neighbours
      this.scores = grown
    }
    this.neighbours.set(items.subarray(0, count), this.length)
    this.scores.set(scores.subarray(0, count), this.length)
    this.length += count
    this.offsets[++this.row] = this.length
  }

  finish(): ItemLists {
    return {
      offsets: this.offsets,
      neighbours: this.neighbours.slice(0, this.length),
      scores: this.scores.slice(0, this.length),
    }
  }
}
