/** The log divided by time, and the rows of a part as the ranker takes them. */
import type { RankerRows } from '../../models/ranker/ranker-data.ts'
import type { RankingFeatures } from './ranking-features.ts'
import { type RankingLog, RankingLogInvalid } from './ranking-log.ts'

/** Rows [begin, end). */
export interface RowRange {
  readonly begin: number
  readonly end: number
}

export interface RankingSplit {
  /** What weights are learned from. */
  readonly training: RowRange
  /** What decides about the number of epochs, and what calibration is fitted on. */
  readonly validation: RowRange
  readonly test: RowRange
}

export const trainingShare = 0.8
/** Share of the training part, at its end, that is held back. */
export const validationShare = 0.15

/** @param warmUp share of the training rows, at its beginning, that only feed the features @throws RankingLogInvalid */
export function splitByTime({ times, rows }: RankingLog, warmUp: number): RankingSplit {
  // Rows of one moment stay together.
  const boundary = (share: number) => {
    let row = Math.floor(rows * share)
    while (row > 0 && row < rows && times[row] === times[row - 1]) row++
    return row
  }
  const [first, held, end] = [warmUp, 1 - validationShare, 1].map(share => boundary(trainingShare * share))
  if (!(first < held && held < end && end < rows)) {
    throw new RankingLogInvalid(`${rows} impressions are too few moments to split by time`)
  }
  return {
    training: { begin: first, end: held },
    validation: { begin: held, end },
    test: { begin: end, end: rows },
  }
}

/** The columns of `outcomes` that objectives stand in. @throws RankingLogInvalid naming one that the log does not have */
export function signalColumns({ signals }: RankingLog, objectives: readonly string[]): number[] {
  return objectives.map(name => {
    const column = signals.indexOf(name)
    if (column >= 0) return column
    throw new RankingLogInvalid(`the log has no outcome ${name}; it has ${signals.join(', ')}`)
  })
}

/** Shares the memory of the features. Outcomes that are not known weigh 0. */
export function rankerRows(
  log: RankingLog,
  features: RankingFeatures,
  { begin, end }: RowRange,
  columns: readonly number[],
): RankerRows {
  const width = columns.length
  const labels = new Float32Array((end - begin) * width)
  const weights = new Float32Array(labels.length)
  for (let row = begin; row < end; row++) {
    for (const [index, column] of columns.entries()) {
      const outcome = log.outcomes[row * log.signals.length + column]
      if (Number.isNaN(outcome)) continue
      const at = (row - begin) * width + index
      labels[at] = outcome
      weights[at] = 1
    }
  }
  const stride = features.names.length
  return {
    features: features.values.subarray(begin * stride, end * stride),
    labels,
    weights,
    places: log.positions?.slice(begin, end),
  }
}
