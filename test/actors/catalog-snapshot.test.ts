import { describe, expect, it } from 'vitest'
import { catalogActor } from '../../actors/catalog/actor.ts'
import type { CatalogMessage } from '../../actors/catalog/protocol.ts'
import { restoreCatalog } from '../../actors/catalog/snapshot.ts'
import type { CountersMessage } from '../../actors/counters/protocol.ts'
import type { AppendReply } from '../../actors/journal/protocol.ts'
import type { SnapshotDone, WriteSnapshot } from '../../actors/snapshot-protocol.ts'
import type { UserShardMessage } from '../../actors/user-shard/protocol.ts'
import { CatalogState } from '../../domain/catalog-state.ts'
import type { Item } from '../../domain/item.ts'
import type { JournalRecord } from '../../domain/journal.ts'
import { ItemDocuments } from '../../storage/item-documents.ts'
import { type ActorRef, tell } from '../../supervision/actor-ref.ts'
import { liveModels } from '../fakes/loaded-models.ts'
import { MemoryOnlineStore } from '../fakes/memory-online-store.ts'
import { Probe } from '../fakes/probe.ts'
import { sampleEvent, sampleItem, startOf2024, testSettings } from '../fakes/samples.ts'
import { settle, testSystem } from './supervision.harness.ts'

const limits = { itemsMax: 1000, rowsMax: 1000 }
const put = (item: Item): JournalRecord => ({ kind: 'item', at: 0, item })
const epoch: JournalRecord = { kind: 'epoch', at: 5 }

interface Asked extends WriteSnapshot {
  readonly owner: string
}

/** A catalog with one user shard and the counters, which answer when a test says so. */
function start() {
  const { system, time } = testSystem()
  const store = new MemoryOnlineStore()
  const state = new CatalogState(limits, new ItemDocuments(store, 100))
  const epochsRequested: ActorRef<AppendReply>[] = []
  const users = new Probe<UserShardMessage>('users')
  const counters = new Probe<CountersMessage>('counters')
  const catalog = system.spawn<CatalogMessage>(
    'catalog',
    catalogActor({
      state,
      models: liveModels(state, 1000).models,
      store,
      userShards: [users],
      counters,
      indexShards: [new Probe('index')],
      requestEpoch: replyTo => epochsRequested.push(replyTo),
      onApplied() {},
      monotonic: time,
      settings: testSettings(),
    }),
  )
  let next = 1
  const commit = async (...records: JournalRecord[]) => {
    tell(catalog, { type: 'committed', groups: [{ firstSeq: next, records }] })
    next += records.length
    await settle()
  }
  const begin = async () => {
    const replyTo = new Probe<SnapshotDone>()
    tell(catalog, { type: 'snapshot', replyTo })
    await commit(epoch)
    return replyTo
  }
  const asked = (owner: Probe<UserShardMessage> | Probe<CountersMessage>): Asked => ({
    ...owner.received.findLast(message => message.type === 'write-snapshot')!,
    owner: owner.path,
  })
  const answer = async ({ owner, throughSeq, replyTo }: Asked, failure: string | null = null) => {
    tell(replyTo, { type: 'snapshot-written', owner, throughSeq, failure })
    await settle()
  }
  const restored = () => restoreCatalog(store, new ItemDocuments(store, 100), limits)
  return { store, state, users, counters, catalog, epochsRequested, commit, begin, asked, answer, restored }
}

const items = [
  sampleItem('a', { categories: ['drama', 'noir'], creators: ['ann'], regions: ['de', 'fr'], maturity: 12 }),
  sampleItem('b', { categories: ['noir'], language: 'en', text: 'long', vectors: { brand: [1, 2, 3] } }),
  sampleItem('c', { hidden: true, expiresAt: startOf2024, vectors: { brand: [4, 5, 6] } }),
]

