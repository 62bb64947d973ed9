/**
 * The heaviest items of a stream under exponential time decay, in bounded memory: the weighted space-saving sketch
 * (Metwally, Agrawal and El Abbadi, ICDT 2005) over forward-decayed weights (Cormode, Shkapenyuk, Srivastava and Xu,
 * ICDE 2009). An event of weight w at time t counts w · 2^((t - now) / halfLife). Forward decay stores it once, as
 * w · 2^((t - landmark) / halfLife), and divides by the common factor when it is read: nothing is touched as time goes
 * by, and a late event simply adds what it is worth by now, whatever came before it.
 *
 * Invariants
 * 1. `slotOf` maps each of the first `size` items to its slot; `heap` is a binary min-heap of these slots with
 *    `placeOf` as its inverse, in the strict order weight ascending, then item descending. So what is evicted depends
 *    on content alone and not on how the heap came about, and a restored sketch goes on exactly like the original.
 * 2. The true decayed weight of a kept item lies in [weight - error, weight]; that of any other is at most the smallest
 *    weight kept, which is at most the total divided by the capacity.
 * 3. The landmark moves in whole half-lives only, so that rescaling multiplies by a power of two, which is exact.
 */
import { TopK } from './top-k.ts'
import { Uint32Map } from './uint32-map.ts'
import type { SearchResult } from './vector-index.ts'

/** Half-lives an event may lie past the landmark before all weights are rescaled; float64 overflows near 1,024. */
const RESCALE_AFTER = 256

/** All there is to know of a sketch: parallel arrays over the kept items, weights as of `landmarkMs`. */
export interface TrendingState {
  readonly capacity: number
  readonly halfLifeMs: number
  readonly landmarkMs: number
  readonly items: Uint32Array
  readonly weights: Float64Array
  readonly errors: Float64Array
}

export class TrendingSketch {
  readonly capacity: number
  readonly halfLifeMs: number
  private landmarkMs = 0
  private readonly items: Uint32Array
  private readonly weights: Float64Array
  private readonly errors: Float64Array
  private readonly heap: Uint32Array
  private readonly placeOf: Uint32Array
  private readonly slotOf: Uint32Map
  private readonly best = new TopK()

  /** @param capacity number of items kept; some ten times as many as are asked for keeps their errors small */
  constructor(capacity: number, halfLifeMs: number) {
    if (!Number.isInteger(capacity) || capacity < 1) throw new RangeError(`capacity must be 1 or more, not ${capacity}`)
    if (!(halfLifeMs > 0 && halfLifeMs < Infinity))
      throw new RangeError(`halfLifeMs must be positive, not ${halfLifeMs}`)
    this.capacity = capacity
    this.halfLifeMs = halfLifeMs
    this.items = new Uint32Array(capacity)
    this.weights = new Float64Array(capacity)
    this.errors = new Float64Array(capacity)
    this.heap = new Uint32Array(capacity)
    this.placeOf = new Uint32Array(capacity)
    this.slotOf = new Uint32Map(capacity)
  }

  /** Number of items kept. */
  get size(): number {
    return this.slotOf.size
  }

  /** @throws RangeError for a negative weight, or a weight or time that is not finite */
  add(item: number, weight: number, timeMs: number): void {
    if (!(weight >= 0 && weight < Infinity)) throw new RangeError(`a weight must be 0 or more, not ${weight}`)
    if (!Number.isFinite(timeMs)) throw new RangeError(`a time must be finite, not ${timeMs}`)
    if (this.size === 0) this.landmarkMs = timeMs
    if ((timeMs - this.landmarkMs) / this.halfLifeMs > RESCALE_AFTER) this.moveLandmark(timeMs)
    const added = weight * 2 ** ((timeMs - this.landmarkMs) / this.halfLifeMs)
    // Nothing to add, or so old that nothing is left of it: neither may push another item out.
    if (added === 0) return
    const slot = this.slotOf.get(item)
    if (slot !== -1) {
      this.weights[slot]! += added
      this.siftDown(this.placeOf[slot]!)
    } else if (this.size < this.capacity) {
      this.append(item, added, 0)
    } else {
      this.replaceLightest(item, added)
    }
  }

