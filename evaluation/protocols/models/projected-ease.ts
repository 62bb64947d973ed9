import { DenseScorer } from '../../../models/factorisation/dense-scorer.ts'
import { trainProjectedEase } from '../../../models/factorisation/projected-ease.ts'
import { historyOf } from '../../../models/histories.ts'
import type { Recommender, RecommenderModel } from '../recommender.ts'

/** EASE in 64 dimensions. A user's vector is the sum over the history as it is known when asked. */
export const projectedEase: RecommenderModel = {
  name: 'projected-ease',
  description: 'EASE projected on its leading directions, users weighted',
  settings: { dimension: 64, regularisation: 500, userWeightExponent: 0.5 },
  async fit({ training, settings, seed, threads }): Promise<Recommender> {
    const dimension = Number(settings.dimension)
    const { historyVectors, itemVectors } = await trainProjectedEase(
      training,
      {
        dimension,
        regularisation: Number(settings.regularisation),
        userWeightExponent: Number(settings.userWeightExponent),
        seed,
      },
      threads,
    )
    const scorer = await DenseScorer.open(itemVectors, training.items, 'inner', threads)
    return {
      async score(users, histories, out) {
        const rows = new Float32Array(users.length * dimension)
        for (const [row, user] of users.entries()) {
          for (const item of historyOf(histories, user)) {
            for (let d = 0; d < dimension; d++) rows[row * dimension + d] += historyVectors[item * dimension + d]
          }
        }
        await scorer.score(rows, users.length, out)
      },
      chosen: {},
      close: () => scorer.close(),
    }
  },
}
