import { deriveKey, normalAt } from '../../models/engine/random.ts'
import { Training } from '../../models/engine/training.ts'
import type { Histories } from '../../models/histories.ts'
import { adamDefaults } from '../../models/optimizers/adam.ts'
import { learningRateSchedule } from '../../models/optimizers/schedule.ts'
import { CandidateColumns, columnCounts } from '../../models/two-tower/candidates.ts'
import { ColumnFeeds } from '../../models/two-tower/column-feeds.ts'
import { ItemVectorTable } from '../../models/two-tower/item-vector-table.ts'
import { metItems } from '../../models/two-tower/met-items.ts'
import { TrainingExamples } from '../../models/two-tower/training-examples.ts'
import { twoTowerLoss } from '../../models/two-tower/two-tower-loss.ts'
import type { TwoTowerSettings } from '../../models/two-tower/two-tower-settings.ts'
import type { StepKind, StepRunner } from './steps.ts'

export interface TwoTowerWork {
  readonly histories: Histories
  readonly settings: TwoTowerSettings
  /** Columns of content, categories and creators per item; 0 where items are known by their ids alone. */
  readonly itemFeatures: number
  readonly threads: number
}

/** A step of both towers with a table of ids: draws, feeds, forward, backward, row-lazy Adam. */
export function twoTowerStep(id: string, work: TwoTowerWork, referenceMs: number | null): StepKind {
  const { histories, settings, itemFeatures } = work
  const { batchSize, negatives, strategy } = settings
  const columns = strategy === 'in-batch' ? 'in-batch negatives' : `+ ${negatives} ${strategy} negatives`
  const known = itemFeatures === 0 ? 'ids alone' : `ids and ${itemFeatures} features`
  return {
    id,
    name: 'two-tower',
    work: `batch ${batchSize}, ${histories.items} items, ${columns}, ${known}`,
    referenceMs,
    open: () => openStep(work),
  }
}

/** Computes the vectors of all items anew, which training does once in `refreshSteps` steps. */
export function renewal(work: TwoTowerWork): StepKind {
  const { histories, settings, itemFeatures } = work
  return {
    id: 'two-tower-renewal',
    name: 'two-tower',
    work: `vectors of ${histories.items} items with ${itemFeatures} features, once in ${settings.refreshSteps} steps`,
    referenceMs: null,
    async open() {
      const { training, table, close } = await openTowers(work, columnCounts(settings, settings.batchSize).positives)
      return { step: () => table.renew(training.parameters), close }
    },
  }
}

/** As its trainer takes it, see `models/two-tower/two-tower-trainer.ts`. */
async function openStep(work: TwoTowerWork): Promise<StepRunner> {
  const { histories, settings, itemFeatures } = work
  const examples = new TrainingExamples({ histories }, settings, settings.batchSize)
  const counts = columnCounts(settings, settings.batchSize)
  const candidates = new CandidateColumns(settings.strategy, counts, settings.logQ, examples.targetCounts)
  const { training, table, catalogue, close } = await openTowers(work, candidates.items.length)
  const met = settings.maskHistory ? metItems(histories) : undefined
  const { vectors } = table
  const columns = new ColumnFeeds({ catalogue, itemFeatures, examples, candidates, met, vectors, settings })
  const steps = Math.max(1, Math.floor(examples.count / settings.batchSize))
  examples.shuffle(1)
  const step = () => {
    const key = deriveKey(1, 'batch', training.step)
    const pairs = examples.fill(training.step % steps, settings.targetWindow, key, settings.coldShare)
    return training.advance({ ...pairs, ...columns.draw(key) })
  }
  return { step, close }
}

async function openTowers({ histories, settings, itemFeatures, threads }: TwoTowerWork, columns: number) {
  const { items } = histories
  const { batchSize: batch, temperature, dropout, weightDecay, clipNorm } = settings
  const { dimension, decays, historyLength, itemHidden, userHidden } = settings
  const architecture = { dimension, decays, historyLength, itemHidden, userHidden, itemFeatures }
  const features = Float32Array.from({ length: items * itemFeatures }, (_, at) => normalAt(1, at % 65_536))
  const shape = { items, batch, columns, temperature, dropout, useIds: true }
  const training = await Training.open(graph => twoTowerLoss(graph, architecture, shape), {
    ...{ seed: 1, threads, clipNorm, adam: { ...adamDefaults, weightDecay } },
    schedule: learningRateSchedule(settings, 1000),
  })
  const catalogue = { items, features }
  const table = await ItemVectorTable.open(catalogue, architecture, threads)
  await table.renew(training.parameters)
  const close = async () => {
    await training.close()
    await table.close()
  }
  return { training, table, catalogue, close }
}
