/** Applies a calibration table to logits, without allocating. */
import type { CalibrationTable } from './calibration.ts'

export interface Calibrator {
  /** Logit to probability. A logit that is not a number stays one. */
  calibrate(logit: number): number
  /** Replaces one column of a row-major matrix [rows, columns] of logits by probabilities. */
  calibrateColumn(matrix: Float32Array, column: number, columns: number): void
}

export function createCalibrator(table: CalibrationTable): Calibrator {
  const calibrate =
    table.method === 'platt' ? sigmoid(table.slope, table.intercept) : interpolation(table.logits, table.probabilities)
  return {
    calibrate,
    calibrateColumn(matrix, column, columns) {
      for (let index = column; index < matrix.length; index += columns) matrix[index] = calibrate(matrix[index])
    },
  }
}

function sigmoid(slope: number, intercept: number): (logit: number) => number {
  return logit => 1 / (1 + Math.exp(-(slope * logit + intercept)))
}

function interpolation(logits: readonly number[], probabilities: readonly number[]): (logit: number) => number {
  const x = Float64Array.from(logits)
  const y = Float64Array.from(probabilities)
  const last = x.length - 1
  return logit => {
    if (logit <= x[0]) return y[0]
    if (logit >= x[last]) return y[last]
    let below = 0
    let above = last
    while (above - below > 1) {
      const middle = (below + above) >> 1
      if (x[middle] <= logit) below = middle
      else above = middle
    }
    const share = (logit - x[below]) / (x[above] - x[below])
    return y[below] + (y[above] - y[below]) * share
  }
}
