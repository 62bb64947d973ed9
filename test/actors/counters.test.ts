import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { countersActor } from '../../actors/counters/actor.ts'
import type { CounterEntry, CountersMessage } from '../../actors/counters/protocol.ts'
import type { AppendReply } from '../../actors/journal/protocol.ts'
import type { SnapshotWritten } from '../../actors/snapshot-protocol.ts'
import { CounterColumn } from '../../domain/counters.ts'
import { Role } from '../../domain/roles.ts'
import { CounterEpochReader } from '../../domain/shared/counter-epochs.ts'
import type { PublishedEpoch } from '../../funnel/counters-state.ts'
import { foldEvent } from '../../funnel/fold-event.ts'
import { type ActorRef, tell } from '../../supervision/actor-ref.ts'
import { MemoryOnlineStore } from '../fakes/memory-online-store.ts'
import { Probe } from '../fakes/probe.ts'
import { catalogOf, startOf2024 as now, sampleEvent, sampleItems, testSettings } from '../fakes/samples.ts'
import { settle, testSystem } from './supervision.harness.ts'

const catalog = catalogOf(sampleItems(8))

function start(store = new MemoryOnlineStore()) {
  const { system, time } = testSystem()
  const published: PublishedEpoch[] = []
  const epochsRequested: ActorRef<AppendReply>[] = []
  const counters = system.spawn<CountersMessage>(
    'counters',
    countersActor({
      settings: testSettings({ 'counters.epochIntervalMs': 100 }),
      store,
      requestEpoch: replyTo => epochsRequested.push(replyTo),
      publish: epoch => published.push(epoch),
    }),
  )
  const fold = async (throughSeq: number, ...entries: CounterEntry[]) => {
    tell(counters, { type: 'fold', batch: { throughSeq, entries } })
    await settle()
  }
  const snapshot = (throughSeq: number, between: () => void = () => {}) => {
    const replyTo = new Probe<SnapshotWritten>()
    tell(counters, { type: 'write-snapshot', throughSeq, replyTo })
    between()
    tell(counters, { type: 'segments-told', throughSeq })
    return replyTo
  }
  return { time, store, counters, published, epochsRequested, fold, snapshot }
}

const clicked = (seq: number, item: number, user = `u${seq}`): CounterEntry => {
  const event = sampleEvent(user, `i${item}`, { eventId: `e${seq}`, time: now - 1_000_000 + seq * 1000 })
  return { kind: 'event', event: foldEvent(event, item, seq, catalog) }
}
const epoch = (seq: number): CounterEntry => ({ kind: 'epoch', seq, at: now })

const clicksOf = ({ counters }: PublishedEpoch, item: number) =>
  new CounterEpochReader(counters).value(item, CounterColumn.clicks)

/** Everything two epochs can differ in, as plain data. */
const contentsOf = ({ counters, popular }: PublishedEpoch) => ({
  ...counters,
  chunks: counters.chunks.map(chunk => createHash('sha256').update(Buffer.from(chunk)).digest('hex')),
  popular: JSON.stringify(popular),
})

