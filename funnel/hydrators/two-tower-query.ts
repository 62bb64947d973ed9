import type { ItemReader, VectorReader } from '../../domain/item-table/item-reader.ts'
import { engagementWeight } from '../../features/engagement-weight.ts'
import { type PooledHistory, pooledWidth, poolHistory } from '../../models/two-tower/history-pooling.ts'
import { UserTower } from '../../models/two-tower/tower-sessions.ts'
import { userFeatureWidth, writeUserContext } from '../../models/two-tower/user-features.ts'
import type { TwoTowerParameters } from '../ports.ts'
import type { HistoryFrame } from './query-vectors.ts'

/** What the user tower makes of a history, a profile, the hour of the day and the time since the last visit. */
export class TwoTowerQuery {
  private readonly space: VectorReader
  private readonly tower: UserTower

  private constructor(space: VectorReader, tower: UserTower) {
    this.space = space
    this.tower = tower
  }

  static async open(space: VectorReader, { onnx, architecture }: TwoTowerParameters): Promise<TwoTowerQuery> {
    return new TwoTowerQuery(space, await UserTower.open(onnx, { architecture }))
  }

  /** Empty where nothing is known of the person: the hour alone says too little. */
  async encode(frame: HistoryFrame, items: ItemReader): Promise<Float32Array> {
    const { architecture } = this.tower
    const history = this.likedOf(frame, items)
    if (history.length === 0 && frame.profileColumns.length === 0) return new Float32Array(0)
    const pooled = new Float32Array(pooledWidth(architecture))
    poolHistory(architecture, history, pooled)
    const features = new Float32Array(userFeatureWidth)
    writeUserContext({ hour: frame.hour }, features)
    for (const column of frame.profileColumns) features[column] = 1
    return this.tower.encode(pooled, features)
  }

  /** What was disliked is left out, as it is in training. */
  private likedOf({ historyItem, historyRoles, querySeq }: HistoryFrame, items: ItemReader): PooledHistory {
    const { space } = this
    const rows: number[] = []
    const weights: number[] = []
    for (let h = 0; h < historyItem.length; h++) {
      const weight = engagementWeight(historyRoles[h])
      if (!(weight > 0)) continue
      rows.push(items.rowAt(historyItem[h], querySeq))
      weights.push(weight)
    }
    const scratch = new Float32Array(space.dimension)
    return {
      length: rows.length,
      weightAt: entry => weights[entry],
      addVector(entry, factor, out, at) {
        if (rows[entry] < 0 || !space.copyInto(rows[entry], scratch, 0)) return
        for (let d = 0; d < scratch.length; d++) out[at + d] += factor * scratch[d]
      },
    }
  }
}
