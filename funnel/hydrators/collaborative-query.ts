import { createFoldIn, type FoldIn } from '../../models/factorisation/fold-in.ts'
import type { FoldInParameters } from '../ports.ts'
import type { HistoryFrame } from './query-vectors.ts'

const historyMax = 4096

/** The factor that training would have given a history; what was disliked is left out. */
export class CollaborativeQuery {
  private readonly placeOf: Int32Array
  private readonly dimension: number
  private readonly foldIn: FoldIn
  private readonly places = new Uint32Array(historyMax)
  private readonly weights = new Float32Array(historyMax)

  constructor({ dimension, vectors, gram, placeOf, settings }: FoldInParameters) {
    this.placeOf = placeOf
    this.dimension = dimension
    this.foldIn = createFoldIn(vectors, vectors.length / dimension, dimension, settings, gram)
  }

  /** Empty where no item of the history has a factor. */
  encode({ historyItem, historyWeight }: HistoryFrame): Float32Array {
    let count = 0
    for (let h = 0; h < historyItem.length && count < historyMax; h++) {
      const item = historyItem[h]
      const place = item < this.placeOf.length ? this.placeOf[item] : -1
      if (place < 0 || !(historyWeight[h] > 0)) continue
      this.places[count] = place
      this.weights[count++] = historyWeight[h]
    }
    if (count === 0) return new Float32Array(0)
    const vector = new Float32Array(this.dimension)
    this.foldIn.solve(this.places, this.weights, count, vector)
    return vector
  }
}
