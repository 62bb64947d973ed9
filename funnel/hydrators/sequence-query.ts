import type { ItemReader, VectorReader } from '../../domain/item-table/item-reader.ts'
import { SequenceEncoder } from '../../models/sequence/sequence-encoder.ts'
import type { SequenceParameters } from '../ports.ts'
import type { HistoryFrame } from './query-vectors.ts'

/** What self-attention makes of the newest items of a history; what was disliked is left out, as in training. */
export class SequenceQuery {
  private readonly space: VectorReader
  private readonly encoder: SequenceEncoder
  private readonly maxLength: number

  private constructor(space: VectorReader, encoder: SequenceEncoder, maxLength: number) {
    this.space = space
    this.encoder = encoder
    this.maxLength = maxLength
  }

  static async open(space: VectorReader, { onnx, dimension, maxLength }: SequenceParameters): Promise<SequenceQuery> {
    const encoder = await SequenceEncoder.open(onnx, { threads: 1, dimension, maxLength })
    return new SequenceQuery(space, encoder, maxLength)
  }

  /** Empty where no item of the history has a vector. */
  async encode({ historyItem, historyWeight, querySeq }: HistoryFrame, items: ItemReader): Promise<Float32Array> {
    const { dimension } = this.space
    const rows: number[] = []
    for (let h = 0; h < historyItem.length && rows.length < this.maxLength; h++) {
      const row = historyWeight[h] > 0 ? items.rowAt(historyItem[h], querySeq) : -1
      if (row >= 0 && this.space.has(row)) rows.push(row)
    }
    if (rows.length === 0) return new Float32Array(0)
    // The model reads a history from its oldest item on. Each task has vectors of its own: two may be under way.
    const vectors = new Float32Array(rows.length * dimension)
    for (let i = 0; i < rows.length; i++) this.space.copyInto(rows[rows.length - 1 - i], vectors, i * dimension)
    const query = new Float32Array(dimension)
    await this.encoder.encode(vectors, rows.length, query)
    return query
  }
}
