/** Rows with what was predicted of them, and what that is worth without their calibration. */
import { type JudgedRows, type OutcomeMetrics, outcomeMetrics } from './outcome-metrics.ts'

export interface PredictedRows extends JudgedRows {
  readonly logits: Float32Array
  readonly labels: Float32Array
  readonly truths?: Float32Array
  readonly users: Int32Array
  readonly requests: Int32Array
}

export function pick(rows: PredictedRows, keeps: (row: number) => boolean): PredictedRows {
  return {
    logits: rows.logits.filter((_, row) => keeps(row)),
    labels: rows.labels.filter((_, row) => keeps(row)),
    truths: rows.truths?.filter((_, row) => keeps(row)),
    users: rows.users.filter((_, row) => keeps(row)),
    requests: rows.requests.filter((_, row) => keeps(row)),
  }
}

/** The metrics that calibration does not change, over all rows. */
export function rankingOnly(rows: PredictedRows, { logLoss, eceBefore, eceAfter }: OutcomeMetrics): OutcomeMetrics {
  const whole = outcomeMetrics(rows.logits, rows, { method: 'platt', slope: 1, intercept: 0 })
  return { ...whole, logLoss, eceBefore, eceAfter }
}
