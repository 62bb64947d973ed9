/**
 * Trains the sequence model: batches of histories of like length, Adam with warm-up, an average of the weights, and the
 * epoch chosen on held-out items.
 *
 * Invariants
 * 1. The result is a function of histories, held-out items, settings, seed and first weights, however often training was
 *    interrupted.
 * 2. What is returned are the (averaged) weights of the epoch with the highest validation NDCG@10; without held-out items,
 *    those of the last epoch.
 */
import { access } from 'node:fs/promises'
import { loadCheckpoint, saveCheckpoint } from '../engine/checkpoint.ts'
import { Parameters } from '../engine/parameters.ts'
import { deriveKey } from '../engine/random.ts'
import { type Feeds, tensor } from '../engine/session.ts'
import { Training } from '../engine/training.ts'
import { takeOver } from '../engine/warm-start.ts'
import { WeightAverage } from '../engine/weight-average.ts'
import type { Histories } from '../histories.ts'
import { adamDefaults } from '../optimizers/adam.ts'
import { learningRateSchedule } from '../optimizers/schedule.ts'
import { NegativeSampler } from './negative-sampling.ts'
import { bucketShapes, epochBatches, lossFeeds } from './sequence-batches.ts'
import { type BatchShape, sequenceLoss } from './sequence-loss.ts'
import { itemTable, type SequenceArchitecture } from './sequence-model.ts'
import { type SequenceTrainerSettings, sequenceArchitecture, sequenceDefaults } from './sequence-settings.ts'
import { type SequenceMetrics, SequenceValidation } from './sequence-validation.ts'

export interface SequenceStep {
  readonly epoch: number
  /** Batch of this epoch, 1 for the first, and how many it has. */
  readonly batch: number
  readonly batches: number
  readonly loss: number
}

export interface SequenceEpoch {
  readonly epoch: number
  /** Mean loss of the epoch's batches, with dropout. */
  readonly trainingLoss: number
  /** Absent without held-out items. */
  readonly validation?: SequenceMetrics
}

export interface SequenceTrainingTask {
  readonly histories: Histories
  /** Of each user, the items that came next; the first one is ranked. Never the test items. */
  readonly validation?: Histories
  readonly settings?: Partial<SequenceTrainerSettings>
  readonly seed: number
  readonly threads: number
  /** What an earlier training of the same model ended with, on the same items or the first of them; drawn if not given. */
  readonly initial?: Parameters
  /** Called after each step. */
  readonly onStep?: (step: SequenceStep) => void
  /** Called after each epoch. */
  readonly onEpoch?: (epoch: SequenceEpoch) => void
  /** Asked before each step; true ends the training with the best weights so far. */
  readonly isCancelled?: () => boolean
  /** Written after each epoch; training goes on from it where it exists. */
  readonly checkpointPath?: string
}

export interface TrainedSequence {
  readonly architecture: SequenceArchitecture
  readonly parameters: Parameters
  /** Epochs of this run; those before a checkpoint are not listed again. */
  readonly history: readonly SequenceEpoch[]
  /** The chosen epoch, 0 when training was cancelled before the first one ended. */
  readonly bestEpoch: number
  readonly stopped: 'epochs' | 'patience' | 'cancelled'
}

/** Vectors of all items [items, width], in the inner-product space of the encoder's queries; the live weights. */
export function sequenceItemVectors({ parameters }: TrainedSequence): Float32Array {
  return parameters.view(itemTable)
}

/** @throws TrainingDiverged, CheckpointCorrupt, RangeError when no history has two items or the first weights do not fit */
export async function trainSequence(task: SequenceTrainingTask): Promise<TrainedSequence> {
  const settings = { ...sequenceDefaults, ...task.settings }
  const { histories, seed, threads } = task
  const architecture = sequenceArchitecture(histories.items, settings)
  const shapes = bucketShapes(architecture.maxLength, settings.bucketStep, settings.batchTokens)
  const stepsPerEpoch = epochBatches(histories, shapes, settings.windows, seed).length
  if (stepsPerEpoch === 0) throw new RangeError('No history has two items, so there is nothing to learn from.')
  const schedule = learningRateSchedule(settings, settings.epochs * stepsPerEpoch)
  const { weightDecay, beta2, clipNorm } = settings
  const training = await Training.openVariants(
    shapes.map(shape => graph => sequenceLoss(graph, architecture, shape, settings)),
    { seed, threads, clipNorm, schedule, adam: { ...adamDefaults, beta2, weightDecay } },
  )
  if (task.initial !== undefined) takeOver(training.parameters, task.initial, [itemTable])
  const validation =
    task.validation && (await SequenceValidation.open(architecture, histories, task.validation, threads))
  try {
    const run = new SequenceRun(task, settings, training, shapes, validation)
    await run.resume()
    return { architecture, ...(await run.epochs()) }
  } finally {
    await training.close()
    await validation?.close()
  }
}