describe('the counters actor', () => {
  it('publishes an epoch at its own record, with exactly the events before it', async () => {
    const { published, fold } = start()
    await fold(4, clicked(1, 3), clicked(2, 3), epoch(3), clicked(4, 3))
    expect(published.map(({ counters }) => counters.epoch)).toEqual([0, 3])
    expect(clicksOf(published[1], 3)).toBe(2)
    await fold(5, epoch(5))
    expect([clicksOf(published[2], 3), clicksOf(published[1], 3)]).toEqual([3, 2])
  })

  it('asks for an epoch when it is due and something has changed, and not again before that one has come', async () => {
    const { time, epochsRequested, fold } = start()
    time.advance(100)
    await settle()
    expect(epochsRequested).toEqual([])
    await fold(1, clicked(1, 3))
    for (let due = 0; due < 3; due++) {
      time.advance(100)
      await settle()
    }
    expect(epochsRequested).toHaveLength(1)
    await fold(2, epoch(2))
    time.advance(100)
    await settle()
    expect(epochsRequested).toHaveLength(1)
    await fold(3, clicked(3, 3))
    time.advance(100)
    await settle()
    expect(epochsRequested).toHaveLength(2)
  })

  it('asks again when the journal could not take the epoch', async () => {
    const { time, epochsRequested, fold } = start()
    await fold(1, clicked(1, 3))
    time.advance(100)
    await settle()
    tell(epochsRequested[0], { type: 'append-failed', code: 'overloaded', reason: 'too many' })
    time.advance(100)
    await settle()
    expect(epochsRequested).toHaveLength(2)
  })

  it('folds and publishes what it is told once, however often', async () => {
    const { published, fold } = start()
    const batch = [clicked(1, 3), clicked(2, 4), epoch(3)]
    await fold(3, ...batch)
    await fold(3, ...batch)
    await fold(4, epoch(4))
    expect(published.map(({ counters }) => counters.epoch)).toEqual([0, 3, 4])
    expect([clicksOf(published[2], 3), clicksOf(published[2], 4)]).toEqual([1, 1])
  })

  it('keeps its counts when it is restarted after a defect, and asks for epochs again', async () => {
    const { time, counters, published, epochsRequested, fold } = start()
    await fold(1, clicked(1, 3))
    tell(counters, { type: 'fold', batch: null as never })
    await settle()
    time.advance(1000)
    await fold(2, clicked(2, 3))
    time.advance(100)
    await settle()
    expect(epochsRequested.length).toBeGreaterThan(0)
    await fold(3, epoch(3))
    expect(clicksOf(published.at(-1)!, 3)).toBe(2)
  })

  it('leaves the epochs alone that requests may still read', async () => {
    const { published, fold } = start()
    for (let seq = 1; seq < 16; seq += 2) await fold(seq + 1, clicked(seq, 3), epoch(seq + 1))
    const recent = published.slice(-8)
    expect(recent.map(each => clicksOf(each, 3))).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })
})

describe("the counters' part of a snapshot", () => {
  it('goes on exactly as the counters would have that wrote it', async () => {
    const first = start()
    await first.fold(3, clicked(1, 3), clicked(2, 4, 'u'), epoch(3))
    tell(first.counters, {
      type: 'segments',
      engagements: [{ seq: 1, item: 3, segment: 9, roles: Role.click, time: now }],
    })
    const done = first.snapshot(3)
    await settle()
    expect(done.received).toMatchObject([{ throughSeq: 3, failure: null }])
    const second = start(first.store)
    const later = [clicked(4, 3), clicked(5, 4, 'u'), epoch(6)]
    await first.fold(6, ...later)
    await second.fold(6, clicked(1, 3), clicked(2, 4, 'u'), epoch(3), ...later)
    expect(second.published.map(({ counters }) => counters.epoch)).toEqual([3, 6])
    expect(contentsOf(second.published[1])).toEqual(contentsOf(first.published.at(-1)!))
    expect([clicksOf(second.published[1], 3), clicksOf(second.published[1], 4)]).toEqual([2, 1])
  })

  it('holds what is told of segments after its number has come by, and counts none of it twice', async () => {
    const first = start()
    await first.fold(2, clicked(1, 3), epoch(2))
    const engagements = [{ seq: 1, item: 3, segment: 9, roles: Role.click, time: now }]
    first.snapshot(2, () => tell(first.counters, { type: 'segments', engagements }))
    await settle()
    const second = start(first.store)
    expect(second.published[0].popular.segmentKeys).toEqual(Uint32Array.of(9))
    const before = second.published[0].popular.segmentItems.scores[0]
    tell(second.counters, { type: 'segments', engagements })
    await second.fold(3, epoch(3))
    expect(second.published[1].popular.segmentItems.scores[0]).toBe(before)
  })

  it('does not change with what is folded while it is being written', async () => {
    const first = start()
    await first.fold(2, clicked(1, 3), epoch(2))
    first.store.isHeld = true
    first.snapshot(2)
    await first.fold(4, clicked(3, 3), epoch(4))
    first.store.release()
    await settle()
    const second = start(first.store)
    expect([second.published[0].counters.epoch, clicksOf(second.published[0], 3)]).toEqual([2, 1])
  })

  it('says so when it can not be written', async () => {
    const { store, snapshot } = start()
    store.failure = new Error('the disk is full')
    const done = snapshot(1)
    await settle()
    expect(done.received).toMatchObject([{ throughSeq: 1, failure: expect.stringContaining('the disk is full') }])
  })

  it('is reported under its own number, also when an earlier one is still being written', async () => {
    const { store, snapshot } = start()
    store.isHeld = true
    snapshot(1)
    await settle()
    const second = snapshot(2)
    await settle()
    store.release()
    await settle()
    expect(second.received).toEqual([])
    store.release()
    await settle()
    expect(second.received).toMatchObject([{ throughSeq: 2, failure: null }])
  })
})
