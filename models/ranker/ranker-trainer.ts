/**
 * Trains the ranker: mini-batches of whole groups, Adam with warm-up, early stopping on the validation loss.
 *
 * Invariants
 * 1. The result depends on rows, settings and seed only.
 * 2. What is returned are the weights of the epoch with the lowest validation loss, or of the one that `judge` likes best.
 * 3. An objective that the training rows cannot teach weighs 0 and is reported as untrained.
 */

import { Parameters } from '../engine/parameters.ts'
import { deriveKey } from '../engine/random.ts'
import { Training } from '../engine/training.ts'
import { adamDefaults } from '../optimizers/adam.ts'
import { learningRateSchedule, type ScheduleSettings } from '../optimizers/schedule.ts'
import { GroupBatch } from './group-batch.ts'
import {
  logitBias,
  memberLogits,
  type RankerArchitecture,
  type RankerLoss,
  rankerDefaults,
  rankerLoss,
  rankerLossSums,
} from './ranker.ts'
import {
  checkPlaces,
  checkRows,
  hasWeight,
  type ObjectiveStatus,
  type RankerRows,
  summariseObjectives,
} from './ranker-data.ts'
import { RankerEvaluation, type RankerMetrics } from './ranker-evaluation.ts'
import { type Standardisation, standardise } from './standardisation.ts'

export interface RankerTrainerSettings extends ScheduleSettings {
  /** Mixtures whose logits are averaged. */
  readonly members: number
  readonly experts: number
  readonly expertWidth: number
  readonly towerWidth: number
  readonly dropout: number
  /** Rows per step, rounded down to whole groups. */
  readonly batchRows: number
  readonly epochs: number
  /** Epochs without a better validation loss after which training stops. */
  readonly patience: number
  readonly weightDecay: number
  readonly clipNorm: number
  /** Loss weight by objective; 1 where not given. */
  readonly objectiveWeights: Readonly<Record<string, number>>
  /** Weight of the listwise softmax loss on clicks within a group. */
  readonly listwiseWeight: number
  readonly threads: number
}

export const rankerTrainerDefaults: RankerTrainerSettings = {
  ...rankerDefaults,
  batchRows: 2048,
  epochs: 20,
  patience: 3,
  learningRate: 1e-3,
  warmupSteps: 100,
  decay: 'cosine',
  weightDecay: 0.1,
  clipNorm: 1,
  objectiveWeights: {},
  listwiseWeight: 0.5,
  threads: 2,
}

export interface RankerEpoch {
  readonly epoch: number
  /** Steps taken so far. */
  readonly step: number
  /** Mean loss of the epoch's batches, with dropout. */
  readonly trainingLoss: number
  readonly validation: RankerMetrics
  /** What epochs are compared by, lower is better. */
  readonly judged: number
}

export interface RankerTrainingTask {
  readonly training: RankerRows
  readonly validation: RankerRows
  /** Number of feature columns. */
  readonly features: number
  readonly objectives: readonly string[]
  /** Rows per group, the same for all groups; shorter groups are padded with rows of weight 0. */
  readonly groupSize: number
  readonly seed: number
  /** Places that the rows tell apart, when position bias is to be learned; `training.places` then says them. */
  readonly places?: number
  /** Judges an epoch by its validation logits [n, K], lower is better; the validation loss where not given. */
  readonly judge?: (logits: Float32Array) => number
  readonly settings?: Partial<RankerTrainerSettings>
  /** Called after each epoch. */
  readonly onProgress?: (epoch: RankerEpoch) => void
  /** Asked before each step; true ends the training with the best weights so far. */
  readonly isCancelled?: () => boolean
}

export interface TrainedRanker {
  readonly architecture: RankerArchitecture
  readonly standardisation: Standardisation
  /** The weights of the best epoch. */
  readonly parameters: Parameters
  readonly objectives: Readonly<Record<string, ObjectiveStatus>>
  readonly history: readonly RankerEpoch[]
  /** The best epoch; absent when training was cancelled before the first one ended. */
  readonly best?: RankerEpoch
  readonly stopped: 'epochs' | 'patience' | 'cancelled'
}

