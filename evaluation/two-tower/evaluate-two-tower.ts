/**
 * `evaluate two-tower`: retrieval by the two towers beside popularity, item-to-item lists and EASE on one history, split by
 * time. Everything is fitted on the oldest four fifths of the interactions and asked about the newest fifth; histories grow
 * with what happened before each query. Settings were chosen on a slice before the split, see docs/decisions.
 */
import { splitSeed } from '../../algorithms/statistics/random.ts'
import type { TwoTowerSettings } from '../../models/two-tower/two-tower-settings.ts'
import { type NegativeStrategy, negativeStrategies } from '../../models/two-tower/two-tower-settings.ts'
import { trainTwoTower } from '../../models/two-tower/two-tower-trainer.ts'
import { type Progress, silentProgress } from '../../telemetry/progress.ts'
import { ease } from '../protocols/models/ease.ts'
import { Stopwatch } from '../stopwatch.ts'
import { itemToItemArm, type OfflineArm, popularityArm, recommenderArm, twoTowerArm } from './arms.ts'
import {
  type Difference,
  differenceAt,
  meanRecall,
  type RecallByDepth,
  recallDepths,
  recallOf,
} from './compare-arms.ts'
import { historiesUntil, type InteractionData } from './interaction-data.ts'
import { type OfflineQuery, planOfflineQueries } from './offline-queries.ts'
import { itemRows, profileRows } from './tower-inputs.ts'

export interface TwoTowerEvaluationOptions {
  readonly data: InteractionData
  /** Also trains with every negative strategy, with and without log-Q. */
  readonly ablation: boolean
  readonly seed: number
  readonly threads: number
  readonly settings?: Partial<TwoTowerSettings>
  readonly progress?: Progress
}

/** Kinds of query by the pause that ends what is relevant. */
const sessionGapMs = { group: 0, session: 30 * 60_000 } as const
export type OfflineQueryKind = keyof typeof sessionGapMs
export const offlineQueryKinds = Object.keys(sessionGapMs) as readonly OfflineQueryKind[]

export interface KindReport {
  readonly queries: number
  readonly users: number
  /** Mean recall by arm, then by `recall@k`. */
  readonly arms: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** Two-tower minus the arm of that name, by `recall@k`. */
  readonly differences: Readonly<Record<string, Readonly<Record<string, Difference>>>>
  /** The same means over queries by people of whom nothing was known yet. */
  readonly firstVisits: { readonly queries: number; readonly arms: KindReport['arms'] }
}

export interface AblationRow {
  readonly strategy: NegativeStrategy
  readonly logQ: boolean
  readonly metrics: Readonly<Record<OfflineQueryKind, Readonly<Record<string, number>>>>
}

export interface TwoTowerReport {
  readonly protocol: string
  readonly data: {
    readonly users: number
    readonly items: number
    readonly interactions: number
    readonly fitted: number
  }
  readonly model: 'two-tower'
  readonly seed: number
  readonly metrics: Readonly<Record<OfflineQueryKind, KindReport>>
  readonly ablation?: readonly AblationRow[]
  readonly seconds: Readonly<Record<string, number>>
}

const trainShare = 0.8
const queriesPerUserMax = 5
const twoTowerName = 'two-tower'

type Queries = Readonly<Record<OfflineQueryKind, readonly OfflineQuery[]>>

/** @throws RangeError when there is too little history for a query */
export async function evaluateTwoTower(options: TwoTowerEvaluationOptions): Promise<TwoTowerReport> {
  const { data, seed, progress = silentProgress } = options
  const clock = new Stopwatch()
  const count = data.user.length
  const fitted = Math.floor(count * trainShare)
  const queries = planQueries(data, fitted, count, seed)
  const train = await towerTrainer(options, fitted)
  clock.lap('prepare')
  progress.step('Fitting and asking the arms')
  const arms = [
    () => popularityArm(data),
    () => itemToItemArm(data, fitted),
    () => easeArm(options, fitted),
    () => train(twoTowerName, options.settings ?? {}),
  ]
  const recall: Record<string, Readonly<Record<OfflineQueryKind, RecallByDepth>>> = {}
  for (const open of arms) {
    const arm = await open()
    recall[arm.name] = await ask(arm, data, queries)
    clock.lap(arm.name)
    progress.advance()
  }
  const ablation = options.ablation ? await ablate(train, options, queries) : undefined
  if (ablation) clock.lap('ablation')
  progress.done()
  return {
    protocol:
      `oldest ${trainShare} of the interactions by time for fitting; queries in the rest, before each group of events of one ` +
      'second (group) or the first event after a pause of 30 minutes (session), relevant is what was liked until the next; ' +
      `at most ${queriesPerUserMax} queries per person; all items ranked, what was met before the query excluded; recall ` +
      'over all relevant items; 95 % intervals by bootstrap over people',
    data: { users: data.users.length, items: data.items.length, interactions: count, fitted },
    model: 'two-tower',
    seed,
    metrics: byKind(kind => kindReport(kind, queries[kind], recall, seed)),
    ablation,
    seconds: clock.seconds,
  }
}

