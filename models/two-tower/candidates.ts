/**
 * Which items a batch of positives is compared with, and how each comparison is corrected.
 *
 * The columns of the softmax are the batch's own positives, then uniform negatives, then hard ones. With log-Q a column has
 * the bias −log E(item), where E is the expected number of columns that hold the item (Bengio & Senécal 2008; Yi et al.,
 * "Sampling-Bias-Corrected Neural Modeling", RecSys 2019; mixed with uniform draws: Yang et al., "Mixed Negative Sampling",
 * WWW 2020). A cell is masked, −10⁹ where others have 0, when it is no negative: the row's own positive in another column,
 * or an item the person met.
 *
 * Invariants
 * 1. The cell of a row's own positive is never masked.
 * 2. What is drawn depends on the key and the arguments only.
 * 3. An item that nobody met is nobody's negative: it may be new, and what is new must not be pushed away for that.
 */
import { uniformAt } from '../engine/random.ts'
import { ColumnMasks } from './column-masks.ts'
import type { MetItems } from './met-items.ts'
import type { NegativeStrategy, TwoTowerSettings } from './two-tower-settings.ts'

export const masked = -1e9
/** An expected count is at least this share of a uniform draw's, or a rare positive would need no learning. */
const expectedFloor = 0.1

export interface ColumnCounts {
  readonly positives: number
  readonly uniform: number
  readonly hard: number
}

/** How many columns of each kind a batch has. */
export function columnCounts(
  { strategy, negatives, hardShare }: Pick<TwoTowerSettings, 'strategy' | 'negatives' | 'hardShare'>,
  positives: number,
): ColumnCounts {
  const hardOfMixed = Math.min(negatives, Math.round(hardShare * (positives + negatives)))
  const hard = { random: 0, 'in-batch': 0, hard: negatives, mixed: hardOfMixed }[strategy]
  return { positives, hard, uniform: strategy === 'in-batch' ? 0 : negatives - hard }
}

/** Neighbours of every item in the model's space, [items × take]. */
export interface HardNeighbours {
  readonly take: number
  readonly items: Int32Array
}

export class CandidateColumns {
  /** Item of each column. */
  readonly items: Int32Array
  /** [positives × columns] */
  readonly mask: Float32Array
  /** [columns] */
  readonly columnBias: Float32Array
  readonly counts: ColumnCounts
  readonly #usesBatch: boolean
  readonly #logQ: boolean
  /** Probability that an example's positive is the item. */
  readonly #frequency: Float64Array
  /** Items that negatives are drawn from. */
  readonly #met: Uint32Array
  #hard: HardNeighbours | undefined
  #correction: Float32Array
  readonly #masks: ColumnMasks

  /** @param interactions how often each item is a positive in training [items] */
  constructor(strategy: NegativeStrategy, counts: ColumnCounts, logQ: boolean, interactions: ArrayLike<number>) {
    const columns = counts.positives + counts.uniform + counts.hard
    const frequency = Float64Array.from(interactions)
    const total = Math.max(1, frequency.reduce(sum, 0))
    this.counts = counts
    this.items = new Int32Array(columns)
    this.mask = new Float32Array(counts.positives * columns)
    this.columnBias = new Float32Array(columns)
    this.#usesBatch = strategy === 'in-batch' || strategy === 'mixed'
    this.#logQ = logQ
    this.#frequency = frequency.map(count => count / total)
    this.#met = Uint32Array.from(frequency.keys()).filter(item => frequency[item] > 0)
    this.#masks = new ColumnMasks(interactions.length, columns, masked)
    this.#correction = this.#corrections()
  }

  /** Takes over newly mined neighbours; hard columns are drawn from them from now on. */
  useNeighbours(hard: HardNeighbours): void {
    this.#hard = hard
    this.#correction = this.#corrections()
  }

  /**
   * Draws the columns of a batch and fills `items`, `columnBias` and `mask`.
   * @param people who each row is about @param met what each of them met, which is no negative
   */
  draw(positives: Int32Array, key: number, people?: ArrayLike<number>, met?: MetItems): void {
    this.#drawItems(positives, key)
    const { items, mask, columnBias } = this
    const columns = items.length
    for (let column = 0; column < columns; column++) columnBias[column] = this.#correction[items[column]]
    this.#masks.begin(items)
    for (let row = 0; row < positives.length; row++) {
      const begin = row * columns
      mask.fill(0, begin, begin + columns)
      this.#masks.maskItem(mask, begin, positives[row])
      if (people && met) this.#masks.maskMet(mask, begin, met, people[row])
      if (!this.#usesBatch) mask.fill(masked, begin, begin + positives.length)
      mask[begin + row] = 0
    }
    this.#masks.end(items)
  }

  #drawItems(positives: Int32Array, key: number): void {
    const { items, counts } = this
    items.set(positives)
    for (let column = positives.length; column < positives.length + counts.uniform; column++) {
      items[column] = this.#anyMet(uniformAt(key, column))
    }
    for (let column = positives.length + counts.uniform; column < items.length; column++) {
      const row = Math.floor(uniformAt(key, 2 * column + items.length) * positives.length)
      const place = uniformAt(key, 2 * column + items.length + 1)
      items[column] = this.#hardFor(positives[row], place)
    }
  }

  /** A neighbour of the item; before the first mining, and where that one was never met, any item. */
  #hardFor(item: number, place: number): number {
    if (!this.#hard) return this.#anyMet(place)
    const { take, items } = this.#hard
    const neighbour = items[item * take + Math.floor(place * take)]
    return this.#frequency[neighbour] > 0 ? neighbour : this.#anyMet(place)
  }

  #anyMet(place: number): number {
    return this.#met[Math.floor(place * this.#met.length)]
  }

  /** −log E of every item. */
  #corrections(): Float32Array {
    const { counts } = this
    const frequency = this.#frequency
    const items = frequency.length
    if (!this.#logQ) return new Float32Array(items)
    const expected = new Float64Array(items).fill(counts.uniform / this.#met.length)
    if (this.#usesBatch) for (let item = 0; item < items; item++) expected[item] += counts.positives * frequency[item]
    if (counts.hard > 0) this.#addHard(expected)
    const floor = (expectedFloor * this.items.length) / this.#met.length
    return Float32Array.from(expected, count => -Math.log(Math.max(count, floor)))
  }

  #addHard(expected: Float64Array): void {
    const { hard } = this.counts
    const neighbours = this.#hard
    if (!neighbours) {
      for (let item = 0; item < expected.length; item++) expected[item] += hard / this.#met.length
      return
    }
    const { take, items } = neighbours
    for (let entry = 0; entry < items.length; entry++) {
      expected[items[entry]] += (hard * this.#frequency[Math.floor(entry / take)]) / take
    }
  }
}

function sum(total: number, value: number): number {
  return total + value
}
