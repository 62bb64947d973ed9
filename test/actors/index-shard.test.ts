import { describe, expect, it } from 'vitest'
import { indexShardActor } from '../../actors/index-shard/actor.ts'
import type { IndexShardMessage, ShardPrepared, ShardReply } from '../../actors/index-shard/protocol.ts'
import type { ModelSetHandles } from '../../funnel/ports.ts'
import { tell } from '../../supervision/actor-ref.ts'
import { stop } from '../../supervision/system.ts'
import { FakeIndexThread } from '../fakes/fake-index-thread.ts'
import { tablesOf } from '../fakes/loaded-models.ts'
import { Probe } from '../fakes/probe.ts'
import { catalogOf } from '../fakes/samples.ts'
import { settle, testSystem } from './supervision.harness.ts'

const frame = new ArrayBuffer(8)
const handlesOf = (generation: number) => ({ generation }) as ModelSetHandles
const generationsOf = ({ prepared }: FakeIndexThread) => prepared.map(handles => handles.generation)

function start(live: number[] = []) {
  const { system, time } = testSystem()
  const threads: FakeIndexThread[] = []
  const prepared: ShardPrepared[] = []
  const ups: boolean[] = []
  const shard = system.spawn<IndexShardMessage>(
    'index-shard-1',
    indexShardActor({
      shard: 1,
      queueMax: 3,
      startThread: events => {
        threads.push(new FakeIndexThread(events))
        return threads.at(-1)!
      },
      ownedItems: () => Uint32Array.of(1, 3, 5),
      liveModelSets: () => live.map(handlesOf),
      onPrepared: message => prepared.push(message),
      onUp: isUp => ups.push(isUp),
    }),
  )
  const retrieve = () => {
    const replyTo = new Probe<ShardReply>()
    tell(shard, { type: 'retrieve', frame, replyTo })
    return replyTo
  }
  const ready = async (thread: FakeIndexThread) => {
    thread.events.ready()
    await settle()
    thread.events.filled()
    await settle()
  }
  return { system, time, threads, prepared, ups, shard, live, retrieve, ready }
}

const failure = (reason: string) => [{ type: 'shard-failed', shard: 1, reason: expect.stringContaining(reason) }]

