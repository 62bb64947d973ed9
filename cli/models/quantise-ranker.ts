/** Makes a model set whose ranker is the INT8 version of another set's. */
import type { Settings } from '../../config/settings.ts'
import { systemMonotonicClock } from '../../domain/ports.ts'
import { objectiveCount, objectives } from '../../domain/roles.ts'
import { featureCount } from '../../features/schema.ts'
import { modelSetFiles } from '../../funnel/model-set-check.ts'
import { readModelSet } from '../../funnel/model-set-files.ts'
import { schemaHashOf } from '../../funnel/schema-hash.ts'
import { deriveArtefact, loadArtefact } from '../../models/artefact/artefact.ts'
import type { GateCheck, GateVerdict, Manifest } from '../../models/artefact/artefact-manifest.ts'
import { calibrationFeeds } from '../../models/quantisation/calibration-rows.ts'
import {
  type ComparisonRows,
  compareQuantised,
  type QuantisationComparison,
} from '../../models/quantisation/compare.ts'
import { quantiseModel } from '../../models/quantisation/quantise.ts'
import type { Progress } from '../../telemetry/progress.ts'
import { type RankerQueryRows, readRankerQueries } from './ranker-queries.ts'

export interface Quantisation {
  readonly journal: string
  readonly modelsRoot: string
  readonly base: string
  readonly settings: Settings
  /** Epoch ms. */
  readonly createdAt: number
  readonly progress: Progress
}

export interface QuantisedSet {
  readonly manifest: Manifest
  readonly comparison: QuantisationComparison
}

/** The base has no ranker, or nothing to try one on. */
export class QuantisationImpossible extends Error {
  override readonly name = 'QuantisationImpossible'
}

const queriesMax = 300
/** An objective may lose so much of its AUC; a change of 0.001 is what some thousand labels leave to chance. */
const aucDropMax = 0.005

/**
 * Calibrates on what the funnel would ask of one half of the people who came last, and compares both versions on the other.
 * @throws QuantisationImpossible, NothingToQuantise, ArtefactMissing, ArtefactCorrupt, SchemaMismatch
 */
export async function quantiseRanker(task: Quantisation): Promise<QuantisedSet> {
  const { modelsRoot, settings, progress } = task
  const base = await loadArtefact(modelsRoot, task.base, schemaHashOf(settings))
  const contents = await readModelSet(base)
  if (contents.ranker === null) throw new QuantisationImpossible(`model set ${task.base} has no ranker`)
  progress.step('Asking the funnel')
  const queries = await readRankerQueries(task.journal, contents, settings, queriesMax)
  progress.done()
  if (queries.length < 2) {
    throw new QuantisationImpossible(
      'fewer than two people are in the newest engagements of the journal: there is nothing to try it on',
    )
  }
  const half = Math.ceil(queries.length / 2)
  const { features, columns } = joinQueries(queries.slice(0, half))
  const { onnx } = await quantiseModel(contents.ranker.onnx, calibrationFeeds(features, columns))
  const options = { clock: systemMonotonicClock, objectives }
  const comparison = await compareQuantised(contents.ranker.onnx, onnx, joinQueries(queries.slice(half)), options)
  const description = {
    ...base.manifest,
    id: `${base.manifest.id}-int8`,
    createdAt: task.createdAt,
    parent: base.manifest.id,
    metrics: { ...base.manifest.metrics, ...int8Metrics(comparison) },
    gate: verdictOn(comparison, base.manifest.id),
  }
  const manifest = await deriveArtefact(modelsRoot, base, description, { [modelSetFiles.ranker]: [onnx] })
  return { manifest, comparison }
}

/** The rows of several queries as one matrix. */
export function joinQueries(queries: readonly RankerQueryRows[]): ComparisonRows {
  const join = (column: (query: RankerQueryRows) => Float32Array, width: number) => {
    const all = new Float32Array(queries.reduce((sum, { rows }) => sum + rows * width, 0))
    let offset = 0
    for (const query of queries) {
      all.set(column(query).subarray(0, query.rows * width), offset)
      offset += query.rows * width
    }
    return all
  }
  return {
    features: join(({ features }) => features, featureCount),
    labels: join(({ labels }) => labels, objectiveCount),
    weights: join(({ weights }) => weights, objectiveCount),
    columns: featureCount,
  }
}

function int8Metrics({ meanDifference, maxDifference, relativeDifference, speedUp }: QuantisationComparison) {
  return {
    'int8.meanDifference': meanDifference,
    'int8.maxDifference': maxDifference,
    'int8.relativeDifference': relativeDifference,
    'int8.speedUp': speedUp,
  }
}

/** Objectives without both outcomes among the rows have no AUC, and are not asked. */
function verdictOn({ objectives }: QuantisationComparison, against: string): GateVerdict {
  const checks = Object.entries(objectives).flatMap(([objective, { floatAuc, int8Auc }]): GateCheck[] => {
    const value = int8Auc - floatAuc
    if (Number.isNaN(value)) return []
    const text = `the AUC of ${objective} changes by ${value.toFixed(5)} in INT8, ${-aucDropMax} is allowed`
    return [{ name: `int8.${objective}.auc`, passed: value >= -aucDropMax, value, bound: -aucDropMax, text }]
  })
  const reasons = checks.filter(({ passed }) => !passed).map(({ text }) => text)
  return { passed: reasons.length === 0, against, reasons, checks }
}
