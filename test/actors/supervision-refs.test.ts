import { describe, expect, it } from 'vitest'
import { type ActorRef, callbackRef, tell } from '../../supervision/actor-ref.ts'
import { type AskError, ask } from '../../supervision/ask.ts'
import type { Behaviour } from '../../supervision/behaviour.ts'
import { stop } from '../../supervision/system.ts'
import { settle, testSystem } from './supervision.harness.ts'

interface Found {
  readonly items: readonly number[]
}

type ShardMessage =
  | { readonly type: 'search'; readonly k: number; readonly replyTo: ActorRef<Found> }
  | { readonly type: 'count'; readonly replyTo: ActorRef<number> }
  | { readonly type: 'insert'; readonly item: number }

const shard: Behaviour<ShardMessage> = () => {
  const items: number[] = []
  return {
    receive(message) {
      switch (message.type) {
        case 'search':
          tell(message.replyTo, { items: items.slice(0, message.k) })
          break
        case 'count':
          tell(message.replyTo, items.length)
          break
        case 'insert':
          if (message.item < 0) throw new RangeError('negative')
          items.push(message.item)
          break
        default:
          message satisfies never
      }
    },
  }
}

const silent: Behaviour<ShardMessage> = () => ({ receive() {} })

describe('a typed reference', () => {
  it('refuses wrong messages and infers replies when it is compiled', async () => {
    const { system } = testSystem()
    const ref = system.spawn('shard', shard)
    tell(ref, { type: 'insert', item: 7 })
    // @ts-expect-error a message of no such type
    const unknownType = () => tell(ref, { type: 'delete', item: 7 })
    // @ts-expect-error a field of the wrong type
    const wrongField = () => tell(ref, { type: 'insert', item: 'seven' })
    // @ts-expect-error a question without its replyTo
    const noReply = () => tell(ref, { type: 'count' })
    // @ts-expect-error a reply reference of another type
    const wrongReply = () => tell(ref, { type: 'count', replyTo: callbackRef<string>(() => {}) })
    // @ts-expect-error what is no question can not be asked
    const noQuestion = () => ask(system, ref, { type: 'insert', item: 7 }, 10)
    // @ts-expect-error a question without its field
    const noField = () => ask(system, ref, { type: 'search' }, 10)
    // @ts-expect-error a reference for more messages than the actor takes
    const widened: () => ActorRef<ShardMessage | { type: 'other' }> = () => ref
    expect([unknownType, wrongField, noReply, wrongReply, noQuestion, noField, widened]).toHaveLength(7)

    const found: Found = await ask(system, ref, { type: 'search', k: 1 }, 10)
    const count: number = await ask(system, ref, { type: 'count' }, 10)
    expect([found.items, count]).toEqual([[7], 1])
    await system.stop()
  })

  it('can be narrowed to the messages that a caller needs', async () => {
    const { system } = testSystem()
    const ref = system.spawn('shard', shard)
    const inserter: ActorRef<{ type: 'insert'; item: number }> = ref
    tell(inserter, { type: 'insert', item: 1 })
    expect(await ask(system, ref, { type: 'count' }, 10)).toBe(1)
    await system.stop()
  })

  it('can be a callback, which is called at once', () => {
    const received: number[] = []
    tell(
      callbackRef<number>(n => received.push(n)),
      4,
    )
    expect(received).toEqual([4])
  })
})

describe('asking', () => {
  it('fails at the timeout, and a later reply is a dead letter', async () => {
    const { system, time, metrics } = testSystem()
    const held: ActorRef<number>[] = []
    const slow: Behaviour<ShardMessage> = () => ({
      receive(message) {
        if (message.type === 'count') held.push(message.replyTo)
      },
    })
    const answer = ask(system, system.spawn('slow', slow), { type: 'count' }, 50)
    answer.catch(() => {})
    await settle()
    time.advance(49)
    expect(system.asks.size).toBe(1)
    time.advance(1)
    await expect(answer).rejects.toThrow("'count' to /slow was not answered: timeout within 50 ms")
    tell(held[0]!, 1)
    expect(system.deadLetters.counts()).toEqual([{ actor: 'ask', type: 'count', reason: 'late', count: 1 }])
    expect(metrics.renderPrometheus()).toContain('sluice_ask_timeouts_total 1')
    expect([system.asks.size, time.timers]).toEqual([0, 0])
    await system.stop()
  })

  it('fails at once when the actor has stopped, stops first, crashes over it, or is full', async () => {
    const { system } = testSystem()
    const reasons: unknown[] = []
    const watch = (answer: Promise<unknown>) => answer.catch(error => reasons.push((error as AskError).reason))
    const gone = system.spawn('gone', silent)
    await stop(gone)
    watch(ask(system, gone, { type: 'count' }, 1000))

    const leaving = system.spawn('leaving', silent)
    watch(ask(system, leaving, { type: 'count' }, 1000))
    void stop(leaving)

    const full = system.spawn('full', silent, { mailboxDepthMax: 1 })
    tell(full, { type: 'insert', item: 1 })
    watch(ask(system, full, { type: 'count' }, 1000))

    const crashing: Behaviour<ShardMessage> = () => ({
      receive() {
        throw new Error('broken')
      },
    })
    watch(ask(system, system.spawn('crashing', crashing), { type: 'count' }, 1000))
    await settle()
    expect(reasons.sort()).toEqual(['crashed', 'overflow', 'stopped', 'stopped'])
    await system.stop()
  })

  it('fails when the system stops', async () => {
    const { system, time } = testSystem()
    const answer = ask(
      system,
      callbackRef<ShardMessage>(() => {}),
      { type: 'count' },
      1000,
    )
    const failed = expect(answer).rejects.toMatchObject({ reason: 'system stopped', name: 'AskError' })
    await system.stop()
    await failed
    expect(time.timers).toBe(0)
  })

  it('gives each of 10,000 concurrent askers its own answer, in whatever order answers come', async () => {
    type Echo = { readonly type: 'echo'; readonly n: number; readonly replyTo: ActorRef<number> }
    const { system } = testSystem({ mailboxDepthMax: 20_000 })
    const held: Echo[] = []
    const shuffled: Behaviour<Echo> = () => ({
      receive(message) {
        held.push(message)
        if (held.length % 1000 !== 0) return
        for (const at of held.splice(0).sort((a, b) => ((a.n * 7919) % 1000) - ((b.n * 7919) % 1000))) {
          tell(at.replyTo, at.n)
          if (at.n % 3 === 0) tell(at.replyTo, -1)
        }
      },
    })
    const echoes = Array.from({ length: 4 }, (_, i) => system.spawn(`echo-${i}`, shuffled))
    const asked = Array.from({ length: 10_000 }, (_, n) => ask(system, echoes[n % 4]!, { type: 'echo', n }, 1000))
    const answers = await Promise.all(asked)
    expect(answers.every((answer, n) => answer === n)).toBe(true)
    expect(system.deadLetters.counts()).toEqual([{ actor: 'ask', type: 'echo', reason: 'late', count: 3334 }])
    expect(system.asks.size).toBe(0)
    await system.stop()
  })
})
