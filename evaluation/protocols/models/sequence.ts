import { type Histories, historyOf } from '../../../models/histories.ts'
import { exportSequenceEncoder, SequenceEncoder } from '../../../models/sequence/sequence-encoder.ts'
import { sequenceDefaults, sequenceSettings } from '../../../models/sequence/sequence-settings.ts'
import { sequenceItemVectors, trainSequence } from '../../../models/sequence/sequence-trainer.ts'
import type { FitTask, Recommender, RecommenderModel } from '../recommender.ts'

/** Self-attention over the history; scored through the encoder that serves. */
export const sequence: RecommenderModel = {
  name: 'sequence',
  description: 'self-attention over the newest items of a history (SASRec with the softmax over all items)',
  settings: { ...sequenceDefaults },
  async fit(task: FitTask): Promise<Recommender> {
    const { training, validation, progress, seed, threads } = task
    const settings = sequenceSettings(task.settings)
    const trained = await trainSequence({
      histories: training,
      validation,
      settings,
      seed,
      threads,
      onStep: ({ epoch, batch, batches }) => {
        if (batch === 1) progress.step(`epoch ${epoch} of ${settings.epochs}`, batches)
        progress.advance()
      },
    })
    progress.done()
    const { maxLength, width: dimension } = trained.architecture
    const encoder = await SequenceEncoder.open(exportSequenceEncoder(trained), { threads, maxLength, dimension })
    const items = sequenceItemVectors(trained)
    const best = trained.history.find(({ epoch }) => epoch === trained.bestEpoch)
    return {
      score: (users, histories, out) => score(encoder, items, users, histories, out),
      chosen: {
        epoch: trained.bestEpoch,
        stopped: trained.stopped,
        'parameters in total': trained.parameters.flat.length,
        ...(best?.validation ? { 'validation ndcg@10': best.validation.ndcg10 } : {}),
      },
      close: () => encoder.close(),
    }
  },
}

/** Somebody without a history gets the same score for every item. */
async function score(
  encoder: SequenceEncoder,
  items: Float32Array,
  users: Uint32Array,
  histories: Histories,
  out: Float32Array,
): Promise<void> {
  const { dimension, maxLength } = encoder
  const vectors = new Float32Array(maxLength * dimension)
  const query = new Float32Array(dimension)
  for (const [row, user] of users.entries()) {
    const own = out.subarray(row * histories.items, (row + 1) * histories.items)
    const newest = historyOf(histories, user).slice(-maxLength)
    if (newest.length === 0) {
      own.fill(0)
      continue
    }
    for (const [place, item] of newest.entries()) {
      vectors.set(items.subarray(item * dimension, (item + 1) * dimension), place * dimension)
    }
    await encoder.encode(vectors, newest.length, query)
    for (let item = 0; item < histories.items; item++) {
      let sum = 0
      for (let column = 0; column < dimension; column++) sum += query[column] * items[item * dimension + column]
      own[item] = sum
    }
  }
}
