/** Settings of the sequence model and their defaults, the recipe that docs/decisions/the-sequence-model.md explains. */
import type { ScheduleSettings } from '../optimizers/schedule.ts'
import type { WindowChoice } from './sequence-batches.ts'
import type { SequenceArchitecture, SequenceDropout } from './sequence-model.ts'

export interface SequenceTrainerSettings
  extends ScheduleSettings,
    SequenceDropout,
    Omit<SequenceArchitecture, 'items'> {
  readonly windows: WindowChoice
  /** Positions per step, padding included. */
  readonly batchTokens: number
  /** Difference in length between one bucket and the next. */
  readonly bucketStep: number
  readonly epochs: number
  /** Epochs without a better validation NDCG@10 after which training stops. */
  readonly patience: number
  readonly beta2: number
  readonly weightDecay: number
  readonly clipNorm: number
  /** Share of the averaged weights that a step keeps; 0 serves the weights of the last step. */
  readonly averageDecay: number
}

export const sequenceDefaults: SequenceTrainerSettings = {
  width: 64,
  blocks: 2,
  heads: 1,
  maxLength: 200,
  expansion: 1,
  feedForward: 'relu',
  gated: false,
  relativePositions: false,
  dropout: 0.1,
  attentionDropout: 0.1,
  windows: 'last',
  batchTokens: 12_800,
  bucketStep: 25,
  epochs: 100,
  patience: 10,
  learningRate: 1e-3,
  warmupSteps: 100,
  decay: 'constant',
  beta2: 0.999,
  weightDecay: 0,
  clipNorm: 5,
  averageDecay: 0.99,
}

/** The architecture that settings describe. @throws RangeError when the heads do not divide the width */
export function sequenceArchitecture(items: number, settings: SequenceTrainerSettings): SequenceArchitecture {
  const { width, blocks, heads, maxLength, expansion, feedForward, gated, relativePositions } = settings
  if (width % heads !== 0) throw new RangeError(`A width of ${width} cannot be divided among ${heads} heads.`)
  return { items, width, blocks, heads, maxLength, expansion, feedForward, gated, relativePositions }
}
