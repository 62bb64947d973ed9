import { expectedCalibrationError, reliabilityBins } from '../algorithms/statistics/calibration.ts'
import { auc, logLoss } from '../algorithms/statistics/classification-metrics.ts'
import { meanOfDefined, ndcgAt } from '../algorithms/statistics/ranking-metrics.ts'
import { objectiveCount, objectives } from '../domain/roles.ts'
import { featureCount } from '../features/schema.ts'
import type { CalibrationTable } from '../models/calibration.ts'
import { createCalibrator } from '../models/calibrator.ts'
import { exportRanker } from '../models/ranker.ts'
import type { RankerRows } from '../models/ranker-data.ts'
import type { TrainedRanker } from '../models/ranker-trainer.ts'
import { openSession, run, tensor } from '../models/session.ts'

const rowsPerRun = 4096

/** Logits [rows × objectives] of the model as it will serve. */
export async function rankerLogits(ranker: TrainedRanker, { features }: RankerRows): Promise<Float32Array> {
  const model = exportRanker(ranker.architecture, ranker.standardisation, ranker.parameters)
  const session = await openSession(model, { threads: 2 })
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

/** How well the ranker does on rows it has not learned from: per objective, and the order within a query. */
export function heldOutReport(
  logits: Float32Array,
  { labels, weights }: RankerRows,
  population: Float32Array,
  calibration: readonly CalibrationTable[],
  groupSize: number,
): Record<string, number> {
  const report: Record<string, number> = {}
  objectives.forEach((name, k) => {
    const rows: number[] = []
    for (let row = 0; row < population.length; row++) if (weights[row * objectiveCount + k] > 0) rows.push(row)
    const outcome = Float32Array.from(rows, row => labels[row * objectiveCount + k])
    if (!outcome.includes(0) || !outcome.includes(1)) return
    const calibrator = createCalibrator(calibration[k])
    const score = Float32Array.from(rows, row => logits[row * objectiveCount + k])
    const probability = score.map(logit => calibrator.calibrate(logit))
    report[`${name}.auc`] = auc(score, outcome)
    report[`${name}.logLoss`] = logLoss(probability, outcome)
    report[`${name}.ece`] = expectedCalibrationError(reliabilityBins(probability, outcome, 20, 'equal-mass'))
  })
  report['click.ndcg@10'] = clickNdcg(logits, labels, population, groupSize)
  return report
}

function clickNdcg(logits: Float32Array, labels: Float32Array, population: Float32Array, groupSize: number): number {
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
