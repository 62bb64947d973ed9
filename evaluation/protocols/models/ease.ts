import { DenseScorer } from '../../../models/factorisation/dense-scorer.ts'
import { trainEase } from '../../../models/factorisation/ease.ts'
import { type Histories, historyOf } from '../../../models/histories.ts'
import type { Recommender, RecommenderModel } from '../recommender.ts'

/** Steck 2019. Scores come from the history as it is known when asked. */
export const ease: RecommenderModel = {
  name: 'ease',
  description: 'item-to-item weights in closed form (EASE)',
  settings: { regularisation: 500, userWeightExponent: 0 },
  async fit({ training, settings, threads }): Promise<Recommender> {
    const { regularisation, userWeightExponent } = settings
    const weights = await trainEase(
      training,
      { regularisation: Number(regularisation), userWeightExponent: Number(userWeightExponent) },
      threads,
    )
    const scorer = await DenseScorer.open(weights, training.items, 'items', threads)
    return {
      score: (users, histories, out) => scorer.score(indicators(users, histories), users.length, out),
      chosen: {},
      close: () => scorer.close(),
    }
  },
}

/** [users, items], 1 where a user has met an item. */
export function indicators(users: Uint32Array, histories: Histories): Float32Array {
  const rows = new Float32Array(users.length * histories.items)
  for (const [row, user] of users.entries()) {
    for (const item of historyOf(histories, user)) rows[row * histories.items + item] = 1
  }
  return rows
}
