/** Settings of the sequence model and their defaults, the recipe that docs/decisions/the-sequence-model.md explains. */
import type { ScheduleSettings } from '../optimizers/schedule.ts'
import type { WindowChoice } from './sequence-batches.ts'
import type { SequenceLossOptions } from './sequence-loss.ts'
import type { SequenceArchitecture } from './sequence-model.ts'

export interface SequenceTrainerSettings
  extends ScheduleSettings,
    SequenceLossOptions,
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
  blocks: 3,
  heads: 2,
  maxLength: 200,
  expansion: 1,
  feedForward: 'relu',
  gated: true,
  relativePositions: true,
  dropout: 0.2,
  attentionDropout: 0,
  negatives: 0,
  windows: 'all',
  batchTokens: 6400,
  bucketStep: 40,
  epochs: 25,
  patience: 10,
  learningRate: 2e-3,
  warmupSteps: 100,
  decay: 'cosine',
  beta2: 0.999,
  weightDecay: 0,
  clipNorm: 5,
  averageDecay: 0.995,
}

/** The architecture that settings describe. @throws RangeError when the heads do not divide the width */
export function sequenceArchitecture(items: number, settings: SequenceTrainerSettings): SequenceArchitecture {
  const { width, blocks, heads, maxLength, expansion, feedForward, gated, relativePositions } = settings
  if (width % heads !== 0) throw new RangeError(`A width of ${width} cannot be divided among ${heads} heads.`)
  return { items, width, blocks, heads, maxLength, expansion, feedForward, gated, relativePositions }
}

const choices: Partial<Record<keyof SequenceTrainerSettings, readonly string[]>> = {
  decay: ['constant', 'cosine'],
  feedForward: ['relu', 'swiglu'],
  windows: ['last', 'all'],
}

/**
 * Settings from given values by name, defaults for the rest.
 * @throws RangeError for an unknown name, another type than the default's, or a word that is no choice
 */
export function sequenceSettings(given: Readonly<Record<string, unknown>>): SequenceTrainerSettings {
  for (const [name, value] of Object.entries(given)) {
    const known = sequenceDefaults[name as keyof SequenceTrainerSettings]
    if (known === undefined) {
      throw new RangeError(
        `The sequence model has no setting ${name}; it has ${Object.keys(sequenceDefaults).join(', ')}.`,
      )
    }
    const allowed = choices[name as keyof SequenceTrainerSettings]
    if (typeof value !== typeof known || (allowed && !allowed.includes(String(value)))) {
      throw new RangeError(`The setting ${name} is ${allowed?.join(' or ') ?? `a ${typeof known}`}; got ${value}.`)
    }
  }
  return { ...sequenceDefaults, ...given }
}
