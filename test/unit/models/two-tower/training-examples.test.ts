import { describe, expect, it } from 'vitest'
import { TrainingExamples } from '../../../../models/two-tower/training-examples.ts'
import { pauseColumn, userFeatureWidth } from '../../../../models/two-tower/user-features.ts'

const pooling = { dimension: 4, decays: [1], historyLength: 5 }
const minuteMs = 60_000
const minutes = [0, 1, 90, 91, 3000]
const histories = {
  users: 1,
  items: 5,
  offsets: Uint32Array.of(0, 5),
  itemOf: Uint32Array.of(0, 1, 2, 3, 4),
  timeOf: Float64Array.from(minutes, minute => 1e12 + minute * minuteMs),
}

/** The columns of pauses that are set, by the target's item. */
function pausesOf(source: ConstructorParameters<typeof TrainingExamples>[0], window: number, coldShare = 0) {
  const examples = new TrainingExamples(source, pooling, 5)
  examples.shuffle(3)
  const { userFeatures, history } = examples.fill(0, window, 7, coldShare)
  const features = userFeatures.data as Float32Array
  const columns = [...new Set([1, 60, 60 * 24 * 2].map(minute => pauseColumn(minute * minuteMs)))]
  const set = (row: number) => columns.filter(column => features[row * userFeatureWidth + column] === 1)
  expect(history.dims).toEqual([5, 5])
  return Array.from(examples.targets, (item, row) => ({ item, set: set(row) })).toSorted((a, b) => a.item - b.item)
}

describe('training examples', () => {
  it('know how long the person was away, as serving does', () => {
    expect(pausesOf({ histories }, 1).map(({ set }) => set)).toEqual([
      [],
      [pauseColumn(minuteMs)],
      [pauseColumn(89 * minuteMs)],
      [pauseColumn(minuteMs)],
      [pauseColumn(2909 * minuteMs)],
    ])
  })

  it('know no pause without a history or without times', () => {
    const { timeOf: _, ...untimed } = histories
    for (const pauses of [pausesOf({ histories }, 1, 1), pausesOf({ histories: untimed }, 1)])
      expect(pauses.flatMap(({ set }) => set)).toEqual([])
  })
})
