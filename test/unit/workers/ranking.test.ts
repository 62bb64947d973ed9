import { describe, expect, it } from 'vitest'
import { encodeFrame } from '../../../domain/frame.ts'
import { noQueryVectors } from '../../../features/vector-spaces.ts'
import { queryVectorsLayout } from '../../../funnel/hydrators/query-vectors.ts'
import type { LastResort } from '../../../funnel/last-resort.ts'
import type { RankPool } from '../../../workers/rank-pool/pool.ts'
import { Ranking } from '../../../workers/rank-pool/ranking.ts'

/** A pool that answers each history with its own length, and remembers how many came in each task. */
function fakePool(failure?: Error) {
  const tasks: number[] = []
  const pool = {
    async encode(histories: readonly ArrayBuffer[]) {
      tasks.push(histories.length)
      if (failure !== undefined) throw failure
      return histories.map(history =>
        encodeFrame(queryVectorsLayout, {
          ...noQueryVectors,
          collaborative: Float32Array.of(history.byteLength),
        }),
      )
    },
  }
  return { tasks, ranking: new Ranking(pool as unknown as RankPool, {} as LastResort) }
}

const historyOf = (bytes: number) => new ArrayBuffer(bytes)

describe('histories to encode', () => {
  it('that come in one turn share a task, and each gets its own vectors', async () => {
    const { tasks, ranking } = fakePool()
    const vectors = await Promise.all([8, 16, 24].map(bytes => ranking.encode(historyOf(bytes))))
    expect(vectors.map(vector => vector.collaborative[0])).toEqual([8, 16, 24])
    expect(tasks).toEqual([3])
  })

  it('that come in another turn make a task of their own', async () => {
    const { tasks, ranking } = fakePool()
    await ranking.encode(historyOf(8))
    await ranking.encode(historyOf(8))
    expect(tasks).toEqual([1, 1])
  })

  it('share a task with at most fifteen others', async () => {
    const { tasks, ranking } = fakePool()
    const vectors = await Promise.all(Array.from({ length: 40 }, (_, i) => ranking.encode(historyOf(8 * i))))
    expect(vectors.map(vector => vector.collaborative[0])).toEqual(Array.from({ length: 40 }, (_, i) => 8 * i))
    expect(tasks.toSorted()).toEqual([16, 16, 8])
  })

  it('fail with the task they share', async () => {
    const { ranking } = fakePool(new Error('the thread ended'))
    const outcomes = await Promise.allSettled([8, 16].map(bytes => ranking.encode(historyOf(bytes))))
    expect(outcomes.map(outcome => outcome.status)).toEqual(['rejected', 'rejected'])
  })
})
