/**
 * Trains a ranking model on the beginning of a log and judges it on the end.
 *
 * Invariant: nothing is learned or chosen from the rows that are judged. Weights come from the training rows, the number of
 * epochs and the calibration from the validation rows behind them.
 */
import { type PairedBootstrap, pairedBootstrap } from '../../algorithms/statistics/bootstrap.ts'
import { fitCalibration } from '../../models/calibration/calibration.ts'
import type { Progress } from '../../telemetry/progress.ts'
import { type ComparedRows, type Judged, meanOf, type RankingModelReport } from './judged.ts'
import { aucOfUsers, eceBins, ndcgDepth, type OutcomeMetrics, outcomeMetrics } from './outcome-metrics.ts'
import { type PredictedRows, pick, rankingOnly } from './predicted-rows.ts'
import { type RankingFeatures, rankingFeatures } from './ranking-features.ts'
import { type RankingLog, RankingLogInvalid } from './ranking-log.ts'
import { type FittedRanking, fitRanking, type RankingModelName } from './ranking-models.ts'
import { type RankingSettings, rankingSettings } from './ranking-settings.ts'
import { type RankingSplit, type RowRange, rankerRows, signalColumns, splitByTime } from './ranking-split.ts'
import {
  intervalOverUsers,
  type TruthOfRows,
  type TruthRows,
  truthBins,
  truthMetrics,
  truthOfRows,
} from './simulated-truth.ts'

export type JudgedPart = 'test' | 'validation'

export interface RankingEvaluation {
  readonly log: RankingLog
  /** [rows, signals], the probability of each outcome in the first place, where a simulated world tells it. */
  readonly truth?: Float32Array
  readonly model: RankingModelName
  readonly compare?: RankingModelName
  readonly objectives: readonly string[]
  /** What is judged: settings are chosen on `validation`, where calibration is fitted on one half and judged on the other. */
  readonly part: JudgedPart
  readonly seed: number
  /** Times that each model is trained, with seeds from `seed` on; what is judged is the mean over them. */
  readonly trainings: number
  /** Settings as text, for the model; the other one keeps the defaults where they concern the network. */
  readonly set: Readonly<Record<string, string>>
  readonly compareSet: Readonly<Record<string, string>>
  readonly progress: Progress
  /** Milliseconds on a clock that does not go back. */
  readonly now: () => number
}

export interface RankingReport {
  readonly protocol: Readonly<Record<string, string>>
  readonly data: Readonly<Record<string, number>>
  readonly model: RankingModelReport
  readonly seed: number
  /** By `<objective>.<metric>`. */
  readonly metrics: Readonly<Record<string, number>>
  /** The model minus the other one, in gAUC, by objective. */
  readonly comparison?: {
    readonly with: RankingModelReport
    readonly metrics: Readonly<Record<string, number>>
    readonly differences: Readonly<Record<string, PairedBootstrap>>
    /** In what the truth says, by `<objective>.<metric>`. */
    readonly truthDifferences?: Readonly<Record<string, PairedBootstrap>>
  }
  readonly seconds: number
}

const bootstrapRounds = 2000
/** Later places than this share a bias. */
const placesMax = 50

/** @throws RankingLogInvalid, BadRankingSetting, or RangeError when an outcome is not 0 or 1 */
export async function evaluateRanking(evaluation: RankingEvaluation): Promise<RankingReport> {
  const { log, objectives, part, progress, now } = evaluation
  const startedAt = now()
  const chosen = rankingSettings(evaluation.model, evaluation.set)
  signalColumns(log, objectives)
  progress.step('Features')
  const features = rankingFeatures(log, chosen.ownDelayHours * 3_600_000)
  const split = splitByTime(log, chosen.warmUp)
  const run = new Run(evaluation, features, split)
  const own = await run.judge(evaluation.model, chosen)
  const comparison = evaluation.compare && (await run.compare(evaluation.compare, own))
  progress.done()
  const judged = split[part]
  return {
    protocol: protocolOf(evaluation),
    data: {
      impressions: log.rows,
      features: features.names.length,
      training: split.training.end - split.training.begin,
      validation: split.validation.end - split.validation.begin,
      judged: judged.end - judged.begin,
      usersJudged: new Set(log.users.subarray(judged.begin, judged.end)).size,
    },
    model: own.report,
    seed: evaluation.seed,
    metrics: own.metrics,
    ...(comparison && { comparison }),
    seconds: (now() - startedAt) / 1000,
  }
}

