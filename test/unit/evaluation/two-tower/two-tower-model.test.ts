import { describe, expect, it } from 'vitest'
import { twoTower } from '../../../../evaluation/protocols/models/two-tower.ts'
import { silentProgress } from '../../../../telemetry/progress.ts'
import { isCold, kindOfItem, kindOfUser, plantedHistories, small } from '../../models/two-tower/two-tower-world.ts'

const { decays: _, ...settings } = small
const training = plantedHistories(0)

describe('the two towers as a model of the protocols', () => {
  it('rank what a person likes first, from ids alone and the history as it is when asked', async () => {
    const task = { training, seed: 1, threads: 1, progress: silentProgress }
    const recommender = await twoTower.fit({ ...task, settings: { ...twoTower.settings, ...settings, epochs: 15 } })
    const users = Uint32Array.of(1, 4, 2)
    const scores = new Float32Array(users.length * training.items)
    await recommender.score(users, training, scores)
    expect(scores.every(Number.isFinite)).toBe(true)
    for (const [row, user] of users.entries()) {
      const own = Array.from(scores.subarray(row * training.items, (row + 1) * training.items))
      const order = [...own.keys()].filter(item => !isCold(item)).sort((a, b) => own[b] - own[a])
      const hits = order.slice(0, 16).filter(item => kindOfItem(item) === kindOfUser(user))
      expect(hits.length).toBeGreaterThanOrEqual(14)
    }
    const nobody = { ...training, offsets: new Uint32Array(training.users + 1) }
    const cold = new Float32Array(training.items)
    await recommender.score(Uint32Array.of(1), nobody, cold)
    expect(cold.every(Number.isFinite)).toBe(true)
    expect(cold).not.toEqual(scores.slice(0, training.items))
    await recommender.close()
  })

  it('refuses a strategy that does not exist', async () => {
    const task = { training, seed: 1, threads: 1, progress: silentProgress, settings: { strategy: 'easy' } }
    await expect(twoTower.fit(task)).rejects.toThrow(/must be one of random, in-batch, hard, mixed/)
  })
})
