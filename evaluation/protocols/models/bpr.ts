import { bprDefaults, trainBpr } from '../../../models/factorisation/bpr.ts'
import { DenseScorer } from '../../../models/factorisation/dense-scorer.ts'
import type { Recommender, RecommenderModel } from '../recommender.ts'

/** Rendle 2009. A user's vector is the trained one: what was met since then does not move it. */
export const bpr: RecommenderModel = {
  name: 'bpr',
  description: 'matrix factorisation by Bayesian personalised ranking (BPR)',
  settings: { ...bprDefaults },
  async fit({ training, settings, seed, threads, progress }): Promise<Recommender> {
    const dimension = Number(settings.dimension)
    progress.step('Training', Number(settings.epochs))
    const { userFactors, itemFactors, itemBiases } = trainBpr(
      training,
      {
        dimension,
        learningRate: Number(settings.learningRate),
        regularisation: Number(settings.regularisation),
        epochs: Number(settings.epochs),
        seed,
      },
      () => progress.advance(),
    )
    progress.done()
    const scorer = await DenseScorer.open(itemFactors, training.items, 'inner', threads)
    return {
      async score(users, _histories, out) {
        const rows = new Float32Array(users.length * dimension)
        for (const [row, user] of users.entries()) {
          rows.set(userFactors.subarray(user * dimension, (user + 1) * dimension), row * dimension)
        }
        await scorer.score(rows, users.length, out)
        for (let at = 0; at < out.length; at++) out[at] += itemBiases[at % training.items]
      },
      chosen: {},
      close: () => scorer.close(),
    }
  },
}
