import { DenseScorer } from '../../../models/factorisation/dense-scorer.ts'
import { createFoldIn } from '../../../models/factorisation/fold-in.ts'
import { type IalsSettings, type Interactions, ialsDefaults, trainIals } from '../../../models/factorisation/ials.ts'
import { type Histories, historyOf } from '../../../models/histories.ts'
import type { Recommender, RecommenderModel } from '../recommender.ts'

const { threads: _, ...served } = ialsDefaults
const defaults = { ...served, userWeightExponent: 0 }

/** Rendle et al. 2022. A user's vector is solved from the history as it is known when asked. */
export const collaborative: RecommenderModel = {
  name: 'collaborative',
  description: 'matrix factorisation by alternating least squares (iALS)',
  settings: defaults,
  async fit({ training, settings: given, seed, threads, progress }): Promise<Recommender> {
    const settings = { ...defaults, ...given, seed, threads } as IalsSettings
    const { dimension } = settings
    progress.step('Training', settings.epochs)
    const { userFactors, itemFactors } = await trainIals(interactionsOf(training), settings, () => {
      progress.advance()
      return true
    })
    progress.done()
    const foldIn = createFoldIn(itemFactors, training.items, dimension, settings)
    const scorer = await DenseScorer.open(itemFactors, training.items, 'inner', threads)
    const ones = new Float32Array(training.items).fill(1)
    return {
      async score(users, histories, out) {
        const rows = new Float32Array(users.length * dimension)
        for (const [row, user] of users.entries()) {
          const own = rows.subarray(row * dimension, (row + 1) * dimension)
          const history = historyOf(histories, user)
          // The trained vector is what the fold-in of the same history gives, and costs nothing.
          if (histories === training) own.set(userFactors.subarray(user * dimension, (user + 1) * dimension))
          else foldIn.solve(history, ones, history.length, own)
        }
        await scorer.score(rows, users.length, out)
      },
      chosen: {},
      close: () => scorer.close(),
    }
  },
}

function interactionsOf({ users, items, offsets, itemOf }: Histories): Interactions {
  return { users, items, offsets, indices: itemOf, values: new Float32Array(itemOf.length).fill(1) }
}
