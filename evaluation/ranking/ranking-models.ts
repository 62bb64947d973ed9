/** The models that are compared, all of them on the same features: what is built, and how it is trained. */
import { meanOfDefined } from '../../algorithms/statistics/ranking-metrics.ts'
import { openSession, run, tensor } from '../../models/engine/session.ts'
import { exportRanker } from '../../models/ranker/ranker.ts'
import type { RankerRows } from '../../models/ranker/ranker-data.ts'
import {
  type RankerTrainerSettings,
  rankerTrainerDefaults,
  type TrainedRanker,
  trainRanker,
} from '../../models/ranker/ranker-trainer.ts'
import { aucOfUsers } from './outcome-metrics.ts'

export type RankingModelName = 'mmoe' | 'single-task' | 'logistic' | 'light'
export const rankingModelNames: readonly RankingModelName[] = ['mmoe', 'single-task', 'logistic', 'light']

type Settings = Omit<RankerTrainerSettings, 'objectiveWeights' | 'listwiseWeight'>

/** What all models start from; each names where it differs. */
const { objectiveWeights: _, listwiseWeight: __, ...trainer } = rankerTrainerDefaults
const shared: Settings = { ...trainer, patience: 2, epochs: 10, threads: 1 }

const modelSettings: Readonly<Record<RankingModelName, Partial<Settings>>> = {
  mmoe: {},
  // The usual baseline, one network per objective; with `members` of its own it tells what averaging alone brings.
  'single-task': { members: 1, expertWidth: 64, towerWidth: 32 },
  logistic: { experts: 0 },
  light: { members: 1, experts: 2, expertWidth: 16, towerWidth: 8, dropout: 0.1 },
}

/** A network per objective, or one for all of them. */
const isSeparate = (model: RankingModelName) => model === 'single-task' || model === 'logistic'

export interface RankingModelTask {
  readonly model: RankingModelName
  readonly objectives: readonly string[]
  /** What a network for all objectives learns beside them and is not asked for. */
  readonly auxiliary: readonly string[]
  readonly features: number
  /** Labels by objective and then by auxiliary one, in their order. */
  readonly training: RankerRows
  readonly validation: RankerRows
  /** The user of each validation row. */
  readonly validationUsers: Int32Array
  /** Features of the rows to predict [any, features]. */
  readonly queries: Float32Array
  readonly seed: number
  readonly settings: Partial<Settings>
  /** Loss weight by objective. */
  readonly objectiveWeights: Readonly<Record<string, number>>
  /** Number of places on the screen, when their bias is learned. */
  readonly places?: number
  readonly onEpoch: () => void
}

export interface FittedRanking {
  /** [validation rows, objectives] */
  readonly validation: Float32Array
  /** [queries, objectives] */
  readonly queries: Float32Array
  readonly settings: Settings
  /** The epoch whose weights were kept, one for each network. */
  readonly epochs: readonly number[]
  readonly parameters: number
}

/** Settings of a model by name, without those of a session. */
export function rankingModelSettings(model: RankingModelName): Settings {
  return { ...shared, ...modelSettings[model] }
}

/** Trains with early stopping on the mean gAUC of the objectives in the validation rows. */
export async function fitRanking(task: RankingModelTask): Promise<FittedRanking> {
  const { model, objectives, auxiliary } = task
  const settings = { ...rankingModelSettings(model), ...task.settings }
  const width = objectives.length
  const together = [...objectives, ...auxiliary].map((_, column) => column)
  const parts = isSeparate(model) ? objectives.map((_, column) => [column]) : [together]
  const validation = new Float32Array((task.validation.features.length / task.features) * width)
  const queries = new Float32Array((task.queries.length / task.features) * width)
  const epochs: number[] = []
  let parameters = 0
  for (const columns of parts) {
    const trained = await trainPart(task, settings, columns)
    place(await predict(trained, task.validation.features, settings.threads), columns, validation, width)
    place(await predict(trained, task.queries, settings.threads), columns, queries, width)
    epochs.push(trained.best?.epoch ?? 0)
    parameters += trained.parameters.flat.length
  }
  return { validation, queries, settings, epochs, parameters }
}

function trainPart(task: RankingModelTask, settings: Settings, columns: readonly number[]): Promise<TrainedRanker> {
  const { objectives, auxiliary, features, seed, objectiveWeights, places, validationUsers } = task
  const names = [...objectives, ...auxiliary]
  const validation = selectObjectives(task.validation, columns, names.length)
  const judged = columns.filter(column => column < objectives.length).length
  return trainRanker({
    training: selectObjectives(task.training, columns, names.length),
    validation,
    features,
    objectives: columns.map(column => names[column]),
    groupSize: 1,
    seed,
    places,
    settings: { ...settings, objectiveWeights, listwiseWeight: 0 },
    judge: logits => -meanGroupedAuc(logits, validation, validationUsers, columns.length, judged),
    onProgress: task.onEpoch,
  })
}

/**
 * The gAUC of the first `judged` objectives together: each impression counts once for every objective of which its user has both
 * outcomes, so that a rare objective, whose gAUC is mostly noise, does not choose the epoch of the others. 0 when nobody has
 * both.
 */
function meanGroupedAuc(
  logits: Float32Array,
  rows: RankerRows,
  users: Int32Array,
  width: number,
  judged: number,
): number {
  const values = Array.from({ length: judged }, (_, column) => {
    const known = Uint32Array.from(users.keys()).filter(row => rows.weights[row * width + column] > 0)
    const of = (matrix: Float32Array) => Float32Array.from(known, row => matrix[row * width + column])
    const knownUsers = Int32Array.from(known, row => users[row])
    return [...aucOfUsers(of(logits), of(rows.labels), knownUsers)]
  })
  const mean = meanOfDefined(values.flat())
  return Number.isNaN(mean) ? 0 : mean
}

function selectObjectives(rows: RankerRows, columns: readonly number[], width: number): RankerRows {
  if (columns.length === width) return rows
  const cut = (matrix: Float32Array) => {
    const chosen = new Float32Array((matrix.length / width) * columns.length)
    for (const index of chosen.keys()) {
      chosen[index] = matrix[Math.floor(index / columns.length) * width + columns[index % columns.length]]
    }
    return chosen
  }
  return { ...rows, labels: cut(rows.labels), weights: cut(rows.weights) }
}

/** Puts the columns of a narrower matrix where they belong, and leaves out those that belong nowhere. */
function place(from: Float32Array, columns: readonly number[], into: Float32Array, width: number): void {
  for (const [index, value] of from.entries()) {
    const column = columns[index % columns.length]
    if (column < width) into[Math.floor(index / columns.length) * width + column] = value
  }
}

const rowsPerRun = 4096

/** Logits as serving gives them [rows, objectives of the ranker]. */
async function predict(
  { architecture, standardisation, parameters }: TrainedRanker,
  features: Float32Array,
  threads: number,
): Promise<Float32Array> {
  const session = await openSession(exportRanker(architecture, standardisation, parameters), { threads })
  try {
    const rows = features.length / architecture.features
    const out = new Float32Array(rows * architecture.objectives.length)
    for (let begin = 0; begin < rows; begin += rowsPerRun) {
      const part = features.subarray(begin * architecture.features, (begin + rowsPerRun) * architecture.features)
      const input = tensor(part, [part.length / architecture.features, architecture.features])
      const { logits } = await run(session, { features: input }, ['logits'])
      out.set(logits, begin * architecture.objectives.length)
    }
    return out
  } finally {
    await session.release()
  }
}
