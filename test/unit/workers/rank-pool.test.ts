import { setTimeout as sleep } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import { decodeFrame, encodeFrame } from '../../../domain/frame.ts'
import { historyLayout, queryVectorsLayout } from '../../../funnel/hydrators/query-vectors.ts'
import { rankingLayout } from '../../../funnel/ranking-frame.ts'
import { RankPool } from '../../../workers/rank-pool/pool.ts'
import { handlesFor, liveModels, loadWhole, tablesOf } from '../../fakes/loaded-models.ts'
import { packedRequest } from '../../fakes/requests.ts'
import { catalogOf, sampleItems, testSettings } from '../../fakes/samples.ts'
import { tinyModelSet, tinyRanker } from '../../fakes/tiny-model-set.ts'

const items = sampleItems(12)
const catalog = catalogOf(items)
const { models } = liveModels(catalog)
const handles = handlesFor(loadWhole(models, 'a', tinyModelSet(items, 1, tinyRanker())), [])
const broken = handlesFor(
  loadWhole(models, 'b', tinyModelSet(items, 1, { ...tinyRanker(), onnx: Uint8Array.of(1, 2, 3) })),
  [],
)

let pool: RankPool

afterEach(async () => {
  await pool.stop()
})

async function open(values: Record<string, number> = {}): Promise<void> {
  pool = new RankPool(testSettings({ 'ranking.threads': 2, ...values }), tablesOf(catalog))
  await pool.started
}

const request = (generation: number, tablesVersion = 1) =>
  packedRequest(catalog, { pins: { generation, tablesVersion } })

const history = encodeFrame(historyLayout, {
  generation: handles.generation,
  tablesVersion: 1,
  querySeq: catalog.appliedSeq,
  historyItem: Uint32Array.of(3, 5),
  historyWeight: Float32Array.of(1, 1),
})

/** The pool's own threads: nothing else in it tells them apart. */
const threadsOf = (of: RankPool) => (of as unknown as { pool: { threads: Worker[] } }).pool.threads

/** More tasks than threads, at once, so that every thread gets some. */
const encodings = (count = 24) => Promise.allSettled(Array.from({ length: count }, () => pool.encode([history])))

describe('the pool of rank threads', () => {
  it('ranks and encodes in whichever thread is free, to the same bits', async () => {
    await open()
    await pool.prepare(handles)
    const results = await encodings()
    const vectors = results.map(result => {
      if (result.status === 'rejected') throw result.reason
      return decodeFrame(queryVectorsLayout, result.value[0])
    })
    expect(vectors[0].collaborative).toHaveLength(8)
    for (const vector of vectors) expect(vector).toEqual(vectors[0])
    const ranked = decodeFrame(rankingLayout, await pool.rank(request(handles.generation), []))
    expect([ranked.ranked, ranked.neural]).toEqual([0, 1])
  })

  it('has prepared a model set when every thread has it: no task after that waits', async () => {
    await open({ 'funnel.requestDeadlineMs': 10 })
    await pool.prepare(handles)
    // A thread without the set would let its tasks fail after 10 ms.
    const results = await encodings()
    expect(results.map(result => result.status)).toEqual(results.map(() => 'fulfilled'))
  })

  it('refuses a model set that no thread can load, and goes on with the others', async () => {
    await open()
    await pool.prepare(handles)
    await expect(pool.prepare(broken)).rejects.toThrow()
    pool.retire(broken.generation)
    expect((await encodings(4)).map(result => result.status)).toEqual(Array(4).fill('fulfilled'))
  })

  it('serves a set no more that was retired', async () => {
    await open({ 'funnel.requestDeadlineMs': 50 })
    await pool.prepare(handles)
    pool.retire(handles.generation)
    await expect(pool.rank(request(handles.generation), [])).rejects.toThrow(/did not arrive/)
  })

  it('gives a thread that replaces a dead one the tables and the model sets before it works', async () => {
    await open()
    await pool.prepare(handles)
    pool.setTables(tablesOf(catalog, 5))
    const before = threadsOf(pool).map(thread => thread.threadId)
    await threadsOf(pool)[0].terminate()
    const results = await encodings()
    expect(results.filter(result => result.status === 'rejected').length).toBeLessThanOrEqual(1)
    while (threadsOf(pool).filter(thread => !before.includes(thread.threadId)).length === 0) await sleep(10)
    expect(threadsOf(pool)).toHaveLength(2)
    expect((await encodings()).map(result => result.status)).not.toContain('rejected')
    await Promise.all(Array.from({ length: 12 }, () => pool.rank(request(handles.generation, 5), [])))
  })

  it('prepares a set although a thread dies over it', async () => {
    await open()
    const prepared = pool.prepare(handles)
    await threadsOf(pool)[0].terminate()
    await prepared
    expect((await encodings()).filter(result => result.status === 'rejected').length).toBeLessThanOrEqual(1)
  })

  it('lets tasks wait for tables they were sent ahead of', async () => {
    await open()
    const early = pool.rank(request(0, 9), [])
    await sleep(20)
    pool.setTables(tablesOf(catalog, 9))
    expect(decodeFrame(rankingLayout, await early).ranked).toBe(0)
  })

  it('refuses tasks at once when as many wait as may', async () => {
    await open({ 'ranking.threads': 1, 'ranking.queueMax': 2 })
    const settled: string[] = []
    const tasks = Array.from({ length: 6 }, (_, i) =>
      pool.rank(request(0, 9), []).then(
        () => settled.push(`${i} done`),
        () => settled.push(`${i} refused`),
      ),
    )
    await sleep(20)
    const refused = settled.length
    expect(refused).toBeGreaterThanOrEqual(3)
    expect(settled.every(entry => entry.endsWith('refused'))).toBe(true)
    pool.setTables(tablesOf(catalog, 9))
    await Promise.all(tasks)
    expect(settled.filter(entry => entry.endsWith('done'))).toHaveLength(6 - refused)
  })
})
