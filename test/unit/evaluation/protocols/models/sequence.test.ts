import { describe, expect, it } from 'vitest'
import { sequence } from '../../../../../evaluation/protocols/models/sequence.ts'
import type { FitTask } from '../../../../../evaluation/protocols/recommender.ts'
import type { Histories } from '../../../../../models/histories.ts'
import { silentProgress } from '../../../../../telemetry/progress.ts'

const [users, items] = [60, 12]

/** Everybody walks the catalogue in a circle. */
function walks(from: number, to: number): Histories {
  const parts = Array.from({ length: users }, (_, user) =>
    Array.from({ length: to - from }, (_, place) => (user + from + place) % items),
  )
  const offsets = Uint32Array.from({ length: users + 1 }, (_, user) => user * (to - from))
  return { users, items, offsets, itemOf: Uint32Array.from(parts.flat()) }
}

const task: FitTask = {
  training: walks(0, 6),
  validation: walks(6, 7),
  seed: 1,
  threads: 1,
  progress: silentProgress,
  settings: {
    width: 8,
    blocks: 1,
    heads: 1,
    maxLength: 5,
    batchTokens: 60,
    epochs: 30,
    learningRate: 0.02,
    dropout: 0,
  },
}

describe('the sequence model under a protocol', () => {
  it('scores every item for any user with the history known when asked', async () => {
    const recommender = await sequence.fit(task)
    const out = new Float32Array(3 * items)
    await recommender.score(Uint32Array.of(0, 7, 59), walks(0, 7), out)
    for (const [row, user] of [0, 7, 59].entries()) {
      const own = out.subarray(row * items, (row + 1) * items)
      const unseen = Array.from({ length: items - 7 }, (_, ahead) => (user + 7 + ahead) % items)
      expect(unseen.toSorted((a, b) => own[b] - own[a])[0]).toBe(unseen[0])
    }
    expect(recommender.chosen.epoch).toBeGreaterThan(0)
    await recommender.close()
  })

  it('gives somebody without a history finite scores', async () => {
    const recommender = await sequence.fit({ ...task, settings: { ...task.settings, epochs: 1 } })
    const out = new Float32Array(items).fill(Number.NaN)
    await recommender.score(Uint32Array.of(0), walks(0, 0), out)
    expect([...out].every(Number.isFinite)).toBe(true)
    await recommender.close()
  })

  it.each([
    [{ wdith: 8 }, 'no setting wdith'],
    [{ width: 'wide' }, 'is a number'],
    [{ decay: 'linear' }, 'constant or cosine'],
  ])('refuses %o', async (settings, message) => {
    await expect(sequence.fit({ ...task, settings })).rejects.toThrow(message)
  })
})
