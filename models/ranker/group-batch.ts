/** Mini-batches of whole groups in shuffled order, copied into tensors that are made once. */
import { shuffle } from '../engine/random.ts'
import { type Feeds, tensor } from '../engine/session.ts'
import type { RankerRows } from './ranker-data.ts'

interface Matrix {
  readonly source: Float32Array | Int32Array
  readonly target: Float32Array | Int32Array
  /** Elements per group. */
  readonly stride: number
}

export class GroupBatch {
  /** Groups per batch. */
  readonly groups: number
  /** Rows per batch. */
  readonly rows: number
  readonly #order: Uint32Array
  readonly #matrices: Matrix[] = []
  readonly #feeds: Feeds = {}

  constructor(
    rows: RankerRows,
    shape: { readonly features: number; readonly objectives: number; readonly groupSize: number },
    groups: number,
  ) {
    this.groups = groups
    this.rows = groups * shape.groupSize
    this.#order = new Uint32Array(rows.features.length / shape.features / shape.groupSize)
    const columns = { features: shape.features, labels: shape.objectives, weights: shape.objectives }
    if (rows.places) {
      const target = new Int32Array(this.rows)
      this.#matrices.push({ source: rows.places, target, stride: shape.groupSize })
      this.#feeds.places = tensor(target, [this.rows])
    }
    for (const name of ['features', 'labels', 'weights'] as const) {
      const target = new Float32Array(this.rows * columns[name])
      this.#matrices.push({ source: rows[name], target, stride: shape.groupSize * columns[name] })
      this.#feeds[name] = tensor(target, [this.rows, columns[name]])
    }
  }

  /** Draws a new order of the groups. */
  shuffle(key: number): void {
    for (let group = 0; group < this.#order.length; group++) this.#order[group] = group
    shuffle(this.#order, key)
  }

  /** The tensors, filled with the groups of that step of the epoch (from 0); the next call overwrites them. */
  fill(step: number): Feeds {
    for (let position = 0; position < this.groups; position++) {
      const group = this.#order[step * this.groups + position]
      for (const { source, target, stride } of this.#matrices) {
        target.set(source.subarray(group * stride, (group + 1) * stride), position * stride)
      }
    }
    return this.#feeds
  }
}
