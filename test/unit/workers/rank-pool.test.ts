import { setTimeout as sleep } from 'node:timers/promises'
import { BroadcastChannel, type Worker } from 'node:worker_threads'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { decodeFrame, encodeFrame } from '../../../domain/frame.ts'
import { Role } from '../../../domain/roles.ts'
import { historyLayout, queryVectorsLayout } from '../../../funnel/hydrators/query-vectors.ts'
import { rankingLayout } from '../../../funnel/ranking-frame.ts'
import { createLogger } from '../../../telemetry/log.ts'
import { RankPool } from '../../../workers/rank-pool/pool.ts'
import { emptyEpoch, handlesFor, liveModels, loadWhole, tablesOf } from '../../fakes/loaded-models.ts'
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

async function open(values: Record<string, number> = {}): Promise<RankPool> {
  const pool = new RankPool(
    testSettings({ 'ranking.threads': 2, ...values }),
    tablesOf(catalog),
    createLogger({ name: 'test', level: 'silent' }),
  )
  await pool.started
  return pool
}

const request = (generation: number, tablesVersion = 1) =>
  packedRequest(catalog, { pins: { generation, tablesVersion } })

const history = encodeFrame(historyLayout, {
  generation: handles.generation,
  tablesVersion: 1,
  querySeq: catalog.appliedSeq,
  hour: 0,
  historyItem: Uint32Array.of(3, 5),
  historyWeight: Float32Array.of(1, 1),
  historyRoles: Uint8Array.of(Role.click, Role.click),
  profileColumns: new Uint16Array(0),
})

/** The pool's own threads: nothing else in it tells them apart. */
const threadsOf = (of: RankPool) => (of as unknown as { pool: { threads: Worker[] } }).pool.threads

/** More tasks than threads, at once, so that every thread gets some. */
const encodings = (pool: RankPool, count = 24) =>
  Promise.allSettled(Array.from({ length: count }, () => pool.encode([history])))

const statuses = (results: readonly PromiseSettledResult<unknown>[]) => new Set(results.map(result => result.status))

describe('rank threads', () => {
  let pool: RankPool

  beforeAll(async () => {
    pool = await open({ 'funnel.requestDeadlineMs': 300 })
    await pool.prepare(handles)
  })

  afterAll(async () => {
    await pool.stop()
  })

  it('rank and encode, whichever is free, to the same bits', async () => {
    const vectors = (await encodings(pool)).map(result => {
      if (result.status === 'rejected') throw result.reason
      return decodeFrame(queryVectorsLayout, result.value[0])
    })
    expect(vectors[0].collaborative).toHaveLength(8)
    for (const vector of vectors) expect(vector).toEqual(vectors[0])
    const ranked = decodeFrame(rankingLayout, await pool.rank(request(handles.generation), []))
    expect([ranked.ranked, ranked.neural]).toEqual([0, 1])
  })

  it('refuse a model set that they can not load, and go on with the others', async () => {
    await expect(pool.prepare(broken)).rejects.toThrow()
    pool.retire(broken.generation)
    expect(statuses(await encodings(pool, 4))).toEqual(new Set(['fulfilled']))
  })

  it('let tasks wait for tables they were sent ahead of', async () => {
    const early = pool.rank(request(0, 2), [])
    await sleep(20)
    pool.setTables(tablesOf(catalog, 2))
    expect(decodeFrame(rankingLayout, await early).ranked).toBe(0)
  })

  it('serve a set no more that was retired', async () => {
    pool.retire(handles.generation)
    // The word of it and the next task come by different ways.
    await vi.waitFor(() => expect(pool.rank(request(handles.generation), [])).rejects.toThrow(/is retired/), 10_000)
  })
})

describe('the pool', () => {
  let pool: RankPool

  afterEach(async () => {
    await pool.stop()
  })

  it('has prepared a model set when every thread has it: no task after that waits', async () => {
    // A thread without the set would let its tasks fail after 10 ms.
    pool = await open({ 'funnel.requestDeadlineMs': 10 })
    await pool.prepare(handles)
    expect(statuses(await encodings(pool))).toEqual(new Set(['fulfilled']))
  })

  it('gives a thread that replaces a dead one the tables and the model sets before it works', async () => {
    pool = await open()
    await pool.prepare(handles)
    pool.setTables(tablesOf(catalog, 5))
    const before = threadsOf(pool).map(thread => thread.threadId)
    await threadsOf(pool)[0].terminate()
    const results = await encodings(pool)
    expect(results.filter(result => result.status === 'rejected').length).toBeLessThanOrEqual(1)
    await vi.waitFor(
      () => expect(threadsOf(pool).some(({ threadId }) => !before.includes(threadId))).toBe(true),
      10_000,
    )
    expect(threadsOf(pool)).toHaveLength(2)
    expect(statuses(await encodings(pool))).toEqual(new Set(['fulfilled']))
    await Promise.all(Array.from({ length: 12 }, () => pool.rank(request(handles.generation, 5), [])))
  })

  it('goes on when threads fail that have no task', async () => {
    pool = await open()
    await pool.prepare(handles)
    const { name } = (pool as unknown as { channel: BroadcastChannel }).channel
    const stranger = new BroadcastChannel(name)
    stranger.postMessage({ type: 'tables', tables: { version: 99 } })
    await sleep(50)
    stranger.close()
    await vi.waitFor(async () => expect(statuses(await encodings(pool))).toEqual(new Set(['fulfilled'])), 10_000)
  })

  it('knows in a new thread the epochs that requests pinned before it came', async () => {
    pool = await open({ 'ranking.threads': 1 })
    await pool.prepare(handles)
    pool.setTables(tablesOf(catalog, 5, { ...emptyEpoch(), counters: { ...emptyEpoch().counters, epoch: 7 } }))
    const [old] = threadsOf(pool)
    await old.terminate()
    await vi.waitFor(() => expect(threadsOf(pool)[0]?.threadId).not.toBe(old.threadId), 10_000)
    // Pinned when the epoch was 0.
    await pool.rank(request(handles.generation, 1), [])
  })

  it('prepares a set although a thread dies over it', async () => {
    pool = await open()
    const prepared = pool.prepare(handles)
    await threadsOf(pool)[0].terminate()
    await prepared
    const results = await encodings(pool)
    expect(results.filter(result => result.status === 'rejected').length).toBeLessThanOrEqual(1)
  })

  it('refuses tasks at once when as many wait as may', async () => {
    pool = await open({ 'ranking.threads': 1, 'ranking.queueMax': 2 })
    const settled: string[] = []
    const tasks = Array.from({ length: 6 }, () =>
      pool.rank(request(0, 9), []).then(
        () => settled.push('done'),
        error => settled.push(error.name),
      ),
    )
    await sleep(20)
    const refused = settled.length
    expect(refused).toBeGreaterThanOrEqual(3)
    expect(new Set(settled)).toEqual(new Set(['RankQueueFull']))
    pool.setTables(tablesOf(catalog, 9))
    await Promise.all(tasks)
    expect(settled.filter(entry => entry === 'done')).toHaveLength(6 - refused)
  })
})