  /**
   * Writes the `k` heaviest items with their weights as of `nowMs`, best first, and returns how many. A weight given is
   * the part that was certainly seen (weight - error): an item that has just taken another's place would otherwise
   * appear with all of that one's weight. Items whose certain part has decayed to nothing are left out.
   */
  top(k: number, nowMs: number, out: SearchResult): number {
    const scale = 2 ** ((this.landmarkMs - nowMs) / this.halfLifeMs)
    this.best.begin(Math.min(k, this.size))
    for (let slot = 0; slot < this.size; slot++) {
      const seen = Math.fround((this.weights[slot]! - this.errors[slot]!) * scale)
      if (seen > 0) this.best.offer(this.items[slot]!, seen)
    }
    return this.best.drain(out.labels, out.scores)
  }

  /** A copy; `TrendingSketch.fromState` of it behaves bit for bit like this sketch. */
  toState(): TrendingState {
    const { capacity, halfLifeMs, landmarkMs, size } = this
    return {
      capacity,
      halfLifeMs,
      landmarkMs,
      items: this.items.slice(0, size),
      weights: this.weights.slice(0, size),
      errors: this.errors.slice(0, size),
    }
  }

  static fromState(state: TrendingState): TrendingSketch {
    const sketch = new TrendingSketch(state.capacity, state.halfLifeMs)
    sketch.landmarkMs = state.landmarkMs
    for (let slot = 0; slot < state.items.length; slot++) {
      sketch.append(state.items[slot]!, state.weights[slot]!, state.errors[slot]!)
    }
    return sketch
  }

  private append(item: number, weight: number, error: number): void {
    const slot = this.size
    this.items[slot] = item
    this.weights[slot] = weight
    this.errors[slot] = error
    this.slotOf.set(item, slot)
    this.siftUp(slot, slot)
  }

  /** The newcomer inherits the weight of the item it displaces, as an upper bound of what was missed of it. */
  private replaceLightest(item: number, added: number): void {
    const slot = this.heap[0]!
    this.slotOf.delete(this.items[slot]!)
    this.items[slot] = item
    this.errors[slot] = this.weights[slot]!
    this.weights[slot]! += added
    this.slotOf.set(item, slot)
    this.siftDown(0)
  }

  private moveLandmark(timeMs: number): void {
    const halfLives = Math.floor((timeMs - this.landmarkMs) / this.halfLifeMs)
    const scale = 2 ** -halfLives
    for (let slot = 0; slot < this.size; slot++) {
      this.weights[slot]! *= scale
      this.errors[slot]! *= scale
    }
    this.landmarkMs += halfLives * this.halfLifeMs
    // Weights that vanish become equal, and equal weights are ordered by item: the heap has to be made anew.
    for (let place = (this.size >> 1) - 1; place >= 0; place--) this.siftDown(place)
  }

  private isLighter(slot: number, than: number): boolean {
    const difference = this.weights[slot]! - this.weights[than]!
    return difference < 0 || (difference === 0 && this.items[slot]! > this.items[than]!)
  }

  private siftUp(start: number, slot: number): void {
    let place = start
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (!this.isLighter(slot, this.heap[parent]!)) break
      this.put(place, this.heap[parent]!)
      place = parent
    }
    this.put(place, slot)
  }

  private siftDown(start: number): void {
    const { heap, size } = this
    const slot = heap[start]!
    let place = start
    for (let child = 2 * place + 1; child < size; child = 2 * place + 1) {
      if (child + 1 < size && this.isLighter(heap[child + 1]!, heap[child]!)) child++
      if (!this.isLighter(heap[child]!, slot)) break
      this.put(place, heap[child]!)
      place = child
    }
    this.put(place, slot)
  }

  private put(place: number, slot: number): void {
    this.heap[place] = slot
    this.placeOf[slot] = place
  }
}
