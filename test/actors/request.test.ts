import { describe, expect, it } from 'vitest'
import { decodeFrame } from '../../domain/frame.ts'
import { noQueryVectors } from '../../features/vector-spaces.ts'
import { queryKey } from '../../funnel/hydrators/query-history.ts'
import { requestLayout } from '../../funnel/request-frame.ts'
import { stop } from '../../supervision/system.ts'
import { RankQueueFull } from '../../workers/rank-pool/rank-queue-full.ts'
import { packRanked } from '../fakes/ranked-frame.ts'
import { startOf2024 } from '../fakes/samples.ts'
import { settings, RequestWorld as World } from './request.harness.ts'
import { settle } from './supervision.harness.ts'

describe('a request', () => {
  it('asks every shard with the same bytes, gathers, ranks, replies, and lets go of what it pinned', async () => {
    const world = new World()
    await world.hydrate()
    const frames = world.shards.map(shard => shard.of('retrieve')[0].frame)
    expect(frames[0]).toBe(frames[1])
    const pinned = decodeFrame(requestLayout, frames[0])
    expect(pinned).toMatchObject({ generation: 3, tablesVersion: 4, counterEpoch: 2, catalogSeq: 8, seed: 6 })
    const answers = [await world.answer(1), await world.answer(0)]
    expect(world.ranking.rankings[0].shards).toEqual(answers)
    expect(world.released).toBe(0)
    await world.ranked()
    expect(world.reply).toMatchObject({ partial: false, degraded: null, modelSet: 'set-3' })
    expect(world.reply.items.map(item => item.id)).toEqual(['i0', 'i1'])
    expect(world.released).toBe(1)
  })

  it('pins anew when the person turns out to be newer than what it pinned, and asks for the view again', async () => {
    const world = new World()
    await settle()
    world.catalog.appliedSeq = 20
    await world.hydrate([], null, 15)
    expect([world.users.of('view').length, world.shards[0].received]).toEqual([2, []])
    await world.hydrate([], null, 15)
    expect(decodeFrame(requestLayout, world.shards[0].of('retrieve')[0].frame)).toMatchObject({
      userSeq: 15,
      catalogSeq: 20,
    })
  })

  it('puts into the journal what was served, with everything it was computed from', async () => {
    const world = new World({ context: { region: 'de' } })
    await world.hydrate()
    await world.answer(0)
    await world.answer(1)
    await world.ranked()
    expect(world.served).toMatchObject([
      {
        requestId: 'request-of-u',
        user: 'u',
        items: ['i0', 'i1'],
        catalogSeq: 8,
        querySeq: 8,
        counterEpoch: 2,
        modelSet: 'set-3',
        schemaHash: 'schema',
        settingsHash: settings.hash,
        seed: 6,
        context: { region: 'de' },
        partial: false,
        degraded: null,
      },
    ])
  })

  it('is not journaled when an evaluation asks for it', async () => {
    const world = new World({ overrides: { unlogged: true } })
    await world.hydrate()
    await world.answer(0)
    await world.answer(1)
    await world.ranked()
    expect([world.reply.items.length, world.served]).toEqual([2, []])
  })
})

describe('the query vectors of a request', () => {
  it('are computed from the history, used for the search, and given to the user shard to keep', async () => {
    const world = new World()
    await world.hydrate([2, 5])
    expect(world.ranking.histories).toHaveLength(1)
    const { collaborativeQuery, contentQuery } = decodeFrame(requestLayout, world.shards[0].of('retrieve')[0].frame)
    expect([collaborativeQuery, contentQuery]).toEqual([Float32Array.of(1, 0), Float32Array.of(0, 1)])
    expect(world.users.of('cache-query')).toMatchObject([{ userId: 'u', query: { generation: 3, querySeq: 8 } }])
  })

  it('are those the user shard kept, where it has some', async () => {
    const world = new World()
    const vectors = { ...noQueryVectors, collaborative: Float32Array.of(9), content: Float32Array.of(8) }
    const noHistory = { historyTime: new Float64Array(0), historyRoles: new Uint8Array(0) }
    const key = queryKey({ now: startOf2024, region: 0, language: 0, ...noHistory })
    const query = { generation: 3, querySeq: 4, key, vectors }
    await world.hydrate([2], query)
    await world.answer(0)
    await world.answer(1)
    await world.ranked()
    expect([world.ranking.histories.length, world.users.of('cache-query').length]).toEqual([0, 0])
    expect(world.served[0].querySeq).toBe(4)
    expect(decodeFrame(requestLayout, world.ranking.rankings[0].request).collaborativeQuery).toEqual(Float32Array.of(9))
  })

  it('are left out without a history or a model set', async () => {
    for (const [world, history] of [
      [new World(), []],
      [new World({}, false), [1]],
    ] as const) {
      await world.hydrate(history)
      expect(world.ranking.histories).toEqual([])
      expect(world.shards[0].received).toHaveLength(1)
    }
  })

  it('are done without when they can not be computed, and the reply says so', async () => {
    const world = new World()
    world.ranking.encodeFailure = new Error('the thread ended')
    await world.hydrate([2])
    await world.answer(0)
    await world.answer(1)
    await world.ranked()
    expect(world.reply.degraded).toBe('query-vectors')
  })
})

