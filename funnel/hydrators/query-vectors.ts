import { normalise } from '../../algorithms/retrieval/vector-transform.ts'
import { defineFrame, type Frame } from '../../domain/frame.ts'
import type { ItemReader } from '../../domain/item-table/item-reader.ts'
import { createFoldIn, type FoldIn } from '../../models/factorisation/fold-in.ts'
import type { ModelSpaces } from '../model-spaces.ts'
import type { FoldInParameters } from '../ports.ts'

/** What query vectors are computed from: the engaged history, newest first, and the versions it is read at. */
export const historyLayout = defineFrame({
  scalars: ['generation', 'tablesVersion', 'querySeq'],
  columns: { historyItem: 'u32', historyWeight: 'f32' },
})

export type HistoryFrame = Frame<typeof historyLayout>

/** The person in both spaces; a vector is empty where the history has nothing to compute it from. */
export const queryVectorsLayout = defineFrame({ scalars: [], columns: { collaborative: 'f32', content: 'f32' } })

export type QueryVectors = Frame<typeof queryVectorsLayout>

export const noQueryVectors: QueryVectors = { collaborative: new Float32Array(0), content: new Float32Array(0) }

const historyMax = 4096

/**
 * Places a person in the spaces of one model set. Bit for bit the same for the same history at the same `querySeq`:
 * serving and replay both come here.
 */
export class QueryEncoder {
  private readonly spaces: ModelSpaces
  private readonly placeOf: Int32Array
  private readonly foldIn: FoldIn
  private readonly places = new Uint32Array(historyMax)
  private readonly weights = new Float32Array(historyMax)

  constructor(spaces: ModelSpaces, { dimension, vectors, placeOf, settings }: FoldInParameters) {
    this.spaces = spaces
    this.placeOf = placeOf
    this.foldIn = createFoldIn(vectors, vectors.length / dimension, dimension, settings)
  }

  encode(history: HistoryFrame, items: ItemReader): QueryVectors {
    return { collaborative: this.collaborative(history), content: this.content(history, items) }
  }

  /** The factor that training would have given this history; what was disliked is left out. */
  private collaborative(history: HistoryFrame): Float32Array {
    let count = 0
    for (let h = 0; h < history.historyItem.length && count < historyMax; h++) {
      const item = history.historyItem[h]
      const place = item < this.placeOf.length ? this.placeOf[item] : -1
      if (place < 0 || !(history.historyWeight[h] > 0)) continue
      this.places[count] = place
      this.weights[count++] = history.historyWeight[h]
    }
    if (count === 0) return noQueryVectors.collaborative
    const vector = new Float32Array(this.spaces.collaborative.dimension)
    this.foldIn.solve(this.places, this.weights, count, vector)
    return vector
  }

  /** The weighted mean of what was engaged with, of length 1; what was disliked pulls the other way. */
  private content(history: HistoryFrame, items: ItemReader): Float32Array {
    const space = this.spaces.content
    const vector = new Float32Array(space.dimension)
    const scratch = this.spaces.vector.content
    let found = false
    for (let h = 0; h < history.historyItem.length; h++) {
      const row = items.rowAt(history.historyItem[h], history.querySeq)
      if (row < 0 || !space.copyInto(row, scratch, 0)) continue
      found = true
      for (let d = 0; d < vector.length; d++) vector[d] += history.historyWeight[h] * scratch[d]
    }
    return found && normalise(vector, vector) ? vector : noQueryVectors.content
  }
}
