/**
 * A sparse vector over items that is added to in any order: dense values, and a list of the items touched, so that a
 * reset costs as much as was touched and not as much as the catalogue is long. Sums are float32.
 *
 * Invariants
 * 1. `isTouched[i]` is 1 exactly when i is in `touched[0..count)`, each item once, in the order of first touch.
 * 2. `values[i]` is 0 for every item that is not touched.
 */
import type { TopK } from './top-k.ts'

export class SparseAccumulator {
  /** Items touched since the last reset, in order of first touch: the first `count` entries. */
  readonly touched: Uint32Array
  /** Sums by item; 0 for items that were not touched. */
  readonly values: Float32Array
  private readonly isTouched: Uint8Array
  private size = 0

  /** @param capacity items are integers in [0, capacity) */
  constructor(capacity: number) {
    this.touched = new Uint32Array(capacity)
    this.values = new Float32Array(capacity)
    this.isTouched = new Uint8Array(capacity)
  }

  get capacity(): number {
    return this.values.length
  }

  get count(): number {
    return this.size
  }

  /** Adds to one item. The caller makes sure that the item lies below `capacity`, once per batch. */
  add(item: number, value: number): void {
    if (this.isTouched[item] === 0) {
      this.isTouched[item] = 1
      this.touched[this.size++] = item
    }
    this.values[item]! += value
  }

  reset(): void {
    const { touched, values, isTouched } = this
    for (let at = 0; at < this.size; at++) {
      const item = touched[at]!
      values[item] = 0
      isTouched[item] = 0
    }
    this.size = 0
  }

  /** Writes the `k` touched items with the largest sums, best first, ties by item ascending. Returns their number. */
  selectTop(k: number, selector: TopK, items: Uint32Array, scores: Float32Array): number {
    selector.begin(k)
    for (let at = 0; at < this.size; at++) {
      const item = this.touched[at]!
      selector.offer(item, this.values[item]!)
    }
    return selector.drain(items, scores)
  }
}
