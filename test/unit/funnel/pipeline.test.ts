import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { decodeFrame } from '../../../domain/frame.ts'
import type { RecommendationRequest } from '../../../domain/recommendation.ts'
import { Role } from '../../../domain/roles.ts'
import { hashFeatures } from '../../../features/feature-hash.ts'
import { featureCount } from '../../../features/schema.ts'
import { UserState } from '../../../features/user-state.ts'
import { noQueryVectors, type QueryVectors } from '../../../features/vector-spaces.ts'
import { unpackCandidates } from '../../../funnel/candidate-log.ts'
import { filters } from '../../../funnel/filters/registry.ts'
import { type LoadedModelSet, loadModelSet } from '../../../funnel/loaded-model-set.ts'
import { RankStage } from '../../../funnel/rank.ts'
import { type RankingFrame, rankingLayout } from '../../../funnel/ranking-frame.ts'
import { retrievalLayout } from '../../../funnel/retrieval-frame.ts'
import { RetrievalStage } from '../../../funnel/retrieve.ts'
import { sources } from '../../../funnel/sources/registry.ts'
import { TableReaders } from '../../../funnel/table-readers.ts'
import { exhaust, handlesFor, liveModels, loadWhole, tablesOf } from '../../fakes/loaded-models.ts'
import { packedRequest } from '../../fakes/requests.ts'
import { catalogOf, startOf2024 as now, sampleItems, sampleRequest, testSettings } from '../../fakes/samples.ts'
import { tinyModelSet, tinyRanker } from '../../fakes/tiny-model-set.ts'

/** The stages of all threads in this one: two partitions, one rank stage, and a model set with a ranker. */
const settings = testSettings()
const items = sampleItems(60)
const catalog = catalogOf(items)
const set = loadWhole(liveModels(catalog).models, 'a', tinyModelSet(items, 1, tinyRanker()))
const partitionOf = (item: number) => item % 2
const shards = [0, 1].map(shard => {
  const stage = new RetrievalStage(shard, 2, settings, () => 0)
  const owned = [...items.keys()].filter(item => partitionOf(item) === shard)
  stage.partition.setTables(tablesOf(catalog))
  exhaust(stage.partition.update(Uint32Array.from(owned)))
  exhaust(stage.partition.prepare(handlesFor(set, owned)))
  return stage
})
const tables = new TableReaders()
tables.set(tablesOf(catalog))
const rankStage = new RankStage(settings, tables, () => 0)
let models: LoadedModelSet

beforeAll(async () => {
  models = await loadModelSet(handlesFor(set, []), settings)
})

interface Run {
  readonly asked?: Partial<RecommendationRequest>
  readonly history?: readonly number[]
  readonly generation?: number
  readonly answering?: readonly RetrievalStage[]
}

function encode(history: readonly number[]): Promise<QueryVectors> {
  const frame = {
    generation: set.generation,
    tablesVersion: 1,
    hour: 0,
    querySeq: catalog.appliedSeq,
    historyItem: Uint32Array.from(history),
    historyWeight: new Float32Array(history.length).fill(1),
    historyRoles: new Uint8Array(history.length).fill(Role.click),
    profileColumns: new Uint16Array(0),
  }
  return models.encoder.encode(frame, catalog.items)
}

async function pack({ asked, history = [], generation = set.generation }: Run): Promise<ArrayBuffer> {
  const user = new UserState()
  for (const item of history) user.seen.add(item, 100)
  const query = generation === 0 || history.length === 0 ? noQueryVectors : await encode(history)
  return packedRequest(catalog, { request: sampleRequest('u', asked), user, query, pins: { generation }, now })
}

async function run(options: Run = {}): Promise<RankingFrame> {
  const request = await pack(options)
  const replies = (options.answering ?? shards).map(stage => stage.retrieve(request))
  const ranked = await rankStage.rank(request, replies, options.generation === 0 ? null : models)
  return decodeFrame(rankingLayout, ranked)
}

const slateOf = (result: RankingFrame) => [...result.items.subarray(0, result.slateLength)]

describe('retrieval over partitions', () => {
  it('proposes nothing twice: what a partitioned source finds lies in one partition only', async () => {
    const request = await pack({ history: [1, 6, 11] })
    for (const [shard, stage] of shards.entries()) {
      const { counts, items: found } = decodeFrame(retrievalLayout, stage.retrieve(request))
      let at = 0
      for (const [s, source] of sources.entries()) {
        const proposed = [...found.subarray(at, at + counts[s])]
        at += counts[s]
        expect(new Set(proposed).size).toBe(proposed.length)
        if (source.kind === 'partitioned') expect(proposed.every(item => partitionOf(item) === shard)).toBe(true)
        else if (shard !== 0) expect(proposed).toEqual([])
      }
    }
  })
})

describe('one feed of one model set', () => {
  it('is what the threads say of themselves, not what they were asked', async () => {
    expect((await run({ history: [1, 6] })).generation).toBe(set.generation)
    expect((await run({ generation: 0 })).generation).toBe(0)
    const request = await pack({ history: [1, 6] })
    const without = await pack({ generation: 0 })
    const replies = [shards[0].retrieve(request), shards[1].retrieve(without)]
    expect(decodeFrame(rankingLayout, await rankStage.rank(request, replies, models)).generation).toBe(-1)
  })
})

