import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { decodeFrame } from '../../../domain/frame.ts'
import { settingsText } from '../../../funnel/fragments.ts'
import { retrievalLayout } from '../../../funnel/retrieval-frame.ts'
import type { IndexThreadData } from '../../../workers/index-thread/messages.ts'
import { IndexThreadProxy, type RetrieveOutcome } from '../../../workers/index-thread/proxy.ts'
import { handlesFor, liveModels, loadWhole, tablesOf } from '../../fakes/loaded-models.ts'
import { packedRequest } from '../../fakes/requests.ts'
import { catalogOf, startOf2024 as now, sampleItem, sampleItems, testSettings } from '../../fakes/samples.ts'
import { tinyModelSet } from '../../fakes/tiny-model-set.ts'

const items = sampleItems(30)
const everything = [...items.keys()]
const catalog = catalogOf(items)
const set = loadWhole(liveModels(catalog).models, 'a', tinyModelSet(items))

/** A real index thread, and what it told. */
class Thread {
  readonly log: string[] = []
  readonly proxy: IndexThreadProxy
  private readonly waiting = new Map<string, () => void>()

  constructor(data: Partial<IndexThreadData> = {}) {
    const whole = { shard: 0, shards: 1, settings: settingsText(testSettings()), tables: tablesOf(catalog), ...data }
    this.proxy = new IndexThreadProxy(whole, {
      ready: () => this.heard('ready'),
      filled: () => this.heard('filled'),
      prepared: generation => this.heard(`prepared ${generation}`),
      prepareFailed: generation => this.heard(`prepare failed ${generation}`),
      died: reason => {
        this.log.push(reason)
        this.heard('died')
      },
    })
    threads.push(this)
  }

  until(event: string): Promise<void> {
    if (this.log.includes(event)) return Promise.resolve()
    return new Promise(resolve => this.waiting.set(event, resolve))
  }

  retrieve(frame: ArrayBuffer): Promise<RetrieveOutcome> {
    return new Promise(resolve => this.proxy.retrieve(frame, resolve))
  }

  private heard(event: string): void {
    this.log.push(event)
    this.waiting.get(event)?.()
  }
}

let threads: Thread[] = []

afterEach(async () => {
  await Promise.all(threads.map(thread => thread.proxy.stop()))
  threads = []
})

async function filled(): Promise<Thread> {
  const thread = new Thread()
  await thread.until('ready')
  thread.proxy.fill(Uint32Array.from(everything))
  thread.proxy.prepare(handlesFor(set, everything))
  await thread.until('filled')
  await thread.until(`prepared ${set.generation}`)
  return thread
}

const request = (generation = set.generation) => packedRequest(catalog, { pins: { generation }, now })

async function proposedBy(thread: Thread): Promise<number[]> {
  const outcome = await thread.retrieve(request())
  if (!outcome.ok) throw new Error(outcome.reason)
  const { items: proposed, counts } = decodeFrame(retrievalLayout, outcome.frame)
  return [
    ...proposed.subarray(
      0,
      counts.reduce((sum, count) => sum + count, 0),
    ),
  ]
}

