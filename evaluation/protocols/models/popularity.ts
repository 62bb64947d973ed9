import type { Recommender, RecommenderModel } from '../recommender.ts'

/** The floor: everybody gets what most people met. */
export const popularity: RecommenderModel = {
  name: 'popularity',
  description: 'items by the number of their training interactions',
  settings: {},
  async fit({ training }): Promise<Recommender> {
    const counts = new Float32Array(training.items)
    for (const item of training.itemOf) counts[item]++
    return {
      async score(users, _histories, out) {
        for (const row of users.keys()) out.set(counts, row * counts.length)
      },
      chosen: {},
      async close() {},
    }
  },
}
