import { describe, expect, it } from 'vitest'
import { tell } from '../../supervision/actor-ref.ts'
import { MemoryOnlineStore } from '../fakes/memory-online-store.ts'
import { settle } from './supervision.harness.ts'
import { catalog, clicked, firstSeq, startShard } from './user-shard.harness.ts'

describe("a user shard's part of a snapshot", () => {
  it('holds every change up to its number when it is done, in slices of the set size', async () => {
    const { store, fold, snapshot } = startShard({ 'users.writeBatch': 2 })
    fold(...['a', 'b', 'c', 'd', 'e'].map((user, i) => clicked({ seq: firstSeq + i, user })))
    store.isHeld = true
    const done = snapshot(firstSeq + 4)
    for (const written of [0, 2, 4]) {
      await settle()
      expect([store.written, done.received]).toEqual([written, []])
      store.release()
    }
    await settle()
    expect(done.received).toMatchObject([{ throughSeq: firstSeq + 4, failure: null }])
    const restarted = startShard({}, store)
    for (const user of ['a', 'b', 'c', 'd', 'e']) expect((await restarted.viewOf(user)).view.known).toBe(1)
  })

  it('writes only what has changed since the one before', async () => {
    const { store, fold, snapshot } = startShard()
    fold(clicked({ seq: firstSeq, user: 'a' }), clicked({ seq: firstSeq + 1, user: 'b' }))
    snapshot(firstSeq + 1)
    await settle()
    fold(clicked({ seq: firstSeq + 2, user: 'b', item: 4 }))
    const done = snapshot(firstSeq + 2)
    await settle()
    expect([store.written, done.received.length]).toEqual([3, 1])
    snapshot(firstSeq + 2)
    await settle()
    expect(store.written).toBe(3)
  })

  it('keeps a change that came while it was being written for the next', async () => {
    const { store, fold, snapshot } = startShard()
    fold(clicked({ seq: firstSeq, item: 1 }))
    store.isHeld = true
    snapshot(firstSeq)
    await settle()
    fold(clicked({ seq: firstSeq + 1, item: 2 }))
    await settle()
    store.isHeld = false
    store.releaseAll()
    await settle()
    expect([...(await startShard({}, store).viewOf('u')).view.seen]).toEqual([1])
    snapshot(firstSeq + 1)
    await settle()
    expect([...(await startShard({}, store).viewOf('u')).view.seen]).toEqual([1, 2])
  })

  it('fails when the store does, and a later one writes everything again', async () => {
    const { store, fold, snapshot } = startShard()
    fold(clicked({ seq: firstSeq }))
    store.failure = new Error('the disk is full')
    const failed = snapshot(firstSeq)
    await settle()
    expect(failed.received).toMatchObject([{ failure: expect.stringContaining('the disk is full') }])
    store.failure = null
    const done = snapshot(firstSeq)
    await settle()
    expect([done.last?.failure, store.written]).toEqual([null, 1])
  })

  it('is done only when all of it is durable, also when an earlier one was given up half way', async () => {
    const { store, fold, snapshot } = startShard({ 'users.writeBatch': 1 })
    fold(...['a', 'b', 'c'].map((user, i) => clicked({ seq: firstSeq + i, user })))
    store.isHeld = true
    snapshot(firstSeq + 2)
    await settle()
    const done = snapshot(firstSeq + 2)
    while (done.received.length === 0) {
      await settle()
      expect(done.received.length === 0 || store.underWay === 0).toBe(true)
      store.release()
    }
    expect(['a', 'b', 'c'].every(user => store.get('users', user) !== undefined)).toBe(true)
  })

  it('is answered with a failure when the actor restarts before it is done', async () => {
    const { time, store, fold, snapshot, shard } = startShard({ 'users.writeBatch': 1 })
    fold(clicked({ seq: firstSeq, user: 'a' }), clicked({ seq: firstSeq + 1, user: 'b' }))
    store.isHeld = true
    const failed = snapshot(firstSeq + 1)
    await settle()
    tell(shard, { type: 'unheard of' } as never)
    tell(shard, { type: 'view', userId: 'a', replyTo: undefined } as never)
    await settle()
    time.advance(60_000)
    await settle()
    expect(failed.received).toMatchObject([{ failure: expect.stringContaining('restarted') }])
    store.isHeld = false
    store.releaseAll()
    const done = snapshot(firstSeq + 1)
    await settle()
    expect(done.received).toMatchObject([{ failure: null }])
  })

  it('is not whole while somebody who was forgotten is still in the store', async () => {
    const { store, fold, snapshot, userOf } = startShard()
    fold({ kind: 'profile', userId: 'u', seq: firstSeq, user: { id: 'u' }, profile: catalog.profileCodes({ id: 'u' }) })
    snapshot(firstSeq)
    await settle()
    store.failure = new Error('the disk is full')
    fold({ kind: 'forget', userId: 'u', seq: firstSeq + 1 })
    const failed = snapshot(firstSeq + 1)
    await settle()
    expect(await userOf('u')).toBeNull()
    expect(failed.received).toMatchObject([{ failure: expect.stringContaining('the disk is full') }])
    store.failure = null
    const done = snapshot(firstSeq + 1)
    await settle()
    expect([done.last?.failure, store.get('users', 'u')]).toEqual([null, undefined])
  })
})

describe('a stored person who cannot be read', () => {
  it('is set aside and taken for somebody new; the shard goes on', async () => {
    const store = new MemoryOnlineStore()
    await store.putBatch('users', [['u', Uint8Array.of(0x92, 0xc4, 1, 4, 0xc0)]])
    const { logged, viewOf, fold } = startShard({}, store)
    expect([...(await viewOf('u')).view.seen]).toEqual([])
    fold(clicked({ seq: firstSeq, user: 'u', item: 3 }))
    await settle()
    expect([...(await viewOf('u')).view.seen]).toEqual([3])
    expect(store.get('unreadable-users', 'u')).toEqual(Uint8Array.of(0x92, 0xc4, 1, 4, 0xc0))
    expect(JSON.stringify(logged)).toContain('set aside')
  })
})