describe('an index thread', () => {
  it('is asked nothing before it has said that it is ready', async () => {
    const thread = new Thread()
    expect(await thread.retrieve(request())).toMatchObject({ ok: false, reason: expect.stringContaining('not ready') })
    await thread.until('ready')
  })

  it('searches the items it was given, and those that come later', async () => {
    const thread = await filled()
    expect(new Set(await proposedBy(thread))).toEqual(new Set(everything))
    const state = catalogOf([...items, sampleItem('new', { publishedAt: now - 1000 })])
    const other = new Thread({ tables: tablesOf(state) })
    await other.until('ready')
    other.proxy.itemsChanged(Uint32Array.of(30))
    // Another shard runs the global sources.
    const frame = packedRequest(state, { now, pins: { globalShard: 1 } })
    const outcome = await other.retrieve(frame)
    expect(outcome.ok && [...decodeFrame(retrievalLayout, outcome.frame).items]).toEqual([30])
  })

  it('finds a new item although a model set is being built', async () => {
    const many = sampleItems(1500)
    const state = catalogOf([...many, sampleItem('new', { publishedAt: now - 1000 })])
    const settings = settingsText(testSettings({ 'index.exactItemsMax': 0, 'index.buildWidth': 2000 }))
    const thread = new Thread({ tables: tablesOf(state), settings })
    await thread.until('ready')
    const handles = handlesFor(loadWhole(liveModels(state).models, 'a', tinyModelSet(many)), many.keys())
    for (let n = 0; n < 4; n++) thread.proxy.prepare({ ...handles, generation: n + 1 })
    thread.proxy.itemsChanged(Uint32Array.of(1500))
    const outcome = await thread.retrieve(packedRequest(state, { now, pins: { globalShard: 1 } }))
    expect(outcome.ok && [...decodeFrame(retrievalLayout, outcome.frame).items]).toEqual([1500])
    expect(thread.log).toEqual(['ready'])
  })

  describe('that serves a set, told to prepare another of many items', () => {
    const many = sampleItems(400)
    const settings = settingsText(testSettings({ 'index.exactItemsMax': 0 }))
    let folder: string

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'sluice-test-'))
      vi.stubEnv('TMPDIR', folder)
    })

    afterEach(async () => {
      vi.unstubAllEnvs()
      await rm(folder, { recursive: true })
    })

    async function serving() {
      const state = catalogOf([...many, sampleItem('late')])
      const { models } = liveModels(state)
      const [first, second] = ['a', 'b'].map(id => loadWhole(models, id, tinyModelSet(many)))
      const thread = new Thread({ tables: tablesOf(state), settings })
      await thread.until('ready')
      thread.proxy.fill(Uint32Array.from(many.keys()))
      thread.proxy.prepare(handlesFor(first, many.keys()))
      await thread.until(`prepared ${first.generation}`)
      const frame = ({ generation }: { readonly generation: number }) =>
        packedRequest(state, { pins: { generation, globalShard: 1 }, now })
      return { thread, first, second, frame, late: many.length }
    }

    it('has a thread build its graphs, serves meanwhile, and misses no change', async () => {
      const { thread, first, second, frame, late } = await serving()
      thread.proxy.prepare(handlesFor(second, many.keys()))
      thread.proxy.itemsChanged(Uint32Array.of(late))
      expect(await thread.retrieve(frame(second))).toMatchObject({ ok: false })
      const [expected] = [await thread.retrieve(frame(first))]
      await thread.until(`prepared ${second.generation}`)
      const found = await thread.retrieve(frame(second))
      const itemsOf = (outcome: RetrieveOutcome) =>
        outcome.ok && new Set(decodeFrame(retrievalLayout, outcome.frame).items)
      expect(itemsOf(found)).toEqual(itemsOf(expected))
      expect(itemsOf(found)).toContain(late)
      expect(await readdir(folder)).toEqual([])
    })

    it('gives up when the other is retired, and leaves nothing behind', async () => {
      const { thread, first, second, frame } = await serving()
      thread.proxy.prepare(handlesFor(second, many.keys()))
      thread.proxy.retire(second.generation)
      await Promise.race([
        thread.until(`prepare failed ${second.generation}`),
        thread.until(`prepared ${second.generation}`),
      ])
      expect(await thread.retrieve(frame(second))).toMatchObject({ ok: false })
      expect(await thread.retrieve(frame(first))).toMatchObject({ ok: true })
      expect(await readdir(folder)).toEqual([])
    })

    it('ends at once when it is stopped meanwhile', async () => {
      const { thread, second } = await serving()
      thread.proxy.prepare(handlesFor(second, many.keys()))
      await thread.proxy.stop()
      expect(thread.log).not.toContain('died')
      expect(await readdir(folder)).toEqual([])
    })
  })

  it('answers every call, each with its own result', async () => {
    const thread = await filled()
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, (_, i) => thread.retrieve(request(i % 2 === 0 ? set.generation : 99))),
    )
    expect(outcomes.map(outcome => outcome.ok)).toEqual(outcomes.map((_, i) => i % 2 === 0))
    expect(outcomes[1]).toMatchObject({ reason: expect.stringContaining('model set 99 is not loaded') })
  })

  it('serves no set that was retired', async () => {
    const thread = await filled()
    thread.proxy.retire(set.generation)
    expect(await thread.retrieve(request())).toMatchObject({ ok: false, reason: expect.stringContaining('not loaded') })
  })

  it('answers, when it dies, all calls that wait, and every later one at once', async () => {
    const thread = await filled()
    thread.proxy.die()
    const waiting = Array.from({ length: 20 }, () => thread.retrieve(request()))
    for (const outcome of await Promise.all(waiting)) expect(outcome).toMatchObject({ ok: false })
    await thread.until('died')
    expect(thread.log.filter(event => event === 'died')).toHaveLength(1)
    let answered = false
    thread.proxy.retrieve(request(), outcome => {
      answered = !outcome.ok
    })
    expect(answered).toBe(true)
  })

  it('that can not even start is a death like any other', async () => {
    const thread = new Thread({ settings: { 'index.shards': 'many' } })
    await thread.until('died')
    expect(thread.log[0]).toContain('index.shards')
  })

  it('that can not place an item dies rather than go on without it', async () => {
    const thread = await filled()
    thread.proxy.itemsChanged({} as never)
    await thread.until('died')
    expect(thread.log.join()).toContain('items could not be placed')
  })

  it('ends in good order when it is stopped: no death, and what was asked before is answered', async () => {
    const thread = await filled()
    const last = thread.retrieve(request())
    await thread.proxy.stop()
    expect((await last).ok).toBe(true)
    expect(thread.log).not.toContain('died')
  })

  it('does not finish a long build before it ends', async () => {
    const many = sampleItems(800)
    const large = catalogOf(many)
    const handles = handlesFor(loadWhole(liveModels(large).models, 'a', tinyModelSet(many)), many.keys())
    const settings = settingsText(
      testSettings({ 'index.exactItemsMax': 0, 'index.buildWidth': 2000, 'index.upsertSliceMs': 1 }),
    )
    const [stopped, other] = [0, 1].map(() => new Thread({ tables: tablesOf(large), settings }))
    await Promise.all([stopped.until('ready'), other.until('ready')])
    // Four times the work of the other thread, so that ending early is no accident.
    for (let n = 0; n < 4; n++) stopped.proxy.prepare({ ...handles, generation: handles.generation + n })
    other.proxy.prepare(handles)
    const first = await Promise.race([
      stopped.proxy.stop().then(() => 'the thread has ended'),
      other.until(`prepared ${handles.generation}`).then(() => 'another has built a part of it'),
    ])
    expect(first).toBe('the thread has ended')
  })
})
