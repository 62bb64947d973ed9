import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { RunningEngine } from '../../actors/running-engine.ts'
import type { Recommendation } from '../../domain/recommendation.ts'
import { Role } from '../../domain/roles.ts'
import { DataFolder, feedOf, idsOf } from '../fakes/running-engine.ts'
import { day, sampleEvent, sampleItem, sampleItems, startOf2024 } from '../fakes/samples.ts'

const items = sampleItems(60)
let folder: DataFolder
let engine: RunningEngine

/** Journals clicks of one person and waits until they are applied. */
async function click(userId: string, ...itemIds: string[]): Promise<void> {
  const results = await engine.appendEvents(
    itemIds.map(item => sampleEvent(userId, item)),
    'applied',
  )
  for (const result of results) expect(result.status).toBe('applied')
}

describe('an engine over a small catalogue', () => {
  beforeAll(async () => {
    folder = await DataFolder.make()
    engine = await folder.open()
    await engine.putItems(items)
    // Gives the clock of the directory a time, at which the newest items are some days old.
    await click('somebody', 'i0')
  })

  afterAll(async () => {
    await folder.remove()
  })

  it('leaves out of the next feed what an event that was acknowledged as applied has made seen', async () => {
    const seen = new Set<string>()
    for (let round = 0; round < 5; round++) {
      const feed = idsOf(await feedOf(engine, 'reader'))
      expect(feed).toHaveLength(10)
      expect(feed.filter(id => seen.has(id))).toEqual([])
      await click('reader', ...feed.slice(0, 3))
      for (const id of feed.slice(0, 3)) seen.add(id)
    }
  })

  it('is seen by nobody else: another person still gets these items', async () => {
    const feed = idsOf(await feedOf(engine, 'first'))
    await click('first', ...feed.slice(0, 5))
    const others = idsOf(await feedOf(engine, 'second', { n: 50 }))
    for (const id of feed.slice(0, 5)) expect(others).toContain(id)
  })

  it('gives unknown people what is trending, and people of a segment what is trending among them', async () => {
    await engine.putUsers([
      { id: 'anna', region: 'de', ageBand: '25-34' },
      { id: 'ben', region: 'de', ageBand: '25-34' },
      { id: 'newcomer', region: 'de', ageBand: '25-34' },
    ])
    for (const person of ['anna', 'ben']) await click(person, 'i3', 'i4', 'i5')
    for (let n = 0; n < 6; n++) await click(`crowd-${n}`, 'i7')
    await engine.publishEpoch()
    const options = { n: 3, overrides: { sourceBudgets: { trending: 4 }, stopAfter: 'retrieved' as const } }
    expect(idsOf(await feedOf(engine, 'nobody ever heard of', options))[0]).toBe('i7')
    const among = idsOf(await feedOf(engine, 'newcomer', options))
    expect(among.filter(id => ['i3', 'i4', 'i5'].includes(id)).length).toBeGreaterThanOrEqual(2)
  })

  it('leaves out what a request excludes, and shows only the categories it asks for', async () => {
    const feed = await feedOf(engine, 'picky', { exclude: items.slice(0, 40).map(item => item.id), n: 20 })
    expect(idsOf(feed).every(id => Number(id.slice(1)) >= 40)).toBe(true)
    const comedies = await feedOf(engine, 'picky', { categories: ['category-2'], n: 5 })
    expect(idsOf(comedies)).toHaveLength(5)
    expect(idsOf(comedies).every(id => Number(id.slice(1)) % 4 === 2)).toBe(true)
    const none = await feedOf(engine, 'picky', { categories: ['nobody has this'] })
    expect(none).toMatchObject({ items: [], note: 'no item passed the filters for this person and request' })
  })

  it('says which sources proposed an item and what the filters removed', async () => {
    const shown = idsOf(await feedOf(engine, 'curious'))
    await click('curious', shown[0])
    const { trace } = await feedOf(engine, 'curious', { explain: true })
    expect(trace!.filters.seen).toBe(1)
    expect(trace!.removed).toContainEqual(expect.objectContaining({ id: shown[0], filter: 'seen' }))
    expect(trace!.paths).toHaveLength(10)
    for (const path of trace!.paths) expect(path.proposals.length).toBeGreaterThan(0)
  })

  it('shows a new item in the next feed, and a hidden or deleted one in no other', async () => {
    const now = engine.clock.now()
    await engine.putItems([sampleItem('brand-new', { publishedAt: now - 1000, categories: ['category-9'] })])
    const wanted = { categories: ['category-9'] }
    expect(idsOf(await feedOf(engine, 'visitor', wanted))).toEqual(['brand-new'])
    await engine.putItems([
      sampleItem('brand-new', { publishedAt: now - 1000, categories: ['category-9'], hidden: true }),
    ])
    expect(idsOf(await feedOf(engine, 'visitor', wanted))).toEqual([])
    await engine.putItems([sampleItem('brand-new', { publishedAt: now - 1000, categories: ['category-9'] })])
    expect(idsOf(await feedOf(engine, 'visitor', wanted))).toEqual(['brand-new'])
    expect(await engine.deleteItem('brand-new')).toBe(true)
    expect(idsOf(await feedOf(engine, 'visitor', wanted))).toEqual([])
    expect([engine.getItem('brand-new'), await engine.deleteItem('brand-new')]).toEqual([undefined, false])
  })

  it('keeps to licences and ages', async () => {
    const about = { publishedAt: engine.clock.now() - 1000, categories: ['rated'] }
    await engine.putItems([
      sampleItem('only-fr', { ...about, regions: ['fr'] }),
      sampleItem('from-21', { ...about, maturity: 21 }),
      sampleItem('for-all', about),
    ])
    await engine.putUsers([
      { id: 'child', region: 'fr', ageBand: '8-11' },
      { id: 'adult', region: 'de', ageBand: '30-39' },
    ])
    const rated = async (userId: string, region?: string) =>
      new Set(idsOf(await feedOf(engine, userId, { categories: ['rated'], context: { region } })))
    expect(await rated('child')).toEqual(new Set(['for-all', 'only-fr']))
    expect(await rated('adult')).toEqual(new Set(['for-all', 'from-21']))
    expect(await rated('adult', 'fr')).toEqual(new Set(['for-all', 'from-21', 'only-fr']))
    expect(await rated('of unknown age and place')).toEqual(new Set(['for-all']))
  })

  it('answers each event of a batch by itself', async () => {
    const [good, unknown] = [sampleEvent('batch', 'i1'), sampleEvent('batch', 'no such item')]
    const results = await engine.appendEvents([good, unknown, good, sampleEvent('batch', 'i2')], 'applied')
    expect(results.map(result => result.status)).toEqual(['applied', 'rejected', 'duplicate', 'applied'])
    expect(results[1]).toMatchObject({ error: { code: 'unknown_item', field: 'item' } })
    const [again] = await engine.appendEvents([good], 'applied')
    expect(again.status).toBe('duplicate')
  })

  it('acknowledges as far as it was asked to', async () => {
    const [received] = await engine.appendEvents([sampleEvent('levels', 'i1')], 'received')
    const [durable] = await engine.appendEvents([sampleEvent('levels', 'i2')], 'durable')
    const [applied] = await engine.appendEvents([sampleEvent('levels', 'i3')], 'applied')
    expect(received).toMatchObject({ status: 'received', applied: false })
    expect(durable).toMatchObject({ status: 'durable', applied: false, seq: expect.any(Number) })
    expect(applied).toMatchObject({ status: 'applied', applied: true, seq: expect.any(Number) })
    const feed = idsOf(await feedOf(engine, 'levels', { n: 60 }))
    expect(feed.filter(id => ['i1', 'i2', 'i3'].includes(id))).toEqual([])
  })

  it('counts an impression as seen only after several', async () => {
    const [target] = idsOf(await feedOf(engine, 'window-shopper'))
    const look = () =>
      engine.appendEvents([sampleEvent('window-shopper', target, { roles: Role.impression })], 'applied')
    for (let times = 0; times < 4; times++) await look()
    expect(idsOf(await feedOf(engine, 'window-shopper', { n: 60 }))).toContain(target)
    await look()
    expect(idsOf(await feedOf(engine, 'window-shopper', { n: 60 }))).not.toContain(target)
  })

  it.each([true, false])('forgets a person who is deleted (with a profile: %s)', async hasProfile => {
    const id = `gone-${hasProfile}`
    if (hasProfile) await engine.putUsers([{ id, region: 'de' }])
    const before = idsOf(await feedOf(engine, id))
    await click(id, before[0])
    expect(await engine.deleteUser(id)).toBe(true)
    expect(await engine.getUser(id)).toBeUndefined()
    expect(idsOf(await feedOf(engine, id, { n: 60 }))).toContain(before[0])
    expect(await engine.deleteUser(id)).toBe(false)
  })

  it('keeps nothing of a feed that has been given', async () => {
    const given: WeakRef<Recommendation>[] = []
    for (let i = 0; i < 20; i++) given.push(new WeakRef(await feedOf(engine, `reader-${i}`)))
    setFlagsFromString('--expose_gc')
    const collectGarbage = runInNewContext('gc') as () => void
    await expect
      .poll(() => {
        collectGarbage()
        return given.filter(ref => ref.deref() !== undefined).length
      })
      .toBeLessThan(3)
  })

  it('refuses items that it can not take, and takes those beside them', async () => {
    const results = await engine.putItems([
      sampleItem('v1', { vectors: { brand: [1, 2, 3] } }),
      sampleItem('r1', { regions: Array.from({ length: 65 }, (_, i) => `region ${i}`) }),
    ])
    expect(results[0]).toMatchObject({ id: 'v1', status: 'stored' })
    expect(results[1]).toMatchObject({ id: 'r1', status: 'rejected', code: 'too_many', field: 'regions' })
    const [wrong, right] = await engine.putItems([
      sampleItem('v2', { vectors: { brand: [1, 2] } }),
      sampleItem('v3', { vectors: { brand: [4, 5, 6] } }),
    ])
    expect(wrong).toMatchObject({ status: 'rejected', code: 'bad_vector', field: 'vectors.brand' })
    expect(right).toMatchObject({ id: 'v3', status: 'stored' })
  })

  it('lets nobody end a thread unless faults are switched on', () => {
    expect(() => engine.killIndexThread(0)).toThrow(expect.objectContaining({ code: 'not_allowed' }))
  })

  it('takes the time of the request for the whole funnel where it names one', async () => {
    const early = { time: startOf2024 - 30 * day }
    const feed = idsOf(await feedOf(engine, 'time-traveller', { context: early, n: 60 }))
    // Item i was published 60 − i days before 2024 began.
    expect(feed.length).toBeGreaterThan(0)
    expect(Math.max(...feed.map(id => Number(id.slice(1))))).toBeLessThanOrEqual(30)
  })
})

describe('an engine without items', () => {
  beforeEach(async () => {
    folder = await DataFolder.make()
    engine = await folder.open()
  })

  afterEach(async () => {
    await folder.remove()
  })

  it('gives an empty feed and says why', async () => {
    expect(await feedOf(engine, 'anybody')).toMatchObject({
      items: [],
      partial: false,
      note: 'the catalogue is empty: import or PUT items first',
    })
  })

  it('settles every request that is under way when it stops, and refuses later ones', async () => {
    await engine.putItems(items)
    const underWay = Array.from({ length: 20 }, (_, i) => feedOf(engine, `u${i}`))
    const stopping = engine.stop()
    for (const outcome of await Promise.allSettled(underWay)) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'not_ready' })
    }
    await stopping
    await expect(feedOf(engine, 'late')).rejects.toMatchObject({ code: 'not_ready' })
    await expect(engine.appendEvents([sampleEvent('late', 'i1')], 'durable')).rejects.toMatchObject({
      code: 'not_ready',
    })
    await expect(engine.putItems([items[0]])).rejects.toMatchObject({ code: 'not_ready' })
  })
})