function protocolOf({ part, log, objectives, truth, seed, trainings }: RankingEvaluation): Record<string, string> {
  return {
    split: 'by time: the first 80 % train, their last 15 % are validation, the last 20 % test',
    judged: part,
    objectives: objectives.join(', '),
    ...(trainings > 1 && {
      trainings: `mean over ${trainings} of each model, seeds ${seed} to ${seed + trainings - 1}`,
    }),
    features: 'from strictly earlier rows only',
    gauc: 'AUC by user, weighted by impressions of users with both outcomes',
    ndcg: `first ${ndcgDepth} of a request with both outcomes; a request is ${log.requestMeaning}`,
    ece: `${eceBins} bins of equal mass; calibration fitted on ${part === 'test' ? 'validation' : 'the users of even number'}`,
    interval: `95 %, paired bootstrap over users, ${bootstrapRounds} rounds`,
    ...(truth && {
      truth: `the simulator's probability of each outcome in the first place; agreement is the share of a person's pairs in its order, the mean weighs people by their rows; ${truthBins} bins of equal mass`,
    }),
  }
}

/** One log with its features and split, on which models are trained and judged. */
class Run {
  readonly #evaluation: RankingEvaluation
  readonly #features: RankingFeatures
  readonly #split: RankingSplit

  constructor(evaluation: RankingEvaluation, features: RankingFeatures, split: RankingSplit) {
    this.#evaluation = evaluation
    this.#features = features
    this.#split = split
  }

