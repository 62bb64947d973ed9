/**
 * Trains both towers: mini-batches of (history, target) pairs, a softmax over candidates, Adam with row-lazy moments for the
 * table of ids, early stopping on the recall of held-out items.
 *
 * Invariants
 * 1. The result depends on the task only: data, settings and seed.
 * 2. An item that is no target in training keeps an id vector of zeros, so it has the vector its features give it.
 * 3. The item vectors that are returned are those of the returned weights.
 */
import { Parameters } from '../engine/parameters.ts'
import { deriveKey } from '../engine/random.ts'
import { Training } from '../engine/training.ts'
import { takeOver } from '../engine/warm-start.ts'
import type { Histories } from '../histories.ts'
import { adamDefaults } from '../optimizers/adam.ts'
import { learningRateSchedule } from '../optimizers/schedule.ts'
import { CandidateColumns, columnCounts } from './candidates.ts'
import { ColumnFeeds } from './column-feeds.ts'
import { ItemVectorTable } from './item-vector-table.ts'
import { metItems } from './met-items.ts'
import { nearestNeighbours } from './neighbours.ts'
import { idTable, type TwoTowerArchitecture } from './towers.ts'
import { type ExampleSource, TrainingExamples } from './training-examples.ts'
import { twoTowerLoss } from './two-tower-loss.ts'
import { type TwoTowerSettings, twoTowerDefaults } from './two-tower-settings.ts'
import { validationRecall } from './validation-recall.ts'

export interface TwoTowerTask extends ExampleSource {
  /** [items × width] by `writeItemFeatures`; without them items are known by their ids alone. */
  readonly itemFeatures?: { readonly width: number; readonly rows: Float32Array }
  /** Held-out items of each person, met after the training ones: what the epoch is chosen by. */
  readonly validation?: Histories
  readonly settings?: Partial<TwoTowerSettings>
  readonly seed: number
  /** What a training on fewer items ended with, in the order that they have here; drawn if not given. */
  readonly initial?: Parameters
  readonly threads: number
  /** Called after each epoch. */
  readonly onProgress?: (epoch: TwoTowerEpoch) => void
  /** Asked before each step; true ends the training with the best weights so far. */
  readonly isCancelled?: () => boolean
}

export interface TwoTowerEpoch {
  readonly epoch: number
  readonly step: number
  readonly trainingLoss: number
  /** Mean Recall@100 of the held-out items; absent without any. */
  readonly recall?: number
}

export interface TrainedTwoTower {
  readonly architecture: TwoTowerArchitecture
  readonly parameters: Parameters
  /** [items × dimension], unit rows. */
  readonly itemVectors: Float32Array
  readonly history: readonly TwoTowerEpoch[]
  /** The epoch of the returned weights; absent when training was cancelled before the first one ended. */
  readonly best?: TwoTowerEpoch
  readonly stopped: 'epochs' | 'patience' | 'cancelled'
}

/** @throws RangeError when there is nothing to learn from, nothing to know items by, or `initial` is of other towers, TrainingDiverged */
export async function trainTwoTower(task: TwoTowerTask): Promise<TrainedTwoTower> {
  const settings = { ...twoTowerDefaults, ...task.settings }
  const architecture: TwoTowerArchitecture = {
    dimension: settings.dimension,
    decays: settings.decays,
    historyLength: settings.historyLength,
    itemFeatures: task.itemFeatures?.width ?? 0,
    itemHidden: settings.itemHidden,
    userHidden: settings.userHidden,
  }
  const features = task.itemFeatures?.rows ?? new Float32Array(0)
  const run = await TwoTowerRun.open(task, settings, architecture, features)
  try {
    return await run.train()
  } finally {
    await run.close()
  }
}

interface RunParts {
  readonly task: TwoTowerTask
  readonly settings: TwoTowerSettings
  readonly architecture: TwoTowerArchitecture
  readonly examples: TrainingExamples
  readonly candidates: CandidateColumns
  readonly columns: ColumnFeeds
  readonly training: Training
  readonly table: ItemVectorTable
  readonly stepsPerEpoch: number
}

class TwoTowerRun {
  readonly #parts: RunParts

