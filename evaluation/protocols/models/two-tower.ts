import { DenseScorer } from '../../../models/factorisation/dense-scorer.ts'
import type { Histories } from '../../../models/histories.ts'
import { UserTower } from '../../../models/two-tower/tower-sessions.ts'
import { exportUserTower } from '../../../models/two-tower/towers.ts'
import {
  type NegativeStrategy,
  negativeStrategies,
  twoTowerDefaults,
} from '../../../models/two-tower/two-tower-settings.ts'
import { trainTwoTower } from '../../../models/two-tower/two-tower-trainer.ts'
import { userVectors } from '../../../models/two-tower/user-vectors.ts'
import type { FitTask, Recommender, RecommenderModel } from '../recommender.ts'

const { decays: _, ...defaults } = twoTowerDefaults

/** Interactions are all that a protocol knows, so items are known by their ids alone, and none of these is ever left out. */
export const twoTower: RecommenderModel = {
  name: 'two-tower',
  description: 'user tower over the history, item tower over ids, a softmax with mixed negatives',
  settings: { ...defaults, idDropout: 0 },
  async fit({ training, validation, settings: given, seed, threads, progress }: FitTask): Promise<Recommender> {
    const settings = { ...given, strategy: strategyOf(given.strategy ?? defaults.strategy) }
    progress.step('Training', Number(given.epochs ?? defaults.epochs))
    // A protocol does not say when it asks, so the tower must not learn from the moment.
    const task = {
      histories: untimed(training),
      validation: validation && untimed(validation),
      settings,
      seed,
      threads,
    }
    const trained = await trainTwoTower({ ...task, onProgress: () => progress.advance() })
    progress.done()
    const { architecture, parameters, itemVectors, best } = trained
    const tower = await UserTower.open(exportUserTower(architecture, parameters), { architecture }, threads)
    const scorer = await DenseScorer.open(itemVectors, training.items, 'inner', threads)
    return {
      async score(users, histories, out) {
        await scorer.score(await userVectors(tower, { itemVectors, histories }, users), users.length, out)
      },
      chosen: {
        ...(best && { epoch: best.epoch }),
        ...(best?.recall !== undefined && { 'validation recall@100': best.recall }),
      },
      async close() {
        await tower.close()
        await scorer.close()
      },
    }
  },
}

function untimed({ users, items, offsets, itemOf }: Histories): Histories {
  return { users, items, offsets, itemOf }
}

function strategyOf(name: unknown): NegativeStrategy {
  const found = negativeStrategies.find(strategy => strategy === name)
  if (found !== undefined) return found
  throw new RangeError(`strategy must be one of ${negativeStrategies.join(', ')}, but is ${JSON.stringify(name)}`)
}