function planQueries(data: InteractionData, begin: number, end: number, seed: number): Queries {
  return byKind(kind => {
    const queries = planOfflineQueries(data, begin, end, {
      seed: splitSeed(seed, kind),
      sessionGapMs: sessionGapMs[kind],
      queriesPerUserMax,
    })
    if (queries.length > 0) return queries
    throw new RangeError(`there is no query in the newest ${end - begin} of ${end} interactions`)
  })
}

type TrainArm = (name: string, settings: Partial<TwoTowerSettings>) => Promise<OfflineArm>

async function towerTrainer({ data, seed, threads }: TwoTowerEvaluationOptions, fitted: number): Promise<TrainArm> {
  const histories = historiesUntil(data, fitted)
  const itemFeatures = itemRows(data, seed)
  const userFeatures = profileRows(data)
  const task = { histories, weights: histories.weightOf, itemFeatures, userFeatures, seed, threads }
  return async (name, settings) => twoTowerArm(name, await trainTwoTower({ ...task, settings }), userFeatures)
}

async function easeArm({ data, seed, threads }: TwoTowerEvaluationOptions, fitted: number): Promise<OfflineArm> {
  const training = historiesUntil(data, fitted)
  const task = { training, seed, threads, progress: silentProgress, settings: ease.settings }
  return recommenderArm('ease', await ease.fit(task))
}

async function ask(arm: OfflineArm, data: InteractionData, queries: Queries) {
  const [group, session] = [await recallOf(arm, data, queries.group), await recallOf(arm, data, queries.session)]
  await arm.close()
  return { group, session }
}

async function ablate(train: TrainArm, { data, settings = {} }: TwoTowerEvaluationOptions, queries: Queries) {
  const rows: AblationRow[] = []
  for (const strategy of negativeStrategies) {
    // Uniform negatives are all equally frequent: the correction moves every logit alike.
    for (const logQ of strategy === 'random' ? [true] : [true, false]) {
      const arm = await train(`${strategy}`, { ...settings, strategy, logQ })
      const recall = await ask(arm, data, queries)
      rows.push({ strategy, logQ, metrics: byKind(kind => meanRecall(recall[kind])) })
    }
  }
  return rows
}

function kindReport(
  kind: OfflineQueryKind,
  queries: readonly OfflineQuery[],
  recall: Readonly<Record<string, Readonly<Record<OfflineQueryKind, RecallByDepth>>>>,
  seed: number,
): KindReport {
  const names = Object.keys(recall)
  const isFirst = (_: number, query: number) => queries[query].known === 0
  const means = (name: string) => meanRecall(recall[name][kind])
  const firstMeans = (name: string) =>
    meanRecall(Object.fromEntries(recallDepths.map(depth => [depth, recall[name][kind][depth].filter(isFirst)])))
  const difference = (name: string, depth: number) =>
    differenceAt(depth, recall[name][kind], recall[twoTowerName][kind], queries, seed)
  return {
    queries: queries.length,
    users: new Set(queries.map(({ user }) => user)).size,
    arms: Object.fromEntries(names.map(name => [name, means(name)])),
    firstVisits: {
      queries: queries.filter(({ known }) => known === 0).length,
      arms: Object.fromEntries(names.map(name => [name, firstMeans(name)])),
    },
    differences: Object.fromEntries(
      names
        .filter(name => name !== twoTowerName)
        .map(name => [
          name,
          Object.fromEntries(recallDepths.map(depth => [`recall@${depth}`, difference(name, depth)])),
        ]),
    ),
  }
}

function byKind<T>(make: (kind: OfflineQueryKind) => T): Record<OfflineQueryKind, T> {
  return { group: make('group'), session: make('session') }
}