class SequenceRun {
  readonly #task: SequenceTrainingTask
  readonly #settings: SequenceTrainerSettings
  readonly #training: Training
  readonly #shapes: readonly BatchShape[]
  readonly #validation: SequenceValidation | undefined
  readonly #average: WeightAverage
  readonly #best: Parameters
  readonly #sampler: NegativeSampler | undefined
  readonly #history: SequenceEpoch[] = []
  #epoch = 0
  #bestEpoch = 0
  #bestNdcg = Number.NEGATIVE_INFINITY

  constructor(
    task: SequenceTrainingTask,
    settings: SequenceTrainerSettings,
    training: Training,
    shapes: readonly BatchShape[],
    validation: SequenceValidation | undefined,
  ) {
    this.#task = task
    this.#settings = settings
    this.#training = training
    this.#shapes = shapes
    this.#validation = validation
    this.#average = new WeightAverage(training.parameters, settings.averageDecay)
    this.#best = new Parameters(training.parameters.specs)
    this.#best.copyFrom(training.parameters)
    if (settings.negatives > 0) this.#sampler = new NegativeSampler(task.histories)
  }

  /** Takes up what an interrupted run left, if it left anything. */
  async resume(): Promise<void> {
    const { checkpointPath } = this.#task
    if (!checkpointPath || !(await exists(checkpointPath))) return
    const { arrays, ...rest } = await loadCheckpoint(checkpointPath)
    this.#training.restore({ ...rest, arrays })
    for (const [name, live] of Object.entries(this.#ownArrays())) live.set(arrays[name])
    const [epoch, bestEpoch] = arrays.epochs
    this.#epoch = epoch
    this.#bestEpoch = bestEpoch
    this.#bestNdcg = new Float64Array(arrays.bestNdcg.buffer)[0]
  }

  async epochs(): Promise<Omit<TrainedSequence, 'architecture'>> {
    const { epochs, patience } = this.#settings
    while (this.#epoch < epochs && this.#epoch - this.#bestEpoch < patience) {
      const trainingLoss = await this.#trainEpoch(this.#epoch + 1)
      if (trainingLoss === undefined) return this.#outcome('cancelled')
      this.#epoch++
      this.#average.copyTables()
      const validation = await this.#validation?.evaluate(this.#average.parameters)
      const ndcg = validation?.ndcg10 ?? this.#epoch
      if (ndcg > this.#bestNdcg) {
        this.#bestNdcg = ndcg
        this.#bestEpoch = this.#epoch
        this.#best.copyFrom(this.#average.parameters)
      }
      const current = { epoch: this.#epoch, trainingLoss, validation }
      this.#history.push(current)
      await this.#save()
      this.#task.onEpoch?.(current)
    }
    return this.#outcome(this.#epoch < epochs ? 'patience' : 'epochs')
  }

  /** The mean loss, or undefined when it was cancelled. */
  async #trainEpoch(epoch: number): Promise<number | undefined> {
    const { histories, seed, isCancelled, onStep } = this.#task
    const batches = epochBatches(histories, this.#shapes, this.#settings.windows, deriveKey(seed, 'epoch', epoch))
    let total = 0
    for (const [index, batch] of batches.entries()) {
      if (isCancelled?.()) return undefined
      const feeds = {
        ...lossFeeds(histories, batch, this.#shapes[batch.shape]),
        ...this.#negatives(deriveKey(seed, 'negatives', epoch, index)),
      }
      const loss = await this.#training.advance(feeds, batch.shape)
      this.#average.update(this.#training.step)
      total += loss
      onStep?.({ epoch, batch: index + 1, batches: batches.length, loss })
    }
    return total / batches.length
  }

  #negatives(key: number): Feeds {
    const { negatives } = this.#settings
    if (!this.#sampler) return {}
    const { items, bias } = this.#sampler.draw(negatives, key)
    return { drawn: tensor(items, [negatives]), bias: tensor(bias, [negatives]) }
  }

  #outcome(stopped: TrainedSequence['stopped']): Omit<TrainedSequence, 'architecture'> {
    return { parameters: this.#best, history: this.#history, bestEpoch: this.#bestEpoch, stopped }
  }

  async #save(): Promise<void> {
    const { checkpointPath } = this.#task
    if (!checkpointPath) return
    const { arrays, ...rest } = this.#training.checkpoint()
    const own = {
      ...this.#ownArrays(),
      epochs: Float32Array.of(this.#epoch, this.#bestEpoch),
      // A double in the room of two floats: comparing with a rounded one could choose another epoch.
      bestNdcg: new Float32Array(Float64Array.of(this.#bestNdcg).buffer),
    }
    await saveCheckpoint(checkpointPath, { ...rest, arrays: { ...arrays, ...own } })
  }

  #ownArrays(): Record<string, Float32Array> {
    const tables = this.#best.specs.filter(({ storage }) => storage === 'rows')
    return {
      average: this.#average.parameters.flat,
      best: this.#best.flat,
      ...Object.fromEntries(tables.map(({ name }) => [`best/${name}`, this.#best.view(name)])),
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
