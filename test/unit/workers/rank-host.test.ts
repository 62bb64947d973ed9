import { describe, expect, it } from 'vitest'
import { decodeFrame, encodeFrame } from '../../../domain/frame.ts'
import { Role } from '../../../domain/roles.ts'
import { historyLayout, queryVectorsLayout } from '../../../funnel/hydrators/query-vectors.ts'
import { rankingLayout } from '../../../funnel/ranking-frame.ts'
import { RankHost } from '../../../workers/rank-pool/rank-host.ts'
import { handlesFor, liveModels, loadWhole, tablesOf } from '../../fakes/loaded-models.ts'
import { packedRequest } from '../../fakes/requests.ts'
import { catalogOf, sampleItems, testSettings } from '../../fakes/samples.ts'
import { tinyModelSet } from '../../fakes/tiny-model-set.ts'

const items = sampleItems(10)
const catalog = catalogOf(items)
const { models } = liveModels(catalog)
const [first, second] = [1, 2].map(seed => handlesFor(loadWhole(models, `set-${seed}`, tinyModelSet(items, seed)), []))

const host = (waitMs = 5000) => new RankHost(testSettings(), waitMs)

const rank = (generation: number, tablesVersion = 1) => ({
  type: 'rank' as const,
  request: packedRequest(catalog, { pins: { generation, tablesVersion } }),
  shards: [],
})

const encode = (generation: number) => ({
  type: 'encode' as const,
  histories: [
    encodeFrame(historyLayout, {
      generation,
      tablesVersion: 1,
      querySeq: catalog.appliedSeq,
      hour: 0,
      historyItem: Uint32Array.of(3),
      historyWeight: Float32Array.of(1),
      historyRoles: Uint8Array.of(Role.click),
      profileColumns: new Uint16Array(0),
    }),
  ],
})

/** 'waiting' while a promise is open, after everything that can happen has happened. */
async function standOf(promise: Promise<unknown>): Promise<string> {
  const later = new Promise(resolve => setTimeout(resolve, 20, 'waiting'))
  return String(await Promise.race([promise.then(() => 'done'), later]))
}

describe('a rank thread', () => {
  it('runs a task that came before its tables once they are there', async () => {
    const rankHost = host()
    const task = rankHost.run(rank(0, 2))
    rankHost.setTables(tablesOf(catalog, 1))
    expect(await standOf(task)).toBe('waiting')
    rankHost.setTables(tablesOf(catalog, 2))
    expect(decodeFrame(rankingLayout, (await task) as ArrayBuffer).ranked).toBe(0)
  })

  it('runs a task that came before its model set once that is loaded, and with no other', async () => {
    const rankHost = host()
    rankHost.setTables(tablesOf(catalog))
    await rankHost.prepare(first)
    const task = rankHost.run(encode(second.generation))
    expect(await standOf(task)).toBe('waiting')
    await rankHost.prepare(second)
    const vectorOf = async (result: unknown) => decodeFrame(queryVectorsLayout, ((await result) as ArrayBuffer[])[0])
    const fresh = host()
    fresh.setTables(tablesOf(catalog))
    await fresh.prepare(second)
    expect(await vectorOf(task)).toEqual(await vectorOf(fresh.run(encode(second.generation))))
    expect(await vectorOf(task)).not.toEqual(await vectorOf(rankHost.run(encode(first.generation))))
  })

  it('fails a task whose model set does not come, was retired, or is none where one is needed', async () => {
    const rankHost = host(10)
    rankHost.setTables(tablesOf(catalog))
    await expect(rankHost.run(rank(7))).rejects.toThrow(/did not arrive within 10 ms/)
    await rankHost.prepare(first)
    rankHost.retire(first.generation)
    await expect(rankHost.run(rank(first.generation))).rejects.toThrow(/is retired/)
    await expect(rankHost.run(encode(0))).rejects.toThrow(/need a model set/)
  })

  it('is told of a set twice without loading it twice', async () => {
    const rankHost = host()
    rankHost.setTables(tablesOf(catalog))
    await Promise.all([rankHost.prepare(first), rankHost.prepare(first)])
    await rankHost.prepare(first)
    expect(await rankHost.run(encode(first.generation))).toHaveLength(1)
  })

  it('keeps nothing of a set that is retired while it is being loaded', async () => {
    const rankHost = host(10_000)
    rankHost.setTables(tablesOf(catalog))
    const loading = rankHost.prepare(first)
    rankHost.retire(first.generation)
    await loading
    await expect(rankHost.run(rank(first.generation))).rejects.toThrow(/is retired/)
  })
})
