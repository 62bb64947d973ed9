import { systemMonotonicClock } from '../../domain/ports.ts'
import type { Histories } from '../../models/histories.ts'
import { itemFeatureDefaults, itemFeatureWidth } from '../../models/two-tower/item-features.ts'
import { twoTowerDefaults } from '../../models/two-tower/two-tower-settings.ts'
import type { Progress } from '../../telemetry/progress.ts'
import { figure, table } from '../report/tables.ts'
import type { Scenario } from '../scenario.ts'
import { type BucketedFigures, bucketedText, measureBucketed } from '../training/bucketed.ts'
import { likeMovieLens } from '../training/histories.ts'
import { openMatrixProduct } from '../training/matrix-product.ts'
import { figuresOf, interleave, type MeasureOptions, type StepFigures } from '../training/measure.ts'
import { rankerStep } from '../training/ranker-steps.ts'
import { sasrec, sequenceStep } from '../training/sequence-steps.ts'
import type { StepKind } from '../training/steps.ts'
import { renewal, twoTowerStep } from '../training/two-tower-steps.ts'
import { wholeNumber } from './options.ts'

/** Everything that sets how large the work is; a test takes it all smaller. */
export interface TrainingSizes {
  readonly product: number
  readonly twoTowerItems: number
  readonly twoTowerBatch: number
  readonly rankerBatch: number
  readonly sequenceItems: number
  readonly sequenceUsers: number
  readonly sequenceBatch: number
  readonly shortLength: number
  readonly longLength: number
  readonly negatives: number
  /** Positions of a batch of the bucketed epoch. */
  readonly bucketTokens: number
}

/** Those of the reference figures. */
const fullSizes: TrainingSizes = {
  product: 1024,
  twoTowerItems: 100_000,
  twoTowerBatch: 1024,
  rankerBatch: 2048,
  sequenceItems: 3500,
  sequenceUsers: 6040,
  sequenceBatch: 128,
  shortLength: 50,
  longLength: 200,
  negatives: 512,
  bucketTokens: sasrec.batchTokens,
}

export interface TrainingOptions {
  readonly sizes: TrainingSizes
  /** How each kind of step is measured. */
  readonly measure: MeasureOptions
  readonly threads: number
  readonly seed: number
}

export interface TrainingFigures {
  readonly threads: number
  readonly steps: readonly StepFigures[]
  readonly bucketed: BucketedFigures
}

const longFull = 'long-full'
const warmUp = 5
const roundsMin = 12
const roundsMax = 400

export const training: Scenario = {
  name: 'training',
  summary: 'training steps of the models, in matrix products of 1024³ taken beside them',
  takes: 'about 3 min',
  declare(command) {
    command
      .option('--seconds <n>', 'how long each kind of step is measured, about', wholeNumber, 8)
      .option('--threads <n>', 'threads of a step and of the product', wholeNumber, 2)
  },
  async run({ seconds, threads, seed }, progress) {
    const milliseconds = (seconds as number) * 1000
    const measure = { clock: systemMonotonicClock, warmUp, milliseconds, roundsMin, roundsMax }
    const options = { sizes: fullSizes, measure, threads: threads as number, seed }
    const figures = await measureTraining(options, progress)
    return { figures, text: trainingText(figures) }
  },
}

export async function measureTraining(options: TrainingOptions, progress: Progress): Promise<TrainingFigures> {
  const { sizes, threads, seed, measure } = options
  const histories = likeMovieLens(sizes.sequenceUsers, sizes.sequenceItems, seed)
  const product = await openMatrixProduct(sizes.product, threads)
  try {
    const steps: StepFigures[] = []
    for (const kind of stepKinds(options, histories)) {
      progress.step(`${kind.name}: ${kind.work}`)
      const runner = await kind.open()
      steps.push(figuresOf(kind, await interleave(() => runner.step(), product, measure)))
      await runner.close()
    }
    const unbucketed = steps.find(({ id }) => id === longFull)!
    const bucketed = await measureBucketed({ histories, threads, measure, product, unbucketed, sizes }, progress)
    progress.done()
    return { threads, steps, bucketed }
  } finally {
    await product.close()
  }
}

function stepKinds({ sizes, threads, seed }: TrainingOptions, histories: Histories): StepKind[] {
  const { rankerBatch: batch, sequenceBatch, shortLength, longLength, negatives } = sizes
  const ranker = { features: 256, experts: 4, batch, groupSize: 64 }
  const short = { batch: sequenceBatch, length: shortLength }
  const long = { batch: sequenceBatch, length: longLength }
  const full = { histories, negatives: 0, threads }
  const sampled = { histories, negatives, threads }
  return [
    ...twoTowerKinds(sizes, threads, seed),
    rankerStep({ ...ranker, expertWidth: 64 }, threads, 27),
    rankerStep({ ...ranker, expertWidth: 128 }, threads, 27),
    sequenceStep('short-full', full, short, 146),
    sequenceStep('short-sampled', sampled, short, 64),
    sequenceStep(longFull, full, long, 590),
    sequenceStep('long-sampled', sampled, long, 386),
  ]
}

/** Ids alone are what the reference figures were taken on; features are what is trained here. */
function twoTowerKinds(sizes: TrainingSizes, threads: number, seed: number): StepKind[] {
  const histories = likeMovieLens(sizes.sequenceUsers, sizes.twoTowerItems, seed)
  const own = { ...twoTowerDefaults, batchSize: sizes.twoTowerBatch, negatives: sizes.twoTowerBatch }
  const work = { histories, settings: own, itemFeatures: 0, threads }
  const described = { ...work, itemFeatures: itemFeatureWidth(itemFeatureDefaults) }
  return [
    twoTowerStep('two-tower-in-batch', { ...work, settings: { ...own, strategy: 'in-batch' } }, 15),
    twoTowerStep('two-tower-mixed', work, 18),
    twoTowerStep('two-tower-features', described, null),
    renewal(described),
  ]
}

/** For people. */
export function trainingText({ threads, steps, bucketed }: TrainingFigures): string {
  const rows = steps.map(({ name, work, rounds, stepMs, productMs, ratio, fastRatio, referenceRatio }) => [
    name,
    work,
    ...[rounds, productMs.p50, stepMs.p10, stepMs.p50, stepMs.p90, ratio, fastRatio].map(figure),
    ...(referenceRatio === null ? ['–', '–'] : [figure(referenceRatio), figure(referenceRatio / ratio)]),
  ])
  const head = [
    'model',
    'step',
    'rounds',
    'product ms',
    'p10 ms',
    'p50 ms',
    'p90 ms',
    'ratio',
    'at p10',
    'reference',
    'better by',
  ]
  return [
    `${threads} threads; ratio: median of the step over median of the matrix product beside it; reference: the same of published figures`,
    table(head, rows),
    bucketedText(bucketed),
  ].join('\n\n')
}
