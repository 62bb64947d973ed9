/**
 * Bounded top-k selection over (item, score) pairs: a binary heap in two typed arrays with the worst pair on top, so
 * that most pairs of a long scan cost one comparison. The order is score descending, ties by item ascending, which
 * makes the result independent of the order in which pairs are offered.
 *
 * Invariants
 * 1. The heap holds the best min(k, offered) pairs so far; `items[0]`, `scores[0]` is the worst of them.
 * 2. A NaN score is never taken.
 */
export class TopK {
  private items = new Uint32Array(0)
  private scores = new Float64Array(0)
  private k = 0
  private size = 0

  /** Starts a new selection of the best `k` pairs; earlier content is dropped, and storage grows when needed. */
  begin(k: number): void {
    if (!Number.isInteger(k) || k < 0) throw new RangeError(`k must be a non-negative integer, not ${k}`)
    if (k > this.items.length) {
      this.items = new Uint32Array(k)
      this.scores = new Float64Array(k)
    }
    this.k = k
    this.size = 0
  }

  /**
   * Scores compare as given, in float64. Round to float32 (`Math.fround`) first when the scores are to be read from a
   * Float32Array: what looks equal there is then a tie here too.
   */
  offer(item: number, score: number): void {
    if (this.size === this.k) {
      if (this.k === 0 || !isWorse(this.items[0]!, this.scores[0]!, item, score)) return
      this.siftDown(item, score)
    } else if (!Number.isNaN(score)) {
      this.siftUp(item, score)
    }
  }

  /** Writes the selection, best first, and empties it. Returns the number of pairs written. */
  drain(items: Uint32Array, scores: Float32Array): number {
    const found = this.size
    if (items.length < found || scores.length < found) {
      throw new RangeError(`an output of ${Math.min(items.length, scores.length)} places cannot take ${found} pairs`)
    }
    for (let place = found - 1; place >= 0; place--) {
      items[place] = this.items[0]!
      scores[place] = this.scores[0]!
      this.size = place
      if (place > 0) this.siftDown(this.items[place]!, this.scores[place]!)
    }
    return found
  }

  /** Adds a pair at the end of the heap. */
  private siftUp(item: number, score: number): void {
    const { items, scores } = this
    let place = this.size++
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (!isWorse(item, score, items[parent]!, scores[parent]!)) break
      items[place] = items[parent]!
      scores[place] = scores[parent]!
      place = parent
    }
    items[place] = item
    scores[place] = score
  }

  /** Replaces the worst pair. */
  private siftDown(item: number, score: number): void {
    const { items, scores, size } = this
    let place = 0
    for (let child = 1; child < size; child = 2 * place + 1) {
      const right = child + 1
      if (right < size && isWorse(items[right]!, scores[right]!, items[child]!, scores[child]!)) child = right
      if (!isWorse(items[child]!, scores[child]!, item, score)) break
      items[place] = items[child]!
      scores[place] = scores[child]!
      place = child
    }
    items[place] = item
    scores[place] = score
  }
}

function isWorse(item: number, score: number, thanItem: number, thanScore: number): boolean {
  return score < thanScore || (score === thanScore && item > thanItem)
}