describe('the funnel', () => {
  it('serves only what every filter lets pass, each item once, with who proposed it', async () => {
    const asks = fc.record({
      exclude: fc.array(
        fc.nat(59).map(i => `i${i}`),
        { maxLength: 20 },
      ),
      categories: fc.subarray(['category-0', 'category-1', 'category-2'], { maxLength: 2 }),
      history: fc.uniqueArray(fc.nat(59), { maxLength: 12 }),
      n: fc.integer({ min: 1, max: 30 }),
    })
    await fc.assert(
      fc.asyncProperty(asks, async ({ exclude, categories, history, n }) => {
        const result = await run({ asked: { exclude, categories, n }, history })
        const returned = [...result.items]
        const allowed = new Set(categories)
        expect(new Set(returned).size).toBe(returned.length)
        expect(returned.filter(item => history.includes(item))).toEqual([])
        expect(returned.filter(item => exclude.includes(`i${item}`))).toEqual([])
        if (allowed.size > 0) expect(returned.filter(item => !allowed.has(items[item].categories[0]))).toEqual([])
        expect(result.slateLength).toBe(Math.min(n, result.ranked))
        expect(result.proposers.every(bits => bits > 0)).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  it('gives the same bytes for the same request', async () => {
    const [a, b] = [await run({ history: [3, 8] }), await run({ history: [3, 8] })]
    await run({ history: [1] })
    expect(b).toEqual(a)
    expect(await run({ history: [3, 8] })).toEqual(a)
  })

  it('counts what was seen as removed once, however many sources proposed it', async () => {
    const result = await run({ history: [2, 6, 10], asked: { explain: true } })
    const seen = filters.findIndex(filter => filter.name === 'seen')
    expect(result.removedCounts[seen]).toBeLessThanOrEqual(3)
    expect(new Set(result.removedItems).size).toBe(result.removedItems.length)
    expect([...result.removedItems].every((item, i) => result.removedBy[i] !== seen || [2, 6, 10].includes(item))).toBe(
      true,
    )
  })

  it('scores with the model: probabilities of all objectives, and places by their value', async () => {
    const result = await run({ history: [3, 8] })
    expect(result.neural).toBe(1)
    expect(result.probabilities.every(p => p > 0 && p < 1)).toBe(true)
    const byPlace = [...result.rankedAt.keys()].sort((a, b) => result.rankedAt[a] - result.rankedAt[b])
    const values = byPlace.map(i => result.values[i])
    expect(values).toEqual([...values].sort((a, b) => b - a))
  })

  it('logs the candidates it ranked, and a hash over their features', async () => {
    const result = await run({ history: [3, 8] })
    const log = unpackCandidates(result.candidates)
    expect(log.items).toHaveLength(result.ranked)
    expect([...result.items].every(item => log.items.includes(item))).toBe(true)
    expect(result.features).toHaveLength(result.items.length * featureCount)
    const everything = await run({
      history: [3, 8],
      asked: { n: 100, overrides: { stopAfter: 'retrieved', depth: 100 } },
    })
    expect(hashFeatures(everything.features, everything.features.length)).toBe(result.featureHash)
  })

  it('keeps the merged order, without probabilities, while there is no model set', async () => {
    const asked = { overrides: { stopAfter: 'ranked' as const } }
    const result = await run({ generation: 0, asked })
    expect(result.neural).toBe(0)
    expect(slateOf(result)).toEqual(
      slateOf(await run({ generation: 0, asked: { overrides: { stopAfter: 'retrieved' } } })),
    )
    expect(result.probabilities.every(Number.isNaN)).toBe(true)
    expect([...result.mergedRank]).toEqual([...result.mergedRank.keys()])
    // Without vectors and events, only what is fresh is proposed, newest first.
    expect(slateOf(result)).toEqual([59, 58, 57, 56, 55, 54, 53, 52, 51, 50])
  })

  it('goes on with the partitions that answered', async () => {
    const result = await run({ history: [3, 8], answering: [shards[0]] })
    expect(result.slateLength).toBe(10)
    const isPartitioned = (bits: number) =>
      sources.some((s, bit) => s.kind === 'partitioned' && (bits >> bit) % 2 === 1)
    const others = [...result.items.keys()].filter(i => partitionOf(result.items[i]) === 1)
    expect(others.filter(i => isPartitioned(result.proposers[i]))).toEqual([])
    expect((await run({ answering: [] })).slateLength).toBe(0)
  })

  it('gives an empty slate when only categories are asked for that nobody has', async () => {
    const result = await run({ history: [3], asked: { categories: ['unheard of'] } })
    expect([result.ranked, result.slateLength]).toEqual([0, 0])
  })

  it('fails when the epoch of the counters that was pinned is gone, rather than rank with another', async () => {
    const request = packedRequest(catalog, { pins: { counterEpoch: 99 } })
    await expect(rankStage.rank(request, [], models)).rejects.toThrow(/epoch 99 is gone/)
  })
})
