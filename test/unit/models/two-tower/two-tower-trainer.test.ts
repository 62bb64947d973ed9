import { describe, expect, it } from 'vitest'
import { UserTower } from '../../../../models/two-tower/tower-sessions.ts'
import { exportUserTower, idTable } from '../../../../models/two-tower/towers.ts'
import type { TwoTowerSettings } from '../../../../models/two-tower/two-tower-settings.ts'
import { type TrainedTwoTower, trainTwoTower } from '../../../../models/two-tower/two-tower-trainer.ts'
import { userVectors } from '../../../../models/two-tower/user-vectors.ts'
import {
  isCold,
  itemsPerKind,
  kindOfItem,
  kindOfUser,
  plantedFeatures,
  plantedHistories,
  small,
} from './two-tower-world.ts'

const histories = plantedHistories(0)
const itemFeatures = plantedFeatures()
const train = (settings: Partial<TwoTowerSettings> = {}, seed = 3, source = histories) =>
  trainTwoTower({ histories: source, itemFeatures, settings: { ...small, ...settings }, seed, threads: 1 })

/** Cosines of the first people with every item, [people][items]. */
async function cosines({ architecture, parameters, itemVectors }: TrainedTwoTower, source = histories) {
  const tower = await UserTower.open(exportUserTower(architecture, parameters), { architecture })
  const people = Array.from({ length: 40 }, (_, user) => user)
  const vectors = await userVectors(tower, { itemVectors, histories: source }, people)
  await tower.close()
  const { dimension } = architecture
  return people.map(user =>
    Array.from({ length: source.items }, (_, item) => {
      let sum = 0
      for (let d = 0; d < dimension; d++) sum += vectors[user * dimension + d] * itemVectors[item * dimension + d]
      return sum
    }),
  )
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

describe('training the two towers', () => {
  it('places an item that nobody has met near the people who like its kind', async () => {
    const trained = await train()
    const scores = await cosines(trained)
    const cold = Array.from({ length: histories.items }, (_, item) => item).filter(isCold)
    for (const [user, row] of scores.entries()) {
      const own = cold.filter(item => kindOfItem(item) === kindOfUser(user)).map(item => row[item])
      const others = cold.filter(item => kindOfItem(item) !== kindOfUser(user)).map(item => row[item])
      expect(Math.min(...own)).toBeGreaterThan(Math.max(...others))
    }
    const ids = trained.parameters.view(idTable)
    expect(cold.every(item => ids.subarray(item * 8, (item + 1) * 8).every(value => value === 0))).toBe(true)
    expect(ids.some(value => value !== 0)).toBe(true)
  })

  it('gives the same weights and vectors for the same seed, others for another', async () => {
    const [first, again, other] = [
      await train({ epochs: 2 }),
      await train({ epochs: 2 }),
      await train({ epochs: 2 }, 4),
    ]
    expect(again.parameters.flat).toEqual(first.parameters.flat)
    expect(again.itemVectors).toEqual(first.itemVectors)
    expect(other.itemVectors).not.toEqual(first.itemVectors)
  })

  it('learns with every kind of negatives, with and without log-Q', async () => {
    for (const strategy of ['random', 'in-batch', 'hard', 'mixed'] as const) {
      for (const logQ of [true, false]) {
        const { history } = await train({ strategy, logQ, epochs: 4 })
        expect([strategy, logQ, history[3].trainingLoss < history[0].trainingLoss]).toEqual([strategy, logQ, true])
      }
    }
  })

  it('keeps popular items in front with log-Q, and pushes them back without', async () => {
    const skewed = plantedHistories(2)
    const settings = { strategy: 'in-batch', temperature: 0.2, epochs: 20 } as const
    const advantage = async (logQ: boolean) => {
      const scores = await cosines(await train({ ...settings, logQ }, 3, skewed), skewed)
      const ofKind = (row: readonly number[], user: number, from: number, to: number) =>
        mean(row.slice(kindOfUser(user) * itemsPerKind + from, kindOfUser(user) * itemsPerKind + to))
      // The first two items of a kind have about half of its interactions, the next fourteen share the rest.
      return mean(scores.map((row, user) => ofKind(row, user, 0, 2) - ofKind(row, user, 6, 16)))
    }
    const [corrected, plain] = [await advantage(true), await advantage(false)]
    expect(corrected).toBeGreaterThan(plain + 0.05)
    expect(corrected).toBeGreaterThan(0)
  })

  it('learns from ids alone where items have no features', async () => {
    const trained = await trainTwoTower({
      histories,
      settings: { ...small, idDropout: 0, epochs: 20 },
      seed: 3,
      threads: 1,
    })
    const scores = await cosines(trained)
    const warm = (row: readonly number[], user: number, isOwn: boolean) =>
      mean(row.filter((_, item) => !isCold(item) && (kindOfItem(item) === kindOfUser(user)) === isOwn))
    expect(mean(scores.map((row, user) => warm(row, user, true) - warm(row, user, false)))).toBeGreaterThan(0.5)
  })

  it('chooses the epoch by the recall of held-out items, and ends at once when cancelled', async () => {
    const task = { histories, itemFeatures, settings: { ...small, epochs: 30, patience: 2 }, seed: 3, threads: 1 }
    const { best, history, stopped } = await trainTwoTower({ ...task, validation: plantedHistories(0, 6) })
    expect(best!.recall).toBeGreaterThan(0)
    expect(best!.recall).toBe(Math.max(...history.map(({ recall }) => recall!)))
    expect(stopped === 'patience' ? history.length : 30).toBe(stopped === 'patience' ? best!.epoch + 2 : 30)
    const cancelled = await trainTwoTower({ ...task, isCancelled: () => true })
    expect([cancelled.stopped, cancelled.history, cancelled.best]).toEqual(['cancelled', [], undefined])
  })

  it('refuses histories without anything to learn', async () => {
    const weights = new Float32Array(histories.itemOf.length).fill(-1)
    await expect(trainTwoTower({ histories, weights, seed: 1, threads: 1 })).rejects.toThrow(RangeError)
  })
})
