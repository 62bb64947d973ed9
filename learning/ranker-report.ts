import { expectedCalibrationError, reliabilityBins } from '../algorithms/statistics/calibration.ts'
import { auc, logLoss } from '../algorithms/statistics/classification-metrics.ts'
import { meanOfDefined, ndcgAt } from '../algorithms/statistics/ranking-metrics.ts'
import { objectiveCount, objectives } from '../domain/roles.ts'
import { featureCount } from '../features/schema.ts'
import { type CalibrationTable, fitCalibration } from '../models/calibration/calibration.ts'
import { createCalibrator } from '../models/calibration/calibrator.ts'
import { openSession, run, tensor } from '../models/engine/session.ts'
import type { RankerRows } from '../models/ranker/ranker-data.ts'

const rowsPerRun = 4096

/** Logits [rows × objectives] of the model that will serve. */
export async function rankerLogits(onnx: Uint8Array, { features }: RankerRows): Promise<Float32Array> {
  const session = await openSession(onnx, { threads: 2 })
  const rows = features.length / featureCount
  const logits = new Float32Array(rows * objectiveCount)
  for (let from = 0; from < rows; from += rowsPerRun) {
    const count = Math.min(rowsPerRun, rows - from)
    const part = features.subarray(from * featureCount, (from + count) * featureCount)
    const outputs = await run(session, { features: tensor(part, [count, featureCount]) }, ['logits'])
    logits.set(outputs.logits, from * objectiveCount)
  }
  await session.release()
  return logits
}

/** Held-out rows as a model was asked about them. */
export interface HeldOut {
  /** [rows × objectives] */
  readonly logits: Float32Array
  readonly rows: RankerRows
  /** How many candidates each row stands for; 0 for padding. */
  readonly population: Float32Array
  readonly groupSize: number
}

/** One calibration per objective, over rows weighed by how many candidates they stand for. */
export function calibrate(heldOut: HeldOut): CalibrationTable[] {
  return objectives.map((_, k) => {
    const { logit, label, stands } = labelledRows(heldOut, k)
    return fitCalibration({ logits: logit, labels: label, weights: stands })
  })
}

/**
 * How well the ranker does on rows it has not learned from: per objective, and the order within a query. Log-loss and
 * calibration error are over all candidates, not over the sample of them, and of probabilities that were calibrated on
 * the other half of the queries. The order is that of sampled rows: its nDCG reads higher than that of all candidates.
 */
export function heldOutReport(heldOut: HeldOut): Record<string, number> {
  const report: Record<string, number> = {}
  objectives.forEach((name, k) => {
    const rows = labelledRows(heldOut, k)
    if (!rows.label.includes(0) || !rows.label.includes(1)) return
    const probability = crossCalibrated(rows)
    const bins = reliabilityBins(probability, rows.label, 20, 'equal-mass', rows.stands)
    report[`${name}.auc`] = auc(rows.logit, rows.label)
    report[`${name}.logLoss`] = logLoss(probability, rows.label, rows.stands)
    report[`${name}.ece`] = expectedCalibrationError(bins)
  })
  report['click.sampledNdcg@10'] = clickNdcg(heldOut)
  return report
}

interface LabelledRows {
  readonly logit: Float32Array
  readonly label: Float32Array
  readonly stands: Float32Array
  /** Each query's rows are in one half. */
  readonly half: Uint8Array
}

/** The rows that have a label for objective k. */
function labelledRows({ logits, rows, population, groupSize }: HeldOut, k: number): LabelledRows {
  const kept: number[] = []
  for (let row = 0; row < population.length; row++) {
    if (population[row] * rows.weights[row * objectiveCount + k] > 0) kept.push(row)
  }
  return {
    logit: Float32Array.from(kept, row => logits[row * objectiveCount + k]),
    label: Float32Array.from(kept, row => rows.labels[row * objectiveCount + k]),
    stands: Float32Array.from(kept, row => population[row]),
    half: Uint8Array.from(kept, row => Math.floor(row / groupSize) % 2),
  }
}

/** The probability of each row by a calibration that was fitted on the half it is not in. */
function crossCalibrated({ logit, label, stands, half }: LabelledRows): Float32Array {
  const probability = new Float32Array(logit.length)
  for (const own of [0, 1]) {
    const weights = stands.map((value, i) => (half[i] === own ? 0 : value))
    const calibrator = createCalibrator(fitCalibration({ logits: logit, labels: label, weights }))
    for (let i = 0; i < logit.length; i++) if (half[i] === own) probability[i] = calibrator.calibrate(logit[i])
  }
  return probability
}

function clickNdcg({ logits, rows: { labels }, population, groupSize }: HeldOut): number {
  const ndcg = new Float64Array(population.length / groupSize)
  for (let group = 0; group < ndcg.length; group++) {
    const rows = Array.from({ length: groupSize }, (_, i) => group * groupSize + i).filter(row => population[row] > 0)
    rows.sort((a, b) => logits[b * objectiveCount] - logits[a * objectiveCount])
    const gains = rows.map(row => labels[row * objectiveCount])
    ndcg[group] = ndcgAt(
      gains,
      gains.toSorted((a, b) => b - a),
      10,
      'truncated',
    )
  }
  return meanOfDefined(ndcg)
}