describe('a snapshot of the catalogue', () => {
  it('is done, and its number written, only when every owner has written its part', async () => {
    const { state, users, counters, commit, begin, asked, answer, restored } = start()
    await commit(...items.map(put))
    const done = await begin()
    await answer(asked(users))
    expect([done.received, restored().appliedSeq]).toEqual([[], 0])
    await answer(asked(counters))
    expect(done.received).toEqual([{ type: 'snapshot-done', throughSeq: 4, failure: null }])
    expect(restored().appliedSeq).toBe(4)
    expect(state.changed.size).toBe(0)
  })

  it('restores ids, rows, names, documents and the clock as they were', async () => {
    const { state, users, counters, commit, begin, asked, answer, restored } = start()
    await commit(...items.map(put), put({ ...items[0], title: 'A new title' }), { kind: 'item-delete', at: 0, id: 'b' })
    const event = sampleEvent('u', 'a')
    await commit({ kind: 'event', at: 0, event }, put(sampleItem('d', { categories: ['drama'] })))
    await begin()
    await answer(asked(users))
    await answer(asked(counters))
    const copy = restored()
    for (const { id } of [...items, { id: 'd' }, { id: 'unknown' }]) {
      expect(copy.findItem(id)).toBe(state.findItem(id))
      expect(copy.findLiveItem(id)).toBe(state.findLiveItem(id))
      const item = state.findItem(id)
      if (item >= 0) expect([copy.document(item), copy.title(item)]).toEqual([state.document(item), state.title(item)])
    }
    for (const [name, book] of Object.entries(state.books))
      expect([...copy.books[name as keyof typeof copy.books].entries()]).toEqual([...book.entries()])
    const a = copy.items.currentRow(copy.findItem('a'))
    expect([copy.items.regionsLow(a), copy.items.maturity(a), copy.items.categoryAt(a, 1)]).toEqual([3, 12, 2])
    expect(copy.items.isHidden(copy.items.currentRow(copy.findItem('c')))).toBe(true)
    expect([copy.lastEventAt, copy.appliedSeq, copy.vectorDimensions]).toEqual([event.time, 8, state.vectorDimensions])
  })

  it('leaves what came after its epoch to the next one', async () => {
    const { state, users, counters, commit, begin, asked, answer, restored } = start()
    await commit(put(items[0]))
    const done = await begin()
    await commit(put({ ...items[0], title: 'Later' }), put(items[1]))
    await answer(asked(users))
    await answer(asked(counters))
    expect(done.last).toMatchObject({ throughSeq: 2, failure: null })
    expect(restored().title(0)).toBe('Title of a')
    expect(restored().findItem('b')).toBe(-1)
    expect([...state.changed.keys()]).toEqual([0, 1])
    await begin()
    await answer(asked(users))
    await answer(asked(counters))
    expect([restored().title(0), restored().appliedSeq]).toEqual(['Later', 5])
  })

  it('fails with the first owner that fails, and writes no number', async () => {
    const { users, counters, commit, begin, asked, answer, restored } = start()
    await commit(put(items[0]))
    const done = await begin()
    await answer(asked(users), 'the disk is full')
    expect(done.received).toMatchObject([{ throughSeq: 0, failure: 'users: the disk is full' }])
    await answer(asked(counters))
    expect(done.received).toHaveLength(1)
    expect(restored().appliedSeq).toBe(0)
  })

  it('counts no part of an earlier one that failed', async () => {
    const { users, counters, begin, asked, answer, restored } = start()
    await begin()
    const late = asked(counters)
    await answer(asked(users), 'the disk is full')
    const done = await begin()
    await answer(asked(users))
    await answer(late)
    expect([done.received, restored().appliedSeq]).toEqual([[], 0])
    await answer(asked(counters))
    expect(done.received).toMatchObject([{ throughSeq: 2, failure: null }])
  })

  it('fails when its own part can not be written, and can be taken again', async () => {
    const { store, state, users, counters, commit, begin, asked, answer, restored } = start()
    await commit(put(items[0]))
    store.failure = new Error('the disk is full')
    const failed = await begin()
    await answer(asked(users))
    await answer(asked(counters))
    expect(failed.last).toMatchObject({ failure: expect.stringContaining('the disk is full') })
    expect(state.changed.size).toBe(1)
    store.failure = null
    const done = await begin()
    await answer(asked(users))
    await answer(asked(counters))
    expect([done.last?.failure, restored().appliedSeq]).toEqual([null, 3])
  })

  it('fails when the journal takes no epoch record, rather than wait for one', async () => {
    const { catalog, epochsRequested } = start()
    const failed = new Probe<SnapshotDone>()
    tell(catalog, { type: 'snapshot', replyTo: failed })
    await settle()
    tell(epochsRequested[0], { type: 'append-failed', code: 'storage_failed', reason: 'the disk is full' })
    await settle()
    expect(failed.received).toMatchObject([{ failure: expect.stringContaining('the disk is full') }])
  })

  it('is refused while another is being written', async () => {
    const { catalog, begin } = start()
    await begin()
    const second = new Probe<SnapshotDone>()
    tell(catalog, { type: 'snapshot', replyTo: second })
    await settle()
    expect(second.received).toMatchObject([{ failure: expect.stringContaining('already') }])
  })

  it('can be restored although an item had names that no book takes', async () => {
    const { state, users, counters, commit, begin, asked, answer, restored } = start()
    const tooLong = '漢'.repeat(200)
    await commit(put(sampleItem('odd', { categories: ['drama', tooLong], regions: [tooLong] })), put(items[0]))
    expect(state.findLiveItem('odd')).toBe(0)
    // Licensed nowhere that we can name, so shown nowhere.
    expect(state.items.isHidden(state.items.currentRow(0))).toBe(true)
    await begin()
    await answer(asked(users))
    await answer(asked(counters))
    expect(restored().findLiveItem('a')).toBe(1)
  })
})