/** @throws RankerDataInvalid, FeatureNotFinite, TrainingDiverged */
export async function trainRanker(task: RankerTrainingTask): Promise<TrainedRanker> {
  const settings = { ...rankerTrainerDefaults, ...task.settings }
  const { members, experts, expertWidth, towerWidth, dropout, threads } = settings
  const { features, objectives, groupSize } = task
  const shape = { features, objectives: objectives.length, groupSize }
  const groups = checkRows('training', task.training, shape) / groupSize
  checkRows('validation', task.validation, shape)
  checkPlaces(task.training, groups * groupSize, task.places)

  const architecture = { features, objectives, members, experts, expertWidth, towerWidth, dropout, places: task.places }
  const standardisation = standardise(task.training.features, features, row =>
    hasWeight(task.training, row, objectives.length),
  )
  const summaries = summariseObjectives(task.training, objectives.length)
  const status = Object.fromEntries(objectives.map((name, index) => [name, summaries[index].status]))
  const loss = {
    objectiveWeights: objectives.map(name => (status[name].trained ? (settings.objectiveWeights[name] ?? 1) : 0)),
    listwiseWeight: status.click?.trained ? settings.listwiseWeight : 0,
    groupSize,
  }
  const batch = new GroupBatch(
    task.training,
    shape,
    Math.min(groups, Math.max(1, Math.floor(settings.batchRows / groupSize))),
  )
  const stepsPerEpoch = Math.floor(groups / batch.groups)
  const training = await openTraining(
    architecture,
    standardisation,
    loss,
    batch.rows,
    task.seed,
    settings,
    stepsPerEpoch,
  )
  // A rare objective would otherwise spend its first thousand steps on learning that it is rare (Lin et al., ICCV 2017).
  training.parameters.view(logitBias).set(summaries.map(summary => summary.logOdds))
  const evaluation = await RankerEvaluation.open(architecture, standardisation, loss, threads)
  try {
    const outcome = await runEpochs(task, settings, training, evaluation, batch, stepsPerEpoch)
    return { architecture, standardisation, objectives: status, ...outcome }
  } finally {
    await training.close()
    await evaluation.close()
  }
}

function openTraining(
  architecture: RankerArchitecture,
  standardisation: Standardisation,
  loss: RankerLoss,
  rows: number,
  seed: number,
  settings: RankerTrainerSettings,
  stepsPerEpoch: number,
): Promise<Training> {
  const { weightDecay, clipNorm, threads } = settings
  const schedule = learningRateSchedule(settings, settings.epochs * stepsPerEpoch)
  return Training.open(
    graph => {
      const members = memberLogits(graph, architecture, standardisation, { batch: rows, train: true })
      return rankerLoss(graph, rankerLossSums(members, architecture, loss, rows), loss)
    },
    { seed, threads, clipNorm, schedule, adam: { ...adamDefaults, weightDecay } },
  )
}

async function runEpochs(
  task: RankerTrainingTask,
  settings: RankerTrainerSettings,
  training: Training,
  evaluation: RankerEvaluation,
  batch: GroupBatch,
  stepsPerEpoch: number,
): Promise<Pick<TrainedRanker, 'parameters' | 'history' | 'best' | 'stopped'>> {
  const parameters = new Parameters(training.parameters.specs)
  parameters.copyFrom(training.parameters)
  const history: RankerEpoch[] = []
  let best: RankerEpoch | undefined
  for (let epoch = 1; epoch <= settings.epochs; epoch++) {
    batch.shuffle(deriveKey(task.seed, 'shuffle', epoch))
    let total = 0
    for (let step = 0; step < stepsPerEpoch; step++) {
      if (task.isCancelled?.()) return { parameters, history, best, stopped: 'cancelled' }
      total += await training.advance(batch.fill(step))
    }
    const validation = await evaluation.evaluate(training.parameters, task.validation)
    const judged = task.judge?.(validation.logits) ?? validation.loss
    const current = { epoch, judged, step: training.step, trainingLoss: total / stepsPerEpoch, validation }
    history.push(current)
    task.onProgress?.(current)
    if (!best || judged < best.judged) {
      best = current
      parameters.copyFrom(training.parameters)
    } else if (epoch - best.epoch >= settings.patience) {
      return { parameters, history, best, stopped: 'patience' }
    }
  }
  return { parameters, history, best, stopped: 'epochs' }
}
