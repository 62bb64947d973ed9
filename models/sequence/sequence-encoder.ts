/**
 * The sequence model as it serves: item vectors of a history in, one query vector out. The table of items is no part of the
 * file; its vectors lie in memory that all threads share, and whoever calls gathers them.
 *
 * ONNX signature: input `vectors` [length, width] float32, oldest first, 1 ≤ length ≤ maxLength; output `query` [1, width].
 * The score of an item is the inner product of the query with the item's vector, without a bias.
 */
import { openSession, run, type Session, tensor } from '../engine/session.ts'
import { Graph } from '../graph/graph.ts'
import { encodeSequence, type SequenceArchitecture } from './sequence-model.ts'

export interface SequenceEncoderOptions {
  /** Threads of one run: 1 where several encoders serve side by side. */
  readonly threads: number
  /** Longest history the file was exported for. */
  readonly maxLength: number
  /** Elements of an item's vector. */
  readonly dimension: number
}

/** The bytes of the encoder with these weights. */
export function exportSequenceEncoder(trained: {
  readonly architecture: SequenceArchitecture
  readonly parameters: { view(name: string): Float32Array }
}): Uint8Array<ArrayBuffer> {
  const { architecture, parameters } = trained
  const graph = new Graph({ weights: parameters })
  const vectors = graph.input('vectors', ['length', architecture.width])
  graph.output('query', encodeSequence(graph, vectors, architecture, { batch: 1, length: 'length', lastOnly: true }))
  return graph.build('sequence-encoder')
}

export class SequenceEncoder {
  readonly maxLength: number
  readonly dimension: number
  readonly #session: Session

  private constructor(session: Session, { maxLength, dimension }: SequenceEncoderOptions) {
    this.#session = session
    this.maxLength = maxLength
    this.dimension = dimension
  }

  /** @throws Error from onnxruntime when the bytes are no model. */
  static async open(onnx: Uint8Array, options: SequenceEncoderOptions): Promise<SequenceEncoder> {
    return new SequenceEncoder(await openSession(onnx, options), options)
  }

  /**
   * Writes the query vector of a history.
   * @param vectors item vectors, oldest first, of which the first `length` rows count; memory may be shared
   * @param length 1 to maxLength
   * @param out at least `dimension` elements
   * @throws RangeError for a length outside 1 … maxLength, or when `vectors` is shorter than that
   */
  async encode(vectors: Float32Array, length: number, out: Float32Array): Promise<void> {
    const size = length * this.dimension
    if (length < 1 || length > this.maxLength || vectors.length < size) {
      throw new RangeError(
        `A history of ${length} items in ${vectors.length} elements cannot be encoded: 1 to ${this.maxLength} items of ${this.dimension} elements are.`,
      )
    }
    const feeds = { vectors: tensor(vectors.subarray(0, size), [length, this.dimension]) }
    const { query } = await run(this.#session, feeds, ['query'])
    out.set(query)
  }

  close(): Promise<void> {
    return this.#session.release()
  }
}
