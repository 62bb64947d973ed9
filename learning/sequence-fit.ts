import type { Settings } from '../config/settings.ts'
import type { SequenceContents } from '../funnel/model-set-files.ts'
import type { Parameters } from '../models/engine/parameters.ts'
import type { Histories } from '../models/histories.ts'
import { exportSequenceEncoder } from '../models/sequence/sequence-encoder.ts'
import { sequenceItemVectors, trainSequence } from '../models/sequence/sequence-trainer.ts'
import type { Progress } from '../telemetry/progress.ts'
import { sequenceModelSettings } from './settings.ts'

/** With fewer interactions an embedding per item learns nothing but who is popular. */
const interactionsMin = 1000

export interface SequenceFit {
  readonly histories: Histories
  readonly settings: Settings
  readonly seed: number
  readonly progress: Progress
  /** What a fit on older histories ended with, whose items are the first of these; drawn if not given. */
  readonly initial?: Parameters
}

export interface FittedSequence {
  readonly contents: SequenceContents
  readonly weights: Parameters
}

/**
 * The sequence model on these histories, with as many epochs as `training.sequence.positionsMax` pays for; going on from
 * an earlier fit, with `training.sequence.refitShare` of them.
 *
 * @returns null where it is switched off or there is too little to learn from
 */
export async function fitSequence(fit: SequenceFit): Promise<FittedSequence | null> {
  const { histories, settings, seed, progress, initial } = fit
  const { enabled, positionsMax, epochs: epochsMax, refitShare, ...model } = settings.of(sequenceModelSettings)
  // An epoch looks at each history whole, in windows.
  const positions = histories.itemOf.length
  if (!enabled || positions < interactionsMin) return null
  const whole = Math.min(epochsMax, Math.floor(positionsMax / positions))
  const epochs = initial === undefined ? whole : Math.ceil(whole * refitShare)
  if (epochs === 0) return null
  let step = 0
  progress.step('Sequence model', epochs)
  const trained = await trainSequence({
    histories,
    settings: { ...model, epochs, patience: epochs, decay: 'cosine' },
    seed,
    threads: 2,
    initial,
    onStep: ({ batches }) => {
      // Whole epochs are counted, but a person hears of each step that something goes on.
      step++
      progress.advance(step % batches === 0 ? 1 : 0)
    },
  })
  progress.done()
  return {
    contents: {
      dimension: model.width,
      maxLength: model.maxLength,
      vectors: withoutUnmet(sequenceItemVectors(trained), histories, model.width),
      onnx: exportSequenceEncoder(trained),
    },
    weights: trained.parameters,
  }
}

/** What nobody had met keeps the vector it was drawn with, which means nothing: it has none. */
function withoutUnmet(vectors: Float32Array, { items, itemOf }: Histories, width: number): Float32Array {
  const met = new Uint8Array(items)
  for (const item of itemOf) met[item] = 1
  const kept = vectors.slice()
  for (let item = 0; item < items; item++) if (met[item] === 0) kept.fill(0, item * width, (item + 1) * width)
  return kept
}
