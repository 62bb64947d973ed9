import { describe, expect, it } from 'vitest'
import { settle } from './supervision.harness.ts'
import { clicked, firstSeq, startShard } from './user-shard.harness.ts'

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
})
