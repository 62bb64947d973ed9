import { joinQueries } from '../../cli/models/quantise-ranker.ts'
import { readRankerQueries } from '../../cli/models/ranker-queries.ts'
import { resolveSettings } from '../../cli/settings.ts'
import { systemMonotonicClock } from '../../domain/ports.ts'
import { objectives } from '../../domain/roles.ts'
import { featureCount } from '../../features/schema.ts'
import { readModelSet } from '../../funnel/model-set-files.ts'
import { schemaHashOf } from '../../funnel/schema-hash.ts'
import { loadArtefact, readPromoted } from '../../models/artefact/artefact.ts'
import { Parameters } from '../../models/engine/parameters.ts'
import { Graph } from '../../models/graph/graph.ts'
import { calibrationFeeds } from '../../models/quantisation/calibration-rows.ts'
import {
  type ComparisonRows,
  compareQuantised,
  type QuantisationComparison,
} from '../../models/quantisation/compare.ts'
import { type QuantisationOptions, quantiseModel } from '../../models/quantisation/quantise.ts'
import { exportRanker, rankerLogits } from '../../models/ranker/ranker.ts'
import { layoutOf } from '../../storage/data-directory.ts'
import { chooseData } from '../data/choose-data.ts'
import { figure, table } from '../report/tables.ts'
import type { Scenario } from '../scenario.ts'
import { wholeNumber } from './options.ts'

const queriesMax = 120
/** Candidates of one request, from a narrow funnel to a wide one. */
const rowsPerRun = [100, 500, 2000] as const
const variants: readonly Partial<QuantisationOptions>[] = [
  {},
  { weightBits: 8 },
  { coverage: 0.9999 },
  { coverage: 0.999 },
]
/** Experts of rankers of the same shape that were not trained: what a larger one would gain. */
const widths = [64, 128, 256] as const

interface Figures extends QuantisationComparison {
  readonly name: string
}

export const int8: Scenario = {
  name: 'int8',
  summary: 'the promoted ranker against its INT8 version: what it costs in quality, what it gains in time',
  takes: 'about 30 s on MovieLens 1M, one thread',
  declare(command) {
    command.option('--runs <n>', 'timed runs of each model', wholeNumber, 200)
  },
  async run(options, progress) {
    const runs = options.runs as number
    const data = await chooseData(options)
    const settings = resolveSettings({ dataDir: data.path, environment: process.env, commandLine: options.set })
    const { models, journal } = layoutOf(data.path)
    const id = await readPromoted(models)
    if (id === null) throw new Error(`${data.path} has no model set: train one with \`sluice train\``)
    const contents = await readModelSet(await loadArtefact(models, id, schemaHashOf(settings)))
    if (contents.ranker === null) throw new Error(`model set ${id} has no ranker`)
    progress.step('Asking the funnel')
    const queries = await readRankerQueries(journal, contents, settings, queriesMax)
    const half = Math.ceil(queries.length / 2)
    const [calibration, compared] = [joinQueries(queries.slice(0, half)), joinQueries(queries.slice(half))]
    progress.step('Comparing')
    const served: Figures[] = []
    for (const variant of variants) {
      served.push(await measure(nameOf(variant), contents.ranker.onnx, variant, calibration, compared, 500, runs))
    }
    const byRows: Figures[] = []
    for (const rows of rowsPerRun) {
      byRows.push(await measure(`${rows} rows`, contents.ranker.onnx, {}, calibration, compared, rows, runs))
    }
    const byWidth: Figures[] = []
    for (const width of widths) {
      const unlabelled = { ...compared, labels: undefined }
      byWidth.push(await measure(`experts of ${width}`, untrained(width), {}, calibration, unlabelled, 500, runs))
    }
    progress.done()
    const figures = { data, modelSet: id, settingsHash: settings.hash, served, byRows, byWidth }
    return { figures, text: int8Text(data.name, id, served, [...byRows, ...byWidth]) }
  },
}

async function measure(
  name: string,
  onnx: Uint8Array,
  variant: Partial<QuantisationOptions>,
  calibration: ComparisonRows,
  compared: ComparisonRows,
  rows: number,
  runs: number,
): Promise<Figures> {
  const { features, columns } = calibration
  const quantised = await quantiseModel(onnx, calibrationFeeds(features, columns), variant)
  const options = { clock: systemMonotonicClock, objectives, rowsPerRun: rows, runs }
  return { name, ...(await compareQuantised(onnx, quantised.onnx, compared, options)) }
}

function untrained(expertWidth: number): Uint8Array {
  const shape = {
    features: featureCount,
    objectives,
    members: 1,
    experts: 4,
    expertWidth,
    towerWidth: expertWidth / 2,
    dropout: 0,
  }
  const plain = { mean: new Float32Array(featureCount), inverseDeviation: new Float32Array(featureCount).fill(1) }
  const graph = new Graph()
  graph.output('logits', rankerLogits(graph, shape, plain, { batch: 'rows', train: false }))
  return exportRanker(shape, plain, Parameters.initialise(graph.parameters, 1))
}

function nameOf({ weightBits = 7, coverage = 1 }: Partial<QuantisationOptions>): string {
  return `${weightBits} bits, ${coverage === 1 ? 'whole range' : `${coverage * 100} % of it`}`
}

function int8Text(name: string, id: string, served: readonly Figures[], timed: readonly Figures[]): string {
  const quality = served.map(({ name, meanDifference, maxDifference, relativeDifference, objectives, speedUp }) => [
    name,
    ...[meanDifference, maxDifference, relativeDifference].map(figure),
    ...Object.values(objectives).map(({ floatAuc, int8Auc }) => signed(int8Auc - floatAuc)),
    figure(speedUp),
  ])
  const times = timed.map(({ name, floatMs, int8Ms, speedUp, floatBytes, int8Bytes }) => [
    name,
    ...[floatMs, int8Ms, speedUp, int8Bytes / floatBytes].map(figure),
  ])
  const qualityHead = [
    'weights, activations',
    'mean |Δ|',
    'max |Δ|',
    'of σ',
    ...objectives.map(o => `ΔAUC ${o}`),
    'faster',
  ]
  return [
    `${name}, ranker of ${id}, ${served[0].rows} rows that calibration has not seen; AUC changes, not held out`,
    table(qualityHead, quality),
    table(['one thread', 'float ms', 'INT8 ms', 'faster', 'size'], times),
  ].join('\n\n')
}

const signed = (value: number) =>
  Number.isFinite(value) ? `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(5)}` : '–'
