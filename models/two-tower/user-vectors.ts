/** People as vectors, from histories, the way serving computes them. */
import type { Histories } from '../histories.ts'
import { type PooledHistory, pooledWidth, poolHistory } from './history-pooling.ts'
import type { UserTower } from './tower-sessions.ts'
import { userFeatureWidth } from './user-features.ts'

const rowsPerRun = 512

/** Item vectors by row, and where to read the engagement weights that go with the histories. */
export interface HistoryReader {
  readonly itemVectors: Float32Array
  readonly histories: Histories
  readonly weights?: Float32Array
}

/**
 * Unit vectors [users.length × dimension] of those people of the histories.
 * @param featuresOf writes the row of profile and context of the person at that place; without it nothing is known
 */
export async function userVectors(
  tower: UserTower,
  reader: HistoryReader,
  users: ArrayLike<number>,
  featuresOf?: (place: number, out: Float32Array, at: number) => void,
): Promise<Float32Array> {
  const { architecture } = tower
  const width = pooledWidth(architecture)
  const { dimension } = architecture
  const out = new Float32Array(users.length * dimension)
  for (let begin = 0; begin < users.length; begin += rowsPerRun) {
    const count = Math.min(rowsPerRun, users.length - begin)
    const pooled = new Float32Array(count * width)
    const features = new Float32Array(count * userFeatureWidth)
    for (let row = 0; row < count; row++) {
      poolHistory(architecture, storedHistory(reader, users[begin + row], dimension), pooled, row * width)
      featuresOf?.(begin + row, features, row * userFeatureWidth)
    }
    out.set(await tower.encode(pooled, features), begin * dimension)
  }
  return out
}

function storedHistory({ itemVectors, histories, weights }: HistoryReader, user: number, width: number): PooledHistory {
  const begin = histories.offsets[user]
  const end = histories.offsets[user + 1]
  return {
    length: end - begin,
    weightAt: entry => weights?.[end - 1 - entry] ?? 1,
    addVector(entry, factor, out, at) {
      const row = histories.itemOf[end - 1 - entry] * width
      for (let column = 0; column < width; column++) out[at + column] += factor * itemVectors[row + column]
    },
  }
}
