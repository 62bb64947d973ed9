import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compareRuns } from '../../../evaluation/compare-runs.ts'
import type { QueryKind } from '../../../evaluation/query-plan.ts'
import {
  joinArms,
  readSavedQueries,
  type SavedQueries,
  SavedQueriesUnreadable,
  savedQueries,
  writeSavedQueries,
} from '../../../evaluation/saved-queries.ts'

interface Asked {
  readonly kind?: QueryKind
  readonly user: string
  readonly time: number
  readonly relevant?: number
  readonly ndcg: number
}

/** A run whose ranked list was worth `ndcg`, and whose retrieval found half as much. */
function run(model: string, asked: readonly Asked[]): SavedQueries {
  const ndcgAt10 = asked.map(({ ndcg }) => ndcg)
  const half = ndcgAt10.map(ndcg => ndcg / 2)
  return savedQueries(model, 1, {
    queries: {
      kind: asked.map(({ kind = 'group' }) => kind),
      user: asked.map(({ user }) => user),
      time: asked.map(({ time }) => time),
      relevant: asked.map(({ relevant = 1 }) => relevant),
    },
    arms: { ranked: { ndcgAt10 }, retrieved: { ndcgAt10, recallAt100: half, recallAt500: half } },
  })
}

const people = Array.from({ length: 40 }, (_, i) => `u${i}`)

describe('two runs on the same history', () => {
  it('are compared query by query, in whichever order they were asked', () => {
    const now = run(
      'now',
      people.map((user, i) => ({ user, time: i, ndcg: 0.5 + (i % 3) / 10 })),
    )
    const before = run('before', people.map((user, i) => ({ user, time: i, ndcg: 0.3 + (i % 3) / 10 })).reverse())
    const { against, kinds } = compareRuns(now, before, 7)
    expect(against).toBe('before')
    expect(kinds.group).toMatchObject({ matched: 40, onlyNow: 0, onlyBefore: 0, users: 40 })
    const { ranked, retrieved } = kinds.group.differences
    // Paired, the spread between people is no part of the difference.
    expect(ranked.ndcgAt10!.lower).toBeCloseTo(0.2)
    expect(ranked.ndcgAt10!.upper).toBeCloseTo(0.2)
    expect(retrieved.recallAt500!.mean).toBeCloseTo(0.1)
    expect(ranked).not.toHaveProperty('recallAt100')
  })

  it('leave out what only one of them was asked, or what had other answers', () => {
    const now = run('now', [
      { user: 'a', time: 1, ndcg: 1 },
      { user: 'b', time: 1, ndcg: 1 },
      { user: 'c', time: 1, ndcg: 1, relevant: 2 },
      { user: 'd', time: 1, ndcg: 1, kind: 'session' },
      { user: 'e', time: 1, ndcg: 1 },
    ])
    const before = run('before', [
      { user: 'a', time: 1, ndcg: 0 },
      { user: 'b', time: 1, ndcg: 0 },
      { user: 'c', time: 1, ndcg: 0 },
      { user: 'd', time: 1, ndcg: 0 },
      { user: 'e', time: 2, ndcg: 0 },
    ])
    const { kinds } = compareRuns(now, before, 7)
    expect(kinds.group).toMatchObject({ matched: 2, onlyNow: 2, onlyBefore: 3, users: 2 })
    expect(kinds.session).toMatchObject({ matched: 0, onlyNow: 1, differences: {} })
  })

  it('draw the queries of one person together', () => {
    const worth = (base: number) =>
      people.flatMap((user, i) => [1, 2, 3, 4].map(time => ({ user, time, ndcg: base * i })))
    const alone = (base: number) => worth(base).map((query, i) => ({ ...query, user: `v${i}` }))
    const width = (of: typeof worth) => {
      const { ranked } = compareRuns(run('now', of(0.02)), run('before', of(0.01)), 7).kinds.group.differences
      return ranked.ndcgAt10!.upper - ranked.ndcgAt10!.lower
    }
    expect(width(worth)).toBeGreaterThan(1.5 * width(alone))
  })
})

describe('the file of a run', () => {
  let folder = ''

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-queries-'))
  })

  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('gives back what was written, to six decimals', async () => {
    const path = join(folder, 'queries.json')
    const saved = run('set', [{ user: 'a', time: 1_700_000_000_123, ndcg: 1 / 3 }])
    await writeSavedQueries(path, saved)
    const read = await readSavedQueries(path)
    expect(read.queries).toEqual(saved.queries)
    expect(read.arms.ranked.ndcgAt10).toEqual([0.333333])
    expect(read).toMatchObject({ model: 'set', seed: 1 })
  })

  it('is refused when it holds something else', async () => {
    const path = join(folder, 'other.json')
    for (const text of ['{"protocol":{}}', 'no JSON', 'null']) {
      await writeFile(path, text)
      await expect(readSavedQueries(path)).rejects.toThrow(SavedQueriesUnreadable)
    }
  })

  it('has the columns of both kinds behind each other', () => {
    expect(joinArms([{ ndcgAt10: [1] }, { ndcgAt10: [2] }])).toEqual({ ndcgAt10: [1, 2] })
    const deep = { ndcgAt10: [1], recallAt100: [2], recallAt500: [3] }
    expect(joinArms([deep, deep])).toEqual({ ndcgAt10: [1, 1], recallAt100: [2, 2], recallAt500: [3, 3] })
  })
})
