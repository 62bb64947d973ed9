import type { Progress } from '../../telemetry/progress.ts'
import { formats } from '../interactions/formats.ts'
import type { InteractionLog } from '../interactions/interaction-log.ts'
import { Stopwatch } from '../stopwatch.ts'
import { modelSettings } from './model-settings.ts'
import { type Preparation, type PreparedData, prepare } from './prepared-data.ts'
import type { Evaluated, ProtocolRun } from './protocol-run.ts'
import {
  compare,
  comparisonDescription,
  type MetricDifference,
  means,
  rounded,
  type Segment,
  segments,
  stacked,
} from './query-table.ts'
import type { RecommenderModel } from './recommender.ts'

export interface ModelChoice {
  readonly model: RecommenderModel
  /** Settings as given, by name. */
  readonly settings: Readonly<Record<string, string>>
}

export interface ProtocolEvaluation extends Preparation {
  readonly input: string
  /** A name out of `formats`. */
  readonly format: string
  /** Splits the data with a seed. */
  readonly runOf: (data: PreparedData, seed: number) => ProtocolRun
  readonly chosen: ModelChoice
  readonly baseline?: ModelChoice
  readonly seed: number
  /** Runs with the seeds seed, seed + 1, …; figures are means over all of them. */
  readonly splits: number
  readonly threads: number
  readonly progress: Progress
}

type Setting = number | string | boolean
type Metrics = Readonly<Record<string, number>>

export interface ModelReport {
  readonly name: string
  readonly settings: Readonly<Record<string, Setting>>
  /** What fitting chose, of the first split. */
  readonly chosen: Readonly<Record<string, number | string>>
}

export interface ProtocolReport {
  readonly protocol: Readonly<Record<string, Setting>>
  readonly data: Readonly<Record<string, number | string>>
  readonly model: ModelReport
  readonly seed: number
  readonly metrics: Metrics
  readonly segments: Readonly<Record<string, Segment>>
  /** Each split, where there are several. */
  readonly splits?: readonly { readonly seed: number; readonly metrics: Metrics }[]
  readonly comparison?: {
    readonly with: ModelReport
    readonly metrics: Metrics
    readonly segments: Readonly<Record<string, Segment>>
    readonly differences: Readonly<Record<string, MetricDifference>>
    readonly method: string
  }
  readonly seconds: number
  readonly timings: Readonly<Record<string, number>>
}

/** @throws BadLine, BadInput, BadModelSetting */
export async function evaluateProtocol(options: ProtocolEvaluation): Promise<ProtocolReport> {
  const { chosen, baseline, seed, splits, runOf } = options
  const settings = modelSettings(chosen.model, chosen.settings)
  const baselineSettings = baseline && modelSettings(baseline.model, baseline.settings)
  const clock = new Stopwatch()
  options.progress.step('Reading')
  const log = await formats[options.format](options.input)
  const data = prepare(log, options)
  options.progress.done()
  clock.lap('read')
  const own: FittedRun[] = []
  const others: FittedRun[] = []
  let protocol: ProtocolRun['protocol'] = {}
  for (let split = 0; split < splits; split++) {
    const run = runOf(data, seed + split)
    protocol = run.protocol
    own.push(await fitAndEvaluate(run, chosen.model, settings, seed + split, options))
    if (baseline) others.push(await fitAndEvaluate(run, baseline.model, baselineSettings!, seed + split, options))
  }
  clock.lap('fit and evaluate')
  const table = stacked(own.map(run => run.evaluated.table))
  return {
    protocol,
    data: describeData(log, data, own),
    model: { name: chosen.model.name, settings, chosen: own[0].chosen },
    seed,
    metrics: meanMetrics(own),
    segments: segments(table),
    ...(splits > 1 && { splits: own.map((run, at) => ({ seed: seed + at, metrics: metricsOf(run.evaluated) })) }),
    ...(baseline && {
      comparison: comparisonWith(others, { name: baseline.model.name, settings: baselineSettings! }, table, seed),
    }),
    seconds: rounded(Object.values(clock.seconds).reduce((sum, part) => sum + part, 0)),
    timings: clock.seconds,
  }
}

interface FittedRun {
  readonly evaluated: Evaluated
  readonly chosen: ModelReport['chosen']
}

async function fitAndEvaluate(
  run: ProtocolRun,
  model: RecommenderModel,
  settings: Readonly<Record<string, Setting>>,
  seed: number,
  { threads, progress }: ProtocolEvaluation,
): Promise<FittedRun> {
  const { training, validation } = run
  const recommender = await model.fit({ training, validation, seed, threads, progress, settings })
  try {
    return { evaluated: await run.evaluate(recommender, progress), chosen: recommender.chosen }
  } finally {
    await recommender.close()
  }
}

function metricsOf({ table, listMetrics }: Evaluated): Metrics {
  return { ...means(table.columns), ...listMetrics }
}

/** The mean over splits of each split's figure. */
function meanMetrics(runs: readonly FittedRun[]): Metrics {
  const perRun = runs.map(run => metricsOf(run.evaluated))
  return Object.fromEntries(
    Object.keys(perRun[0]).map(name => [
      name,
      rounded(perRun.reduce((sum, metrics) => sum + metrics[name], 0) / perRun.length),
    ]),
  )
}

function comparisonWith(
  runs: readonly FittedRun[],
  model: Pick<ModelReport, 'name' | 'settings'>,
  table: Evaluated['table'],
  seed: number,
) {
  const other = stacked(runs.map(run => run.evaluated.table))
  return {
    with: { ...model, chosen: runs[0].chosen },
    metrics: meanMetrics(runs),
    segments: segments(other),
    differences: compare(table, other, seed),
    method: comparisonDescription,
  }
}

function describeData(log: InteractionLog, data: PreparedData, runs: readonly FittedRun[]) {
  const { belowRating, repeats, rare } = data.removed
  return {
    users: data.users,
    items: data.items,
    interactions: data.itemOf.length,
    usersEvaluated: runs[0].evaluated.table.users.length,
    'lines read': log.count,
    'removed for their rating': belowRating,
    'removed as repeats': repeats,
    'removed as rare': rare,
    sha256: log.sha256,
  }
}
