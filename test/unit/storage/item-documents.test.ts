import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Item } from '../../../domain/item.ts'
import { decodeItem, encodeItem } from '../../../storage/item-codec.ts'
import { ItemDocuments } from '../../../storage/item-documents.ts'
import { LmdbOnlineStore } from '../../../storage/lmdb-online-store.ts'
import type { OnlineStore } from '../../../storage/online-store.ts'
import { anyRecord } from './sample-records.ts'

const item = (id: string, title = id): Item => ({ id, title, categories: ['news'], creators: [] })

let directory: string
let store: LmdbOnlineStore
let reads: number
let failure: Error | undefined

/** Counts the reads, and refuses commits while there is a `failure`. */
const watched: Pick<OnlineStore, 'get' | 'commit'> = {
  get: (space, key) => {
    reads++
    return store.get(space, key)
  },
  commit: async changes => {
    if (failure !== undefined) throw failure
    await store.commit(changes)
  },
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-items-'))
  store = await LmdbOnlineStore.open(join(directory, 'online.mdb'), 1024 * 1024)
  reads = 0
  failure = undefined
})

afterEach(async () => {
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

const documents = (cacheEntries = 10) => new ItemDocuments(watched as OnlineStore, cacheEntries)

describe('item documents', () => {
  it('give whole items back after a restart', async () => {
    await fc.assert(
      fc.asyncProperty(anyRecord.item, async ({ item }) => {
        expect(decodeItem(Uint8Array.from(encodeItem(item)))).toEqual(item)
        await documents().put([[4, item]])
        expect(documents().get(4)).toEqual(item)
      }),
      { numRuns: 20 },
    )
    expect(documents().get(5)).toBeUndefined()
  })

  it('show a write at once, before it is durable', async () => {
    const items = documents()
    const first = items.put([[1, item('a')]])
    expect(items.get(1)).toEqual(item('a'))
    const second = items.remove([1])
    expect(items.get(1)).toBeUndefined()
    const third = items.put([[1, item('a', 'again')]])
    expect(items.get(1)).toEqual(item('a', 'again'))
    for (const write of [first, second, third]) {
      await write
      expect(items.get(1)).toEqual(item('a', 'again'))
    }
    expect(documents().get(1)).toEqual(item('a', 'again'))
  })

  it('show the last durable item again when a write fails', async () => {
    const items = documents()
    await items.put([[1, item('a')]])
    failure = new Error('full')
    const writes = [
      items.put([
        [1, item('a', 'new')],
        [2, item('b')],
      ]),
      items.remove([1]),
    ]
    expect([items.get(1), items.get(2)]).toEqual([undefined, item('b')])
    for (const write of writes) await expect(write).rejects.toThrow('full')
    expect([items.get(1), items.get(2)]).toEqual([item('a'), undefined])
  })

  it('are changed by a later write, also where an earlier version was read before', async () => {
    const items = documents()
    await items.put([[1, item('a')]])
    items.get(1)
    await items.put([[1, item('a', 'new')]])
    expect(items.get(1)).toEqual(item('a', 'new'))
    await items.remove([1])
    expect(items.get(1)).toBeUndefined()
  })

  it('keep as many decoded items in memory as they are told', async () => {
    const items = documents(2)
    await items.put([1, 2, 3].map(ordinal => [ordinal, item(`${ordinal}`)] as const))
    items.get(2)
    items.get(3)
    expect(reads).toBe(0)
    items.get(1)
    expect(reads).toBe(1)
    items.get(3)
    expect(reads).toBe(1)
    items.get(2)
    expect(reads).toBe(2)
  })
})
