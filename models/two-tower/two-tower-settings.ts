import type { ScheduleSettings } from '../optimizers/schedule.ts'

/**
 * Which items a positive is compared with.
 * `in-batch`: the other positives of the batch; `random`: items drawn uniformly; `hard`: neighbours of the batch's positives
 * in the model's own space; `mixed`: in-batch and uniform ones for four fifths, hard ones for the rest.
 */
export const negativeStrategies = ['random', 'in-batch', 'hard', 'mixed'] as const
export type NegativeStrategy = (typeof negativeStrategies)[number]

export interface TwoTowerSettings extends ScheduleSettings {
  readonly dimension: number
  readonly itemHidden: number
  readonly userHidden: number
  /** Share of hidden units dropped in training. */
  readonly dropout: number
  readonly historyLength: number
  readonly decays: readonly number[]
  readonly strategy: NegativeStrategy
  /** Columns beside the positives; `in-batch` has none. */
  readonly negatives: number
  /** Share of hard ones among all columns of `mixed`. */
  readonly hardShare: number
  /** Nearest neighbours that are passed over, as they may well be liked, and how many of the next are drawn from. */
  readonly hardSkip: number
  readonly hardTake: number
  /** Takes back that popular items are drawn more often: logits are lowered by the logarithm of the expected count. */
  readonly logQ: boolean
  /** Items that the person met anywhere in training are no negatives for them. */
  readonly maskHistory: boolean
  /** Divides the cosines; small values look only at the hardest negatives. */
  readonly temperature: number
  /** Whether items known in training have a vector of their own beside that of their features. */
  readonly useIds: boolean
  /** Share of items in a batch whose own vector is left out, so that features alone stay good. */
  readonly idDropout: number
  /** The target is drawn from that many interactions behind the history: 1 is the next item. */
  readonly targetWindow: number
  /** Share of examples that know nothing of the history, so that people without one are learned too. */
  readonly coldShare: number
  readonly batchSize: number
  readonly epochs: number
  /** Examples drawn per epoch at most. */
  readonly examplesPerEpoch: number
  /** Steps between two renewals of the item vectors that histories are made of. */
  readonly refreshSteps: number
  /** Epochs without a better validation recall after which training stops. */
  readonly patience: number
  readonly weightDecay: number
  readonly clipNorm: number
}

export const twoTowerDefaults: TwoTowerSettings = {
  dimension: 64,
  itemHidden: 128,
  userHidden: 128,
  dropout: 0.1,
  historyLength: 50,
  decays: [0.8, 0.95, 1],
  strategy: 'mixed',
  negatives: 1024,
  hardShare: 0.2,
  hardSkip: 10,
  hardTake: 100,
  logQ: true,
  maskHistory: true,
  temperature: 0.1,
  useIds: true,
  idDropout: 0.2,
  targetWindow: 20,
  coldShare: 0.1,
  batchSize: 1024,
  epochs: 6,
  examplesPerEpoch: 200_000,
  refreshSteps: 50,
  patience: 3,
  learningRate: 4e-3,
  warmupSteps: 50,
  decay: 'cosine',
  weightDecay: 0.01,
  clipNorm: 5,
}
