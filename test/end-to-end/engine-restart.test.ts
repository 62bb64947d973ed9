import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { serialize } from 'node:v8'
import { pack } from 'msgpackr'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RunningEngine } from '../../actors/running-engine.ts'
import { Role } from '../../domain/roles.ts'
import { LmdbOnlineStore } from '../../storage/lmdb-online-store.ts'
import { DataFolder, feedOf, idsOf } from '../fakes/running-engine.ts'
import { sampleEvent, sampleItem, sampleItems, sampleRequest } from '../fakes/samples.ts'

const items = sampleItems(50)
let folder: DataFolder

beforeEach(async () => {
  folder = await DataFolder.make()
})

afterEach(async () => {
  await folder.remove()
})

/** Puts items and people, lets them engage, changes and deletes some of all that. */
async function fill(engine: RunningEngine): Promise<void> {
  await engine.putItems(items)
  await engine.putUsers([{ id: 'u0', region: 'de', ageBand: '25-34' }, { id: 'u1', language: 'en' }, { id: 'u2' }])
  const events = Array.from({ length: 120 }, (_, n) =>
    sampleEvent(`u${n % 5}`, `i${(n * 7) % 50}`, { roles: n % 3 === 0 ? Role.click | Role.positive : Role.click }),
  )
  await engine.appendEvents(events, 'applied')
  await engine.putItems([{ ...items[3], title: 'A new title' }, sampleItem('i8', { hidden: true })])
  await engine.deleteItem('i9')
  await engine.deleteUser('u2')
  await engine.publishEpoch()
}

/** What somebody outside can see of an engine. Feeds are asked for by fixed ids, whose seeds are therefore the same. */
async function visible(engine: RunningEngine) {
  const people = ['u0', 'u1', 'u2', 'u3', 'u4', 'nobody']
  return {
    items: ['i3', 'i8', 'i9', 'i10'].map(id => engine.getItem(id)),
    users: await Promise.all(people.map(id => engine.getUser(id))),
    feeds: await Promise.all(
      people.map(async id => {
        const overrides = { unlogged: true }
        const { items: feed } = await engine.recommend(sampleRequest(id, { n: 20, overrides }))
        return feed.map(({ id, score, sources, reason }) => ({ id, score, sources, reason }))
      }),
    ),
    now: engine.clock.now(),
  }
}

describe('an engine that is opened again', () => {
  it('is the same as before, to the last bit of a feed, wherever the last snapshot stood', async () => {
    // So few people fit into memory that most states come from the store.
    const crowded = { 'users.shards': 1, 'users.residentsPerShardMax': 2 }
    const first = await folder.open(crowded)
    await fill(first)
    await first.snapshot()
    const later = Array.from({ length: 20 }, (_, n) => sampleEvent(`u${n % 5}`, `i${20 + n}`))
    await first.appendEvents(later, 'applied')
    await first.putItems([sampleItem('i50', { categories: ['category-1'] })])
    await first.publishEpoch()
    const before = await visible(first)
    await first.stop()
    const second = await folder.open(crowded)
    expect(await visible(second)).toEqual(before)
    expect(new Set((await second.appendEvents(later, 'applied')).map(result => result.status))).toEqual(
      new Set(['duplicate']),
    )
  })

  it('may be given another number of shards of either kind', async () => {
    const first = await folder.open({ 'index.shards': 1, 'users.shards': 1 })
    await fill(first)
    const before = await visible(first)
    await first.stop()
    const second = await folder.open({ 'index.shards': 3, 'users.shards': 5 })
    const after = await visible(second)
    expect({ ...after, feeds: [] }).toEqual({ ...before, feeds: [] })
    expect(after.feeds.map(feed => feed.length)).toEqual(before.feeds.map(feed => feed.length))
  })
})

describe('a data directory', () => {
  it('belongs to one engine at a time', async () => {
    const engine = await folder.open()
    await expect(folder.open()).rejects.toMatchObject({ name: 'DirectoryLockedError' })
    expect(await feedOf(engine, 'anybody')).toMatchObject({ items: [] })
    await engine.stop()
    expect(idsOf(await feedOf(await folder.open(), 'anybody'))).toEqual([])
  })

  it('is let go when it can not be opened, and can be once that is mended', async () => {
    const first = await folder.open()
    await fill(first)
    const before = await visible(first)
    await first.stop()
    const store = join(folder.path, 'state', 'online.mdb')
    await writeFile(store, 'this is no database')
    await expect(folder.open()).rejects.toThrow(store)
    await writeFile(store, '')
    // State is a fold over the journal: without the store it is built again.
    expect({ ...(await visible(await folder.open())), now: before.now }).toEqual(before)
  })

  it('folds the journal again when its snapshot is of another version', async () => {
    const first = await folder.open()
    await fill(first)
    const before = await visible(first)
    await first.stop()
    const store = await LmdbOnlineStore.open(join(folder.path, 'state', 'online.mdb'), 2 ** 28)
    await store.putBatch('catalog', [['stand', pack([40, 1700000000000])]])
    await store.putBatch('counters', [['state', serialize({ throughSeq: 40, chunks: [] })]])
    await store.close()
    expect({ ...(await visible(await folder.open())), now: before.now }).toEqual(before)
  })

  it('says so when the journal no longer reaches back to where the state stands, and is let go', async () => {
    const short = { 'storage.segmentRecords': 1000, 'storage.retainedRecords': 1 }
    const first = await folder.open(short)
    await first.putItems(items)
    const events = Array.from({ length: 1200 }, (_, n) => sampleEvent(`u${n % 5}`, `i${n % 50}`))
    await first.appendEvents(events, 'applied')
    await first.snapshot()
    await first.stop()
    await rm(join(folder.path, 'state', 'online.mdb'))
    for (let attempt = 0; attempt < 2; attempt++)
      await expect(folder.open(short)).rejects.toThrow(
        expect.objectContaining({ message: expect.stringMatching(/journal/) }),
      )
  })

  it('may be stopped twice: both wait for the same end', async () => {
    const engine = await folder.open()
    await Promise.all([engine.stop(), engine.stop()])
    await (await folder.open()).stop()
  })
})