describe('an index shard', () => {
  it('tells requests at once that it is out while its thread is loading', async () => {
    const { system, threads, retrieve } = start()
    const reply = retrieve()
    await settle()
    expect(reply.received).toEqual(failure('loading'))
    expect(threads[0].callsWaiting).toBe(0)
    expect(system.health()).toMatchObject({ ready: false })
  })

  it('gives a new thread its items and every live model set, and is ready when it has them all', async () => {
    const { system, threads, retrieve } = start([4, 6])
    threads[0].events.ready()
    await settle()
    expect(threads[0].fills).toEqual([Uint32Array.of(1, 3, 5)])
    // A set that were prepared before the fill has ended would get every item twice.
    expect(generationsOf(threads[0])).toEqual([])
    for (const arrives of [
      () => threads[0].events.filled(),
      () => threads[0].events.prepared(6),
      () => threads[0].events.prepared(4),
    ]) {
      const early = retrieve()
      await settle()
      expect([early.received, system.health().ready]).toEqual([failure('loading'), false])
      arrives()
    }
    expect(generationsOf(threads[0])).toEqual([4, 6])
    const late = retrieve()
    await settle()
    expect([late.received, threads[0].callsWaiting, system.health().ready]).toEqual([[], 1, true])
  })

  it('refuses searches beyond those that may wait, and takes more when some have been answered', async () => {
    const { threads, retrieve, ready } = start()
    await ready(threads[0])
    const replies = [retrieve(), retrieve(), retrieve(), retrieve()]
    await settle()
    expect(replies.map(reply => reply.received.length)).toEqual([0, 0, 0, 1])
    expect(replies[3].received).toEqual(failure('3 searches already wait'))
    threads[0].answer({ ok: true, frame: new ArrayBuffer(4) })
    await settle()
    const later = retrieve()
    await settle()
    expect([later.received, threads[0].callsWaiting]).toEqual([[], 3])
  })

  it('passes on what the thread answers, also that it failed', async () => {
    const { threads, retrieve, ready } = start()
    await ready(threads[0])
    const replies = [retrieve(), retrieve()]
    await settle()
    const answer = new ArrayBuffer(4)
    threads[0].answer({ ok: true, frame: answer })
    threads[0].answer({ ok: false, reason: 'a source broke' })
    await settle()
    expect(replies[0].received).toEqual([{ type: 'shard-reply', shard: 1, frame: answer }])
    expect(replies[1].received).toEqual(failure('a source broke'))
  })

  it('answers every request when its thread dies, and starts another after the backoff', async () => {
    const { system, time, threads, retrieve, ready } = start([4])
    await ready(threads[0])
    threads[0].events.prepared(4)
    await settle()
    const [first, second] = [retrieve(), retrieve()]
    await settle()
    threads[0].die()
    await settle()
    expect([first.received, second.received]).toEqual([failure('ended'), failure('ended')])
    expect([threads.length, system.health().state]).toEqual([1, 'degraded'])
    const waiting = retrieve()
    time.advance(100)
    await settle()
    expect(threads).toHaveLength(2)
    expect(waiting.received).toEqual(failure('loading'))
    await ready(threads[1])
    expect([threads[1].fills.length, generationsOf(threads[1])]).toEqual([1, [4]])
    threads[1].events.prepared(4)
    const back = retrieve()
    await settle()
    threads[1].answer({ ok: true, frame })
    await settle()
    expect([back.last?.type, system.health().ready]).toEqual(['shard-reply', true])
  })

  it('says when requests may be sent to it: from when it is ready until its thread dies', async () => {
    const { time, threads, ups, ready } = start([4])
    await ready(threads[0])
    expect(ups).toEqual([])
    threads[0].events.prepared(4)
    await settle()
    expect(ups).toEqual([true])
    threads[0].die()
    await settle()
    expect(ups).toEqual([true, false])
    time.advance(100)
    await settle()
    await ready(threads[1])
    threads[1].events.prepared(4)
    await settle()
    expect(ups).toEqual([true, false, true])
  })

  it('starts over when a live model set can not be loaded into a new thread', async () => {
    const { time, threads, ready } = start([4])
    await ready(threads[0])
    threads[0].events.prepareFailed(4, 'out of memory')
    await settle()
    expect(threads[0].isStopped).toBe(true)
    time.advance(100)
    await settle()
    expect(threads).toHaveLength(2)
  })

  it('stays ready when a set fails that is being taken up, and leaves that to the manager', async () => {
    const { system, threads, prepared, shard, retrieve, ready } = start([4])
    await ready(threads[0])
    threads[0].events.prepared(4)
    tell(shard, { type: 'prepare', handles: handlesOf(5) })
    await settle()
    threads[0].events.prepareFailed(5, 'damaged')
    retrieve()
    await settle()
    expect(prepared).toEqual([
      { type: 'shard-prepared', shard: 1, generation: 4, failure: null },
      { type: 'shard-prepared', shard: 1, generation: 5, failure: 'damaged' },
    ])
    expect([threads.length, threads[0].callsWaiting, system.health().ready]).toEqual([1, 1, true])
  })

  it('has a thread prepare a set once, whether it is told before or after it is filled', async () => {
    const { threads, shard, live, ready } = start([4])
    tell(shard, { type: 'prepare', handles: handlesOf(5) })
    live.push(5)
    await settle()
    await ready(threads[0])
    tell(shard, { type: 'prepare', handles: handlesOf(5) })
    tell(shard, { type: 'prepare', handles: handlesOf(6) })
    await settle()
    expect(generationsOf(threads[0])).toEqual([4, 5, 6])
  })

  it('passes tables, changed items and retired sets on to its thread', async () => {
    const { threads, shard, ready } = start()
    await ready(threads[0])
    const tables = tablesOf(catalogOf([]))
    tell(shard, { type: 'tables', tables })
    tell(shard, { type: 'items-changed', items: Uint32Array.of(9) })
    tell(shard, { type: 'retire', generation: 3 })
    await settle()
    expect([threads[0].tables, threads[0].items.at(-1), threads[0].retired]).toEqual([[tables], Uint32Array.of(9), [3]])
  })

  it('stops its thread when it is stopped', async () => {
    const { threads, shard } = start()
    await stop(shard as never)
    expect(threads[0].isStopped).toBe(true)
  })
})
