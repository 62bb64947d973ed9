import { objectiveCount } from './roles.ts'

/** In a column of ranks: the source did not propose the candidate. */
export const notProposed = 0xffff

/**
 * The candidates of one request as columns, from the moment they are merged. One set per thread is allocated for the
 * largest request and reused: `count` says how much of each column holds. Matrices are [candidate × objective].
 */
export class CandidateSet {
  count = 0
  readonly capacity: number

  readonly item: Uint32Array
  /** Row of the item table at the request's `catalogSeq`. */
  readonly row: Int32Array
  /** Sources that proposed it, one bit each. */
  readonly proposers: Uint32Array
  /** Best (smallest) rank any source gave it, from 0. */
  readonly bestRank: Uint16Array
  /** Affinity to the recent history through item-to-item lists. */
  readonly coVisitation: Float32Array

  /** Calibrated, and unconditional once the value model has run. */
  readonly probabilities: Float32Array
  readonly value: Float32Array

  constructor(capacity: number) {
    this.capacity = capacity
    this.item = new Uint32Array(capacity)
    this.row = new Int32Array(capacity)
    this.proposers = new Uint32Array(capacity)
    this.bestRank = new Uint16Array(capacity)
    this.coVisitation = new Float32Array(capacity)
    this.probabilities = new Float32Array(capacity * objectiveCount)
    this.value = new Float32Array(capacity)
  }
}
