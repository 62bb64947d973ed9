import { deriveKey } from '../../models/engine/random.ts'
import { type Feeds, tensor } from '../../models/engine/session.ts'
import { Training } from '../../models/engine/training.ts'
import { WeightAverage } from '../../models/engine/weight-average.ts'
import type { Histories } from '../../models/histories.ts'
import { adamDefaults } from '../../models/optimizers/adam.ts'
import { learningRateSchedule } from '../../models/optimizers/schedule.ts'
import { NegativeSampler } from '../../models/sequence/negative-sampling.ts'
import { lossFeeds, type SequenceBatch } from '../../models/sequence/sequence-batches.ts'
import { type BatchShape, sequenceLoss } from '../../models/sequence/sequence-loss.ts'
import {
  type SequenceTrainerSettings,
  sequenceArchitecture,
  sequenceDefaults,
} from '../../models/sequence/sequence-settings.ts'
import type { StepKind, StepRunner } from './steps.ts'

/** SASRec as the reference figures were taken on; how large a batch is and how it is cut stays as it is trained here. */
export const sasrec: SequenceTrainerSettings = {
  ...sequenceDefaults,
  ...{ width: 64, blocks: 2, heads: 1, expansion: 1, feedForward: 'relu', gated: false, relativePositions: false },
  ...{ dropout: 0.1, attentionDropout: 0.1, windows: 'last' },
}

interface SequenceWork {
  readonly histories: Histories
  readonly shapes: readonly BatchShape[]
  /** Negatives drawn per batch; 0 scores all items. */
  readonly negatives: number
  readonly threads: number
}

/** Steps on batches of one shape, every position of which is real. */
export function sequenceStep(
  id: string,
  work: Omit<SequenceWork, 'shapes'>,
  shape: BatchShape,
  referenceMs: number,
): StepKind {
  const { items } = work.histories
  const loss = work.negatives > 0 ? `${work.negatives} sampled negatives` : `full softmax over ${items}`
  return {
    id,
    name: 'SASRec',
    work: `L=${shape.length}, batch ${shape.batch}, ${loss}`,
    referenceMs,
    async open() {
      const trainer = await SequenceSteps.open({ ...work, shapes: [shape] })
      const lengths = new Uint32Array(shape.batch).fill(shape.length)
      const begins = Uint32Array.from(
        lengths,
        (length, row) => (row * length) % (work.histories.itemOf.length - length - 1),
      )
      const batch = { shape: 0, begins, lengths }
      return trainer.runner(batch)
    },
  }
}

/** The sequence model's trainer at the level of one step: feeds, negatives, forward, backward, Adam, weight average. */
export class SequenceSteps {
  private readonly work: SequenceWork
  private readonly training: Training
  private readonly average: WeightAverage
  private readonly sampler: NegativeSampler | null

  private constructor(work: SequenceWork, training: Training) {
    this.work = work
    this.training = training
    this.average = new WeightAverage(training.parameters, sasrec.averageDecay)
    this.sampler = work.negatives > 0 ? new NegativeSampler(work.histories) : null
  }

  static async open(work: SequenceWork): Promise<SequenceSteps> {
    const { shapes, histories, negatives, threads } = work
    const maxLength = shapes[shapes.length - 1].length
    const settings = { ...sasrec, maxLength, negatives }
    const architecture = sequenceArchitecture(histories.items, settings)
    const { beta2, weightDecay, clipNorm } = settings
    const training = await Training.openVariants(
      shapes.map(shape => graph => sequenceLoss(graph, architecture, shape, settings)),
      {
        ...{ seed: 1, threads, clipNorm, adam: { ...adamDefaults, beta2, weightDecay } },
        schedule: learningRateSchedule(settings, 1000),
      },
    )
    return new SequenceSteps(work, training)
  }

  async step(batch: SequenceBatch): Promise<void> {
    const { histories, shapes } = this.work
    const feeds = { ...lossFeeds(histories, batch, shapes[batch.shape]), ...this.negatives() }
    await this.training.advance(feeds, batch.shape)
    this.average.update(this.training.step)
  }

  runner(batch: SequenceBatch): StepRunner {
    return { step: () => this.step(batch), close: () => this.close() }
  }

  close(): Promise<void> {
    return this.training.close()
  }

  private negatives(): Feeds {
    const { negatives } = this.work
    if (this.sampler === null) return {}
    const { items, bias } = this.sampler.draw(negatives, deriveKey(1, 'negatives', this.training.step))
    return { drawn: tensor(items, [negatives]), bias: tensor(bias, [negatives]) }
  }
}