describe('a shard that does not answer', () => {
  it('is left out at the deadline of the gather: the reply is partial', async () => {
    const world = new World()
    await world.hydrate()
    await world.answer(0)
    await world.wait(49)
    expect(world.ranking.rankings).toEqual([])
    await world.wait(2)
    expect(world.ranking.rankings[0].shards).toHaveLength(1)
    await world.ranked()
    expect(world.reply.partial).toBe(true)
    expect(world.served[0].partial).toBe(true)
  })

  it('is left out at once when it fails', async () => {
    const world = new World()
    await world.hydrate()
    await world.answer(0, 'the index thread is loading')
    await world.answer(1)
    await world.ranked()
    expect(world.reply.partial).toBe(true)
  })

  it('makes a partial reply also when its answer comes while the others are being ranked', async () => {
    const world = new World()
    await world.hydrate()
    await world.answer(0)
    await world.wait(60)
    await world.answer(1)
    await world.ranked()
    expect([world.reply.partial, world.ranking.rankings.length]).toEqual([true, 1])
  })

  it('is not even asked while it is known to be out, and another one runs the global sources', async () => {
    const world = new World({}, true, [0])
    await world.hydrate()
    expect(world.shards[0].received).toEqual([])
    // The seed 6 would name shard 0.
    expect(decodeFrame(requestLayout, world.shards[1].of('retrieve')[0].frame).globalShard).toBe(1)
    await world.answer(1)
    await world.ranked()
    expect(world.reply.partial).toBe(true)
  })

  it('leaves the feed of last resort when none answers in time, or every one fails', async () => {
    const late = new World()
    await late.hydrate()
    await late.wait(51)
    await late.lastResort()
    expect(late.reply).toMatchObject({ items: [{ id: 'i5' }], partial: true, degraded: 'last-resort' })
    expect(late.ranking.rankings).toEqual([])
    const failing = new World()
    await failing.hydrate()
    await failing.answer(0, 'a defect')
    await failing.answer(1, 'a defect')
    await failing.lastResort()
    expect(failing.reply.degraded).toBe('last-resort')
  })

  it('leaves the feed of last resort when none is up', async () => {
    const world = new World({}, true, [0, 1])
    await world.hydrate()
    await world.lastResort()
    expect(world.reply).toMatchObject({ items: [{ id: 'i5' }], partial: true, degraded: 'last-resort' })
    expect(world.ranking.rankings).toEqual([])
  })
})

