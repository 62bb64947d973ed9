import { type ContentDocument, HashedTermCounter, type HashingOptions } from './hashed-tf-idf.ts'
import { rightSingularVectors, type SparseMatrix } from './truncated-svd.ts'

export interface ContentEncoderOptions extends HashingOptions {
  /** Length of the encoded vectors. */
  readonly dimension: number
}

export const CONTENT_ENCODER_DEFAULTS: ContentEncoderOptions = {
  dimension: 64,
  buckets: 16_384,
  isSigned: true,
  fieldWeights: { title: 1, text: 1, categories: 1.5, creators: 1, labels: 1 },
}

/** All there is to know of a fitted encoder; the arrays are the encoder's own. */
export interface ContentEncoderState {
  readonly options: ContentEncoderOptions
  /** [buckets] */
  readonly idf: Float32Array
  /** [buckets × dimension], row after row */
  readonly projection: Float32Array
}

/**
 * Latent semantic encoding (Deerwester et al., JASIS 1990) of hashed term weights: tf-idf rows of the fitted documents,
 * their truncated singular value decomposition, and, for any document, the projection of its row, normalised. Documents
 * that use words which occur together come to lie together even where they share none. Words that no fitted document
 * had carry nothing.
 */
export class ContentEncoder {
  readonly dimension: number
  private readonly state: ContentEncoderState
  private readonly counter: HashedTermCounter

  private constructor(state: ContentEncoderState) {
    this.state = state
    this.dimension = state.options.dimension
    this.counter = new HashedTermCounter(state.options)
  }

  /** Deterministic given the seed. @throws RangeError without documents, or for buckets that are no power of two */
  static fit(documents: readonly ContentDocument[], options: ContentEncoderOptions, seed: number): ContentEncoder {
    if (documents.length === 0) throw new RangeError('a content encoder needs at least one document to fit')
    const { dimension, buckets } = options
    const rows = countDocuments(documents, options)
    const idf = inverseDocumentFrequency(rows)
    weightRows(rows, idf)
    const projection =
      rows.values.length === 0 ? new Float32Array(buckets * dimension) : rightSingularVectors(rows, dimension, seed)
    return new ContentEncoder({ options, idf, projection })
  }

  /** @throws RangeError when the arrays do not have the sizes that the options give */
  static fromState(state: ContentEncoderState): ContentEncoder {
    const { buckets, dimension } = state.options
    if (state.idf.length !== buckets || state.projection.length !== buckets * dimension) {
      throw new RangeError(
        `${buckets} buckets of ${dimension} dimensions do not go with ${state.idf.length} frequencies and ` +
          `a projection of ${state.projection.length} numbers`,
      )
    }
    return new ContentEncoder(state)
  }

  toState(): ContentEncoderState {
    return this.state
  }

  /**
   * Writes the document's unit vector to `out` [dimension]. A document without any known word becomes the zero vector,
   * for which the answer is false: it has no place among the others and should be left out of an index.
   */
  encode(document: ContentDocument, out: Float32Array): boolean {
    const { dimension, counter } = this
    const { idf, projection } = this.state
    counter.count(document)
    out.fill(0)
    for (let at = 0; at < counter.size; at++) {
      const bucket = counter.touched[at]!
      const weight = counter.values[bucket]! * idf[bucket]!
      const row = bucket * dimension
      for (let j = 0; j < dimension; j++) out[j]! += weight * projection[row + j]!
    }
    let sum = 0
    for (let j = 0; j < dimension; j++) sum += out[j]! * out[j]!
    if (sum === 0) return false
    const scale = 1 / Math.sqrt(sum)
    for (let j = 0; j < dimension; j++) out[j]! *= scale
    return true
  }
}

/** Term counts of all documents, one row each. */
function countDocuments(documents: readonly ContentDocument[], options: HashingOptions): SparseMatrix {
  const counter = new HashedTermCounter(options)
  const offsets = new Uint32Array(documents.length + 1)
  let columns = new Uint32Array(64 * documents.length)
  let values = new Float32Array(64 * documents.length)
  let length = 0
  for (let row = 0; row < documents.length; row++) {
    counter.count(documents[row]!)
    if (length + counter.size > columns.length) {
      const capacity = Math.max(2 * columns.length, length + counter.size)
      const moreColumns = new Uint32Array(capacity)
      const moreValues = new Float32Array(capacity)
      moreColumns.set(columns)
      moreValues.set(values)
      columns = moreColumns
      values = moreValues
    }
    for (let at = 0; at < counter.size; at++, length++) {
      columns[length] = counter.touched[at]!
      values[length] = counter.values[counter.touched[at]!]!
    }
    offsets[row + 1] = length
  }
  return {
    columnCount: options.buckets,
    offsets,
    columns: columns.subarray(0, length),
    values: values.subarray(0, length),
  }
}

/** ln((1 + documents) / (1 + documents with the term)) + 1: smoothed, and never zero. */
function inverseDocumentFrequency({ columnCount, offsets, columns }: SparseMatrix): Float32Array {
  const frequency = new Float32Array(columnCount)
  for (let entry = 0; entry < columns.length; entry++) frequency[columns[entry]!]!++
  return frequency.map(count => Math.log(offsets.length / (1 + count)) + 1)
}

/** Multiplies by the inverse document frequency and normalises each row: long texts do not outweigh short ones. */
function weightRows({ offsets, columns, values }: SparseMatrix, idf: Float32Array): void {
  for (let row = 0; row < offsets.length - 1; row++) {
    let sum = 0
    for (let entry = offsets[row]!; entry < offsets[row + 1]!; entry++) {
      values[entry]! *= idf[columns[entry]!]!
      sum += values[entry]! * values[entry]!
    }
    const scale = sum === 0 ? 0 : 1 / Math.sqrt(sum)
    for (let entry = offsets[row]!; entry < offsets[row + 1]!; entry++) values[entry]! *= scale
  }
}
