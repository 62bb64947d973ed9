import { normalise } from '../../algorithms/retrieval/vector-transform.ts'
import type { ItemReader, VectorReader } from '../../domain/item-table/item-reader.ts'
import type { HistoryFrame } from './query-vectors.ts'

/** The weighted mean of what was engaged with, of length 1; what was disliked pulls the other way. */
export class ContentQuery {
  private readonly space: VectorReader
  private readonly scratch: Float32Array

  constructor(space: VectorReader) {
    this.space = space
    this.scratch = new Float32Array(space.dimension)
  }

  /** Empty where no item of the history has a vector, or they cancel out. */
  encode({ historyItem, historyWeight, querySeq }: HistoryFrame, items: ItemReader): Float32Array {
    const { space, scratch } = this
    const vector = new Float32Array(space.dimension)
    let found = false
    for (let h = 0; h < historyItem.length; h++) {
      const row = items.rowAt(historyItem[h], querySeq)
      if (row < 0 || !space.copyInto(row, scratch, 0)) continue
      found = true
      for (let d = 0; d < vector.length; d++) vector[d] += historyWeight[h] * scratch[d]
    }
    return found && normalise(vector, vector) ? vector : new Float32Array(0)
  }
}