  /** One training says little of a model: by its seed alone gAUC differs by as much as between models. */
  async judge(model: RankingModelName, settings: RankingSettings): Promise<Judged> {
    const { seed, trainings } = this.#evaluation
    const judged: Judged[] = []
    for (let place = 0; place < trainings; place++) judged.push(await this.#judgeOne(model, settings, seed + place))
    return meanOf(judged)
  }

  async #judgeOne(model: RankingModelName, settings: RankingSettings, seed: number): Promise<Judged> {
    const { objectives, part } = this.#evaluation
    const fitted = await this.#fit(model, settings, seed)
    const metrics: Record<string, number> = {}
    const aucs = new Map<string, ComparedRows>()
    const truths = new Map<string, ComparedRows>()
    for (const [column, objective] of objectives.entries()) {
      const validation = this.#rowsOf(this.#split.validation, fitted.validation, column)
      const [held, judged] =
        part === 'test'
          ? [validation, this.#rowsOf(this.#split.test, fitted.queries, column)]
          : [0, 1].map(remainder => pick(validation, row => validation.users[row] % 2 === remainder))
      const weights = new Float32Array(held.labels.length).fill(1)
      const calibration = fitCalibration({ logits: held.logits, labels: held.labels, weights })
      const named: OutcomeMetrics = outcomeMetrics(judged.logits, judged, calibration)
      // Only calibration needs a half of its own.
      const whole = part === 'test' ? named : { ...named, ...rankingOnly(validation, named) }
      for (const [name, value] of Object.entries(whole)) metrics[`${objective}.${name}`] = value
      const rows = part === 'test' ? judged : validation
      aucs.set(objective, { values: aucOfUsers(rows.logits, rows.labels, rows.users), users: rows.users })
      if (!rows.truths) continue
      const told = this.#toldByTruth({ ...rows, truths: rows.truths })
      for (const [name, value] of Object.entries(told.metrics)) metrics[`${objective}.${name}`] = value
      for (const [name, values] of Object.entries(told.ofRows)) {
        truths.set(`${objective}.${name}`, { values, users: rows.users })
      }
    }
    const { epochs, parameters } = fitted
    return { report: { name: model, settings: { ...settings }, epochs, parameters }, metrics, aucs, truths }
  }

  #toldByTruth(rows: TruthRows): { metrics: Record<string, number>; ofRows: TruthOfRows } {
    const ofRows = truthOfRows(rows)
    const drawn = { seed: this.#evaluation.seed, rounds: bootstrapRounds }
    const { lower, upper } = intervalOverUsers(ofRows.truthAgreement, rows.users, drawn)
    const interval = { truthAgreementLower: lower, truthAgreementUpper: upper }
    return { metrics: { ...truthMetrics(rows, ofRows), ...interval }, ofRows }
  }

  async compare(model: RankingModelName, own: Judged): Promise<NonNullable<RankingReport['comparison']>> {
    const { compareSet, set } = this.#evaluation
    const { ownDelayHours, warmUp } = rankingSettings(this.#evaluation.model, set)
    const other = await this.judge(model, { ...rankingSettings(model, compareSet), ownDelayHours, warmUp })
    const truthDifferences = other.truths.size > 0 && { truthDifferences: this.#differences(own.truths, other.truths) }
    const differences = this.#differences(own.aucs, other.aucs)
    return { with: other.report, metrics: other.metrics, differences, ...truthDifferences }
  }

  #differences(own: Judged['aucs'], other: Judged['aucs']): Record<string, PairedBootstrap> {
    const { seed } = this.#evaluation
    const differences = [...own].map(([name, { values, users }]) => {
      const perQueryA = other.get(name)!.values
      return [name, pairedBootstrap({ perQueryA, perQueryB: values, clusterIds: users, seed, rounds: bootstrapRounds })]
    })
    return Object.fromEntries(differences)
  }

  #fit(
    model: RankingModelName,
    { weights, positionBias, ownDelayHours, warmUp, ...settings }: RankingSettings,
    seed: number,
  ): Promise<FittedRanking> {
    const { log, objectives, progress, part } = this.#evaluation
    const auxiliary = (log.auxiliary ?? []).filter(signal => !objectives.includes(signal))
    const columns = signalColumns(log, [...objectives, ...auxiliary])
    const { training, validation, test } = this.#split
    const rows = (range: RowRange) => {
      const { places, ...others } = rankerRows(log, this.#features, range, columns)
      return positionBias && places ? { ...others, places: places.map(at => Math.min(at, placesMax - 1)) } : others
    }
    progress.step(`Training ${model}`)
    return fitRanking({
      model,
      objectives,
      auxiliary,
      features: this.#features.names.length,
      training: rows(training),
      validation: rows(validation),
      validationUsers: log.users.subarray(validation.begin, validation.end),
      queries: part === 'test' ? rows(test).features : new Float32Array(),
      seed,
      settings,
      objectiveWeights: weights,
      places: positionBias && log.positions ? placesMax : undefined,
      onEpoch: () => progress.advance(),
    })
  }

  /** The rows of a part whose outcome is known, with one column of the logits. */
  #rowsOf({ begin, end }: RowRange, logits: Float32Array, column: number): PredictedRows {
    const { log, objectives, truth } = this.#evaluation
    const signal = signalColumns(log, objectives)[column]
    const ofSignal = (matrix: Float32Array) =>
      Float32Array.from({ length: end - begin }, (_, row) => matrix[(begin + row) * log.signals.length + signal])
    const all: PredictedRows = {
      logits: Float32Array.from({ length: end - begin }, (_, row) => logits[row * objectives.length + column]),
      labels: ofSignal(log.outcomes),
      truths: truth && ofSignal(truth),
      users: log.users.subarray(begin, end),
      requests: log.requests.subarray(begin, end),
    }
    const known = pick(all, row => !Number.isNaN(all.labels[row]))
    if (known.labels.length > 0) return known
    throw new RankingLogInvalid(`no row that is judged says whether it had the outcome ${objectives[column]}`)
  }
}
