import { type Feeds, tensor } from '../engine/session.ts'

/** More rows than these hardly move a range. */
const calibrationRowsMax = 4096

/**
 * The input `features` of a ranker for its calibration: rows taken evenly from a matrix [rows, columns], so that every part of a
 * history is among them.
 */
export function calibrationFeeds(features: Float32Array, columns: number, rowsMax = calibrationRowsMax): Feeds[] {
  const rows = features.length / columns
  const count = Math.min(rows, rowsMax)
  const sample = new Float32Array(count * columns)
  for (let i = 0; i < count; i++) {
    const from = Math.floor((i * rows) / count) * columns
    sample.set(features.subarray(from, from + columns), i * columns)
  }
  return [{ features: tensor(sample, [count, columns]) }]
}
