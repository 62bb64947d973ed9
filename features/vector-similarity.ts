import type { VectorReader } from '../domain/item-table/item-reader.ts'
import { clamp } from './numeric.ts'

/** Inner products of fitted factors are clamped to this: far beyond what a trained model gives, but finite. */
const factorProductMax = 10

const rowsPerBlock = 4

/**
 * Similarities in one vector space of a candidate to the query and to a few anchor items. Vectors are gathered once
 * per request into one matrix, so that a candidate costs one copy and one pass.
 *
 * Invariants
 * 1. Matrix rows: the candidate, the query, then the anchors at unit length. What lies behind them, or in the query's
 *    place when there is none, is left from earlier requests: it is multiplied along in its block and never read.
 * 2. Sums run over the dimensions in order, in float64: the same vectors give the same bits.
 */
export class VectorSimilarity {
  readonly #rowsMax: number
  readonly #productMax: number
  #reader: VectorReader | undefined
  #dimension = 0
  #rows = 2
  #matrix = new Float64Array(0)
  #vector = new Float32Array(0)
  readonly #products: Float64Array
  #queryNorm = 0
  #candidateNorm = 0

  /** @param productMax what inner products with the query are clamped to */
  constructor(anchorsMax: number, productMax = factorProductMax) {
    this.#productMax = productMax
    this.#rowsMax = Math.ceil((2 + anchorsMax) / rowsPerBlock) * rowsPerBlock
    this.#products = new Float64Array(this.#rowsMax)
  }

  /** @throws RangeError when a query is given that does not have the dimension of the space */
  begin(reader: VectorReader, query: Float32Array): void {
    const dimension = reader.dimension
    if (query.length !== 0 && query.length !== dimension) {
      throw new RangeError(
        `query vector has ${query.length} dimensions, its space ${dimension}: both must be of one model set`,
      )
    }
    if (this.#vector.length !== dimension) {
      this.#vector = new Float32Array(dimension)
      this.#matrix = new Float64Array(this.#rowsMax * dimension)
    }
    this.#reader = reader
    this.#dimension = dimension
    this.#rows = 2
    for (let i = 0; i < query.length; i++) this.#matrix[dimension + i] = query[i]
    this.#queryNorm = this.#normOf(query)
  }

  /** Makes an item an anchor, if it has a vector. At most `anchorsMax` are ever added after one `begin`. */
  addAnchor(row: number): boolean {
    if (row < 0 || !this.#reader!.copyInto(row, this.#vector, 0)) return false
    const norm = this.#normOf(this.#vector)
    if (!(norm > 0)) return false
    const offset = this.#rows++ * this.#dimension
    for (let i = 0; i < this.#dimension; i++) this.#matrix[offset + i] = this.#vector[i] / norm
    return true
  }

  get anchors(): number {
    return this.#rows - 2
  }

  /** Takes the item of `row` as the candidate; without a vector all its similarities are 0. */
  compare(row: number): void {
    this.#candidateNorm = 0
    if (!this.#reader!.copyInto(row, this.#vector, 0)) return
    for (let i = 0; i < this.#dimension; i++) this.#matrix[i] = this.#vector[i]
    for (let block = 0; block < this.#rows; block += rowsPerBlock) this.#multiplyBlock(block)
    this.#candidateNorm = Math.sqrt(this.#products[0])
  }

  /** Whether user and candidate both have a vector. */
  queryKnown(): boolean {
    return this.#candidateNorm > 0 && this.#queryNorm > 0
  }

  queryInnerProduct(): number {
    return this.queryKnown() ? clamp(this.#products[1], -this.#productMax, this.#productMax) : 0
  }

  queryCosine(): number {
    return this.queryKnown() ? clamp(this.#products[1] / (this.#candidateNorm * this.#queryNorm), -1, 1) : 0
  }

  anchorCosine(anchor: number): number {
    return this.#candidateNorm > 0 ? clamp(this.#products[2 + anchor] / this.#candidateNorm, -1, 1) : 0
  }

  /** Largest cosine to the anchors from `first` on, 0 when there are none. */
  maxCosine(first: number): number {
    if (first >= this.anchors || this.#candidateNorm === 0) return 0
    const products = this.#products
    let largest = products[2 + first]
    for (let row = 3 + first; row < this.#rows; row++) if (products[row] > largest) largest = products[row]
    return clamp(largest / this.#candidateNorm, -1, 1)
  }

  meanCosine(): number {
    if (this.anchors === 0 || this.#candidateNorm === 0) return 0
    let sum = 0
    for (let row = 2; row < this.#rows; row++) sum += this.#products[row]
    return clamp(sum / (this.#candidateNorm * this.anchors), -1, 1)
  }

  /** Products of the candidate with four rows: independent sums keep the processor's multipliers busy. */
  #multiplyBlock(row: number): void {
    const matrix = this.#matrix
    const dimension = this.#dimension
    const a = row * dimension
    const b = a + dimension
    const c = b + dimension
    const d = c + dimension
    let sumA = 0
    let sumB = 0
    let sumC = 0
    let sumD = 0
    for (let i = 0; i < dimension; i++) {
      const x = matrix[i]
      sumA += x * matrix[a + i]
      sumB += x * matrix[b + i]
      sumC += x * matrix[c + i]
      sumD += x * matrix[d + i]
    }
    this.#products[row] = sumA
    this.#products[row + 1] = sumB
    this.#products[row + 2] = sumC
    this.#products[row + 3] = sumD
  }

  #normOf(vector: Float32Array): number {
    let squares = 0
    for (let i = 0; i < vector.length; i++) squares += vector[i] * vector[i]
    return Math.sqrt(squares)
  }
}