  static async open(
    task: TwoTowerTask,
    settings: TwoTowerSettings,
    architecture: TwoTowerArchitecture,
    features: Float32Array,
  ): Promise<TwoTowerRun> {
    const targets = targetCount(task)
    if (targets === 0) throw new RangeError('the histories hold no interaction that could be a target')
    if (!settings.useIds && architecture.itemFeatures === 0) throw new RangeError('items have neither features nor ids')
    const batch = Math.min(settings.batchSize, targets)
    const examples = new TrainingExamples(task, architecture, batch)
    const stepsPerEpoch = Math.max(1, Math.floor(Math.min(examples.count, settings.examplesPerEpoch) / batch))
    const counts = columnCounts(settings, batch)
    const candidates = new CandidateColumns(settings.strategy, counts, settings.logQ, examples.targetCounts)
    const { temperature, dropout, useIds, weightDecay, clipNorm } = settings
    const shape = { items: task.histories.items, batch, columns: candidates.items.length, temperature, dropout, useIds }
    const training = await Training.open(graph => twoTowerLoss(graph, architecture, shape), {
      seed: task.seed,
      threads: task.threads,
      clipNorm,
      schedule: learningRateSchedule(settings, settings.epochs * stepsPerEpoch),
      adam: { ...adamDefaults, weightDecay },
    })
    if (useIds) forgetUntrained(training.parameters.view(idTable), examples.targetCounts, architecture.dimension)
    if (task.initial !== undefined) takeOver(training.parameters, task.initial, [idTable])
    const catalogue = { items: task.histories.items, features }
    const table = await ItemVectorTable.open(catalogue, architecture, task.threads)
    const met = settings.maskHistory ? metItems(task.histories) : undefined
    const { itemFeatures } = architecture
    const { vectors } = table
    const columns = new ColumnFeeds({ catalogue, itemFeatures, examples, candidates, met, vectors, settings })
    return new TwoTowerRun({
      task,
      settings,
      architecture,
      examples,
      candidates,
      columns,
      training,
      table,
      stepsPerEpoch,
    })
  }

  private constructor(parts: RunParts) {
    this.#parts = parts
  }

  async train(): Promise<TrainedTwoTower> {
    const { task, settings, architecture, training, table } = this.#parts
    const { epochs, patience } = settings
    const best = new Parameters(training.parameters.specs)
    best.copyFrom(training.parameters)
    const history: TwoTowerEpoch[] = []
    let bestEpoch: TwoTowerEpoch | undefined
    let stopped: TrainedTwoTower['stopped'] = 'epochs'
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const trainingLoss = await this.#runEpoch(epoch)
      if (trainingLoss === undefined) {
        stopped = 'cancelled'
        break
      }
      const current = { epoch, step: training.step, trainingLoss, recall: await this.#validate() }
      history.push(current)
      task.onProgress?.(current)
      if (!(bestEpoch?.recall !== undefined && current.recall! <= bestEpoch.recall)) {
        bestEpoch = current
        best.copyFrom(training.parameters)
      } else if (epoch - bestEpoch.epoch >= patience) {
        stopped = 'patience'
        break
      }
    }
    await table.renew(best)
    const itemVectors = table.vectors
    return { architecture, parameters: best, itemVectors, history, best: bestEpoch, stopped }
  }

  async close(): Promise<void> {
    await this.#parts.training.close()
    await this.#parts.table.close()
  }

  /** The mean loss of the epoch; undefined when it was cancelled. */
  async #runEpoch(epoch: number): Promise<number | undefined> {
    const { task, settings, examples, columns, training, table, stepsPerEpoch } = this.#parts
    examples.shuffle(deriveKey(task.seed, 'order', epoch))
    let total = 0
    for (let step = 0; step < stepsPerEpoch; step++) {
      if (task.isCancelled?.()) return undefined
      if (step % settings.refreshSteps === 0) await table.renew(training.parameters)
      if (step === 0) await this.#mine()
      const key = deriveKey(task.seed, 'batch', epoch, step)
      const pairs = examples.fill(step, settings.targetWindow, key, settings.coldShare)
      total += await training.advance({ ...pairs, ...columns.draw(key) })
    }
    return total / stepsPerEpoch
  }

  async #mine(): Promise<void> {
    const { task, settings, candidates, table } = this.#parts
    if (candidates.counts.hard === 0) return
    const { hardSkip, hardTake, dimension } = settings
    // Rank 0 is the item itself.
    const range = { skip: 1 + hardSkip, take: hardTake, threads: task.threads }
    const items = await nearestNeighbours(table.vectors, dimension, range)
    candidates.useNeighbours({ take: hardTake, items })
  }

  async #validate(): Promise<number | undefined> {
    const { task, architecture, training, table } = this.#parts
    if (!task.validation) return undefined
    const { parameters } = training
    await table.renew(parameters)
    const model = { architecture, parameters, itemVectors: table.vectors }
    return validationRecall(model, task, task.validation, deriveKey(task.seed, 'validation'))
  }
}

function targetCount({ histories, weights }: TwoTowerTask): number {
  if (!weights) return histories.itemOf.length
  return weights.reduce((count, weight) => count + Number(weight > 0), 0)
}

/** Rows of items that are no target anywhere. */
function forgetUntrained(ids: Float32Array, targetCounts: Uint32Array, dimension: number): void {
  for (const [item, count] of targetCounts.entries()) {
    if (count === 0) ids.fill(0, item * dimension, (item + 1) * dimension)
  }
}