describe('ranking that fails', () => {
  async function gathered(): Promise<World> {
    const world = new World()
    await world.hydrate()
    await world.answer(0)
    await world.answer(1)
    return world
  }

  it('is tried once more, because only the task of a thread that died is lost', async () => {
    const world = await gathered()
    await world.rankFails()
    expect(world.ranking.rankings).toHaveLength(2)
    await world.ranked()
    expect(world.reply.items).toHaveLength(2)
  })

  it('leaves the feed of last resort the second time, which needs neither a thread nor a model', async () => {
    const world = await gathered()
    await world.rankFails()
    await world.rankFails()
    expect(world.replyTo.received).toEqual([])
    const { generation, globalShard } = decodeFrame(requestLayout, world.ranking.lastResorts[0].request)
    expect([generation, globalShard, world.released]).toEqual([0, 0, 1])
    await world.lastResort()
    expect(world.reply).toMatchObject({ degraded: 'last-resort', modelSet: null, items: [{ id: 'i5' }] })
    expect(world.served).toMatchObject([{ degraded: 'last-resort', modelSet: '' }])
    expect([world.ranking.rankings.length, world.released]).toEqual([2, 1])
  })

  it('is an error when the last resort fails too', async () => {
    const world = await gathered()
    await world.rankFails()
    await world.rankFails()
    world.ranking.lastResorts[0].reject(new Error('a defect'))
    await settle()
    expect(world.replyTo.received).toMatchObject([{ type: 'recommendation-failed', code: 'internal' }])
    expect([world.released, world.served]).toEqual([1, []])
  })

  it('is not tried again when too many wait for it, and says that this is why', async () => {
    const world = await gathered()
    await world.rankFails(new RankQueueFull(256))
    expect(world.replyTo.received).toMatchObject([{ type: 'recommendation-failed', code: 'overloaded' }])
    expect([world.ranking.rankings.length, world.released]).toEqual([1, 1])
  })

  it('of the model alone serves the merged order and says so', async () => {
    const world = await gathered()
    await world.ranked({ items: [4, 2], neural: 0 })
    expect(world.reply).toMatchObject({ degraded: 'ranker', items: [{ id: 'i4' }, { id: 'i2' }] })
  })

  it('with another model set than the request pinned, or with several, is not served but counted', async () => {
    for (const generation of [2, 4, -1]) {
      const world = await gathered()
      await world.ranked({ items: [0, 1], generation })
      expect(world.replyTo.received).toEqual([])
      await world.lastResort()
      expect(world.reply).toMatchObject({ degraded: 'last-resort', modelSet: null, items: [{ id: 'i5' }] })
      expect(world.metrics.renderPrometheus()).toContain('sluice_mixed_feeds_total 1')
    }
  })

  it('with a result that makes no sense is answered as an error', async () => {
    const world = await gathered()
    world.ranking.rankings[0].resolve(new ArrayBuffer(3))
    await settle()
    expect(world.replyTo.received).toMatchObject([{ type: 'recommendation-failed', code: 'internal' }])
    expect(world.released).toBe(1)
  })
})

describe('the reply', () => {
  it('leaves out what was hidden since it was ranked, and fills up from the reserve', async () => {
    const world = new World()
    await world.hydrate()
    await world.answer(0)
    await world.answer(1)
    world.catalog.deleteItem('i0', 100)
    await world.ranked()
    expect(world.reply.items.map(item => item.id)).toEqual(['i1', 'i2'])
    expect(world.served[0].items).toEqual(['i1', 'i2'])
  })

  it('is given once, also when what comes after it fails', async () => {
    const world = new World()
    world.loggingFails = true
    await world.hydrate()
    await world.answer(0)
    await world.answer(1)
    await world.ranked()
    expect(world.reply.items).toHaveLength(2)
    expect(world.released).toBe(1)
  })

  it('is an error when the deadline passes before anything is known of the person', async () => {
    const world = new World()
    await world.wait(200)
    expect(world.replyTo.received).toMatchObject([{ type: 'recommendation-failed', code: 'deadline' }])
    expect(world.released).toBe(1)
  })

  it('is the feed of last resort when the deadline passes later, whatever still arrives', async () => {
    const stands: ((world: World) => Promise<unknown>)[] = [
      world => world.hydrate(),
      world => world.hydrate([1, 2]),
      async world => {
        await world.hydrate()
        await world.answer(0)
        await world.answer(1)
      },
    ]
    for (const standAt of stands) {
      const world = new World()
      await standAt(world)
      await world.wait(200)
      for (const { resolve } of world.ranking.rankings) resolve(packRanked({ items: [1] }))
      await settle()
      expect(world.replyTo.received).toEqual([])
      await world.lastResort()
      expect(world.reply).toMatchObject({ degraded: 'last-resort', items: [{ id: 'i5' }] })
      expect(world.released).toBe(1)
    }
  })

  it('is an error when the engine stops before there is a feed', async () => {
    const world = new World()
    await world.hydrate()
    await stop(world.ref as never)
    expect(world.replyTo.received).toMatchObject([{ type: 'recommendation-failed', code: 'not_ready' }])
    expect(world.released).toBe(1)
  })
})
