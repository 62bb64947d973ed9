import { describe, expect, it } from 'vitest'
import { normal } from '../../../../models/engine/initialisers.ts'
import { normalAt } from '../../../../models/engine/random.ts'
import { masked } from '../../../../models/two-tower/candidates.ts'
import { type LossShape, twoTowerLoss } from '../../../../models/two-tower/two-tower-loss.ts'
import { userFeatureWidth } from '../../../../models/two-tower/user-features.ts'
import { type Batch, gradientError } from '../engine/gradient-check.ts'

const architecture = {
  dimension: 3,
  decays: [0.5, 1],
  historyLength: 2,
  itemFeatures: 4,
  itemHidden: 5,
  userHidden: 4,
}
const shape: LossShape = { items: 6, batch: 3, columns: 5, temperature: 0.5, dropout: 0, useIds: true }
const drawn = (length: number, key: number) => Array.from({ length }, (_, index) => normalAt(key, index))
const mask = Array.from({ length: 15 }, (_, cell) => (cell === 1 || cell === 8 ? masked : 0))

const batch: Batch = {
  itemFeatures: { data: drawn(20, 1), shape: [5, 4] },
  ids: { data: Int32Array.of(2, 4, 2, 0, 5), shape: [5] },
  idKeep: { data: [1, 1, 0, 1, 1], shape: [5, 1] },
  vectors: { data: drawn(18, 2), shape: [6, 3] },
  history: { data: Int32Array.of(1, 3, 0, 0, 5, 5), shape: [3, 2] },
  factors: { data: drawn(12, 3), shape: [3, 2, 2] },
  lengths: { data: drawn(6, 4), shape: [3, 2] },
  userFeatures: { data: drawn(3 * userFeatureWidth, 6), shape: [3, userFeatureWidth] },
  mask: { data: mask, shape: [3, 5] },
  columnBias: { data: drawn(5, 5), shape: [5] },
  rowWeights: { data: [1 / 3, 1 / 3, 1 / 3], shape: [3, 1] },
}

describe('the loss of the two towers', () => {
  it('has exact gradients in every parameter of both towers and in the rows of ids', async () => {
    const error = await gradientError(graph => twoTowerLoss(graph, architecture, shape), batch, normal(0.4))
    expect(error).toBeLessThan(1e-5)
  })

  it('has them without ids too', async () => {
    const { ids: _, idKeep: __, ...rest } = batch
    const error = await gradientError(
      graph => twoTowerLoss(graph, architecture, { ...shape, useIds: false }),
      rest,
      normal(0.4),
    )
    expect(error).toBeLessThan(1e-5)
  })
})
