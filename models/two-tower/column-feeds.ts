import { deriveKey, uniformAt } from '../engine/random.ts'
import { type Feeds, tensor } from '../engine/session.ts'
import type { CandidateColumns } from './candidates.ts'
import type { TowerItems } from './item-vector-table.ts'
import type { MetItems } from './met-items.ts'
import type { TrainingExamples } from './training-examples.ts'
import type { TwoTowerSettings } from './two-tower-settings.ts'

export interface ColumnParts {
  readonly catalogue: TowerItems
  /** Columns of a row of features; 0 where items are known by their ids alone. */
  readonly itemFeatures: number
  readonly examples: TrainingExamples
  readonly candidates: CandidateColumns
  /** What is masked; absent where nothing is. */
  readonly met?: MetItems
  /** Item vectors that histories are made of [items × dimension]. */
  readonly vectors: Float32Array
  readonly settings: Pick<TwoTowerSettings, 'dimension' | 'useIds' | 'idDropout'>
}

/** The tensors of a batch's candidate columns, see `twoTowerLoss`; the next batch overwrites them. */
export class ColumnFeeds {
  readonly #parts: ColumnParts
  readonly #feeds: Feeds
  readonly #features: Float32Array
  readonly #idKeep: Float32Array

  constructor(parts: ColumnParts) {
    const { catalogue, itemFeatures, candidates, vectors, settings } = parts
    const { items, mask, columnBias, counts } = candidates
    this.#parts = parts
    this.#features = new Float32Array(items.length * itemFeatures)
    this.#idKeep = new Float32Array(items.length)
    this.#feeds = {
      ...(itemFeatures > 0 && { itemFeatures: tensor(this.#features, [items.length, itemFeatures]) }),
      mask: tensor(mask, [counts.positives, items.length]),
      columnBias: tensor(columnBias, [items.length]),
      vectors: tensor(vectors, [catalogue.items, settings.dimension]),
      ...(settings.useIds && { ids: tensor(items, [items.length]), idKeep: tensor(this.#idKeep, [items.length, 1]) }),
    }
  }

  /** Draws the columns for the examples of the last `fill`. */
  draw(key: number): Feeds {
    const { catalogue, itemFeatures: width, examples, candidates, met, settings } = this.#parts
    candidates.draw(examples.targets, key, examples.users, met)
    const dropKey = deriveKey(key, 'ids')
    for (const [column, item] of candidates.items.entries()) {
      if (width > 0) this.#features.set(catalogue.features.subarray(item * width, (item + 1) * width), column * width)
      const isKept = examples.targetCounts[item] > 0 && uniformAt(dropKey, column) >= settings.idDropout
      this.#idKeep[column] = isKept ? 1 : 0
    }
    return this.#feeds
  }
}
