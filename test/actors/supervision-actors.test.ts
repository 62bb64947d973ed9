import { describe, expect, it } from 'vitest'
import { type ActorRef, callbackRef, tell } from '../../supervision/actor-ref.ts'
import type { Behaviour } from '../../supervision/behaviour.ts'
import { mailboxDepth, spawn, stop } from '../../supervision/system.ts'
import { settle, testSystem } from './supervision.harness.ts'

const collector =
  (received: unknown[]): Behaviour<unknown> =>
  () => ({ receive: message => void received.push(message) })

describe('an actor', () => {
  it('handles messages in the order of their arrival, also more than fit one turn', async () => {
    const { system } = testSystem()
    const received: unknown[] = []
    const ref = system.spawn('a', collector(received))
    for (let i = 0; i < 500; i++) tell(ref, i)
    expect([received.length, mailboxDepth(ref)]).toEqual([0, 500])
    await settle()
    expect(received).toEqual(Array.from({ length: 500 }, (_, i) => i))
    expect(mailboxDepth(ref)).toBe(0)
    await system.stop()
  })

  it('takes what it tells itself in a later turn, so that work in slices lets timers through', async () => {
    const { system } = testSystem()
    let timerAt = -1
    let slices = 0
    const ref = system.spawn<string>('slices', context => ({
      receive() {
        if (++slices < 10) tell(context.self, 'go on')
      },
    }))
    tell(ref, 'go')
    setImmediate(() => {
      timerAt = slices
    })
    await settle()
    expect(slices).toBe(10)
    expect(timerAt).toBeLessThan(5)
  })

  it('lets others have their turn while it has much to do', async () => {
    const { system } = testSystem()
    const received: unknown[] = []
    const busy = system.spawn('busy', collector(received))
    const other = system.spawn('other', collector(received))
    for (let i = 0; i < 500; i++) tell(busy, i)
    tell(other, 'other')
    await settle()
    expect(received.indexOf('other')).toBeLessThan(100)
    await system.stop()
  })

  it('loses messages beyond the bound of its mailbox, the newest first', async () => {
    const { system } = testSystem()
    const received: unknown[] = []
    const ref = system.spawn('a', collector(received), { mailboxDepthMax: 3 })
    for (let i = 0; i < 5; i++) tell(ref, { type: 'n', i })
    await settle()
    expect(received).toEqual([0, 1, 2].map(i => ({ type: 'n', i })))
    expect(system.deadLetters.counts()).toEqual([{ actor: 'a', type: 'n', reason: 'overflow', count: 2 }])
    await system.stop()
  })

  it('gets timed messages not before their time, and none that it cancelled', async () => {
    const { system, time } = testSystem()
    const received: unknown[] = []
    system.spawn('a', context => {
      context.after(20, 'second')
      context.after(10, 'first')
      context.after(10, 'never').cancel()
      return { receive: message => void received.push(message) }
    })
    time.advance(9)
    await settle()
    expect(received).toEqual([])
    time.advance(11)
    await settle()
    expect(received).toEqual(['first', 'second'])
    await system.stop()
  })

  it('gets the outcome of a promise as a message', async () => {
    const { system } = testSystem()
    const received: unknown[] = []
    system.spawn('a', context => {
      context.pipe(
        Promise.resolve(2),
        n => n * 2,
        () => 'no',
      )
      context.pipe(
        Promise.reject(new Error('refused')),
        () => 'no',
        error => (error as Error).message,
      )
      return { receive: message => void received.push(message) }
    })
    await settle()
    expect(received).toEqual([4, 'refused'])
    await system.stop()
  })

  it('can be spawned below another one without a message to it', async () => {
    const { system, metrics } = testSystem()
    const parent = system.spawn('requests', collector([]))
    const received: unknown[] = []
    const child = spawn(parent, 'request-1', collector(received))
    spawn(parent, 'request-2', collector(received))
    tell(child, 'x')
    await settle()
    expect([child.path, received]).toEqual(['/requests/request-1', ['x']])
    expect(() => spawn(parent, 'request-1', collector([]))).toThrow("has a child 'request-1' already")
    expect(() =>
      spawn(
        callbackRef(() => {}),
        'a',
        collector([]),
      ),
    ).toThrow('is not an actor')
    expect(metrics.renderPrometheus()).toContain('sluice_actors{actor="request"} 2')
    await stop(child)
    expect(spawn(parent, 'request-1', collector([])).path).toBe('/requests/request-1')
    await system.stop()
    expect(() => spawn(parent, 'request-3', collector([]))).toThrow('can not spawn')
  })
})

describe('stopping', () => {
  const noting =
    (stopped: string[], children: string[] = []): Behaviour<unknown> =>
    context => {
      for (const child of children) context.spawn(child, noting(stopped))
      return {
        receive() {},
        async stopped() {
          await new Promise(resolve => setImmediate(resolve))
          stopped.push(context.path)
        },
      }
    }

  it('goes through the tree children first, the last spawned first, and waits for each', async () => {
    const { system } = testSystem()
    const stopped: string[] = []
    system.spawn('journal', noting(stopped))
    system.spawn('shards', noting(stopped, ['shard-0', 'shard-1']))
    await system.stop()
    expect(stopped).toEqual(['/shards/shard-1', '/shards/shard-0', '/shards', '/journal'])
  })

  it('turns waiting and later messages into dead letters, one each', async () => {
    const { system } = testSystem()
    const received: unknown[] = []
    const ref = system.spawn('shard-7', collector(received))
    tell(ref, { type: 'waiting' })
    tell(ref, { type: 'waiting' })
    await stop(ref)
    tell(ref, { type: 'after' })
    await settle()
    expect(received).toEqual([])
    expect(system.deadLetters.total).toBe(3)
    expect(system.deadLetters.counts()).toEqual([
      { actor: 'shard', type: 'waiting', reason: 'stopped', count: 2 },
      { actor: 'shard', type: 'after', reason: 'stopped', count: 1 },
    ])
    expect(system.deadLetters.samples().at(-1)).toEqual({ at: 0, path: '/shard-7', type: 'after', reason: 'stopped' })
    await system.stop()
  })

  it('by the actor itself lets it finish the message in hand, and takes its children along', async () => {
    const { system } = testSystem()
    const log: string[] = []
    const ref = system.spawn<string>('a', context => {
      context.spawn('child', noting(log))
      return {
        receive(message) {
          context.stop()
          log.push(`finished ${message}`)
        },
        stopped: () => void log.push('stopped'),
      }
    })
    tell(ref, 'one')
    tell(ref, 'two')
    await settle()
    expect(log).toEqual(['finished one', '/a/child', 'stopped'])
    expect(system.deadLetters.total).toBe(1)
    await system.stop()
  })

  it('by its own behaviour, before the first message, frees what that life holds', async () => {
    const { system } = testSystem()
    const log: string[] = []
    const ref = system.spawn<string>('a', context => {
      context.stop()
      return { receive: message => void log.push(message), stopped: () => void log.push('stopped') }
    })
    tell(ref, 'x')
    await settle()
    expect([log, system.deadLetters.total]).toEqual([['stopped'], 1])
    await system.stop()
  })

  it('tells the watchers, also one who comes too late, but none who has stopped', async () => {
    const { system } = testSystem()
    const received: unknown[] = []
    const watched = system.spawn('watched', collector([]))
    const watching = (): Behaviour<unknown> => context => {
      context.watch(watched, `${context.name} saw it`)
      return { receive: message => void received.push(message) }
    }
    system.spawn('w1', watching())
    const w2 = system.spawn('w2', watching())
    await stop(w2)
    await stop(watched)
    system.spawn('w3', watching())
    await settle()
    expect(received.sort()).toEqual(['w1 saw it', 'w3 saw it'])
    expect(system.deadLetters.total).toBe(0)
    await system.stop()
  })

  it('leaves no timer and no open question behind', async () => {
    const { system, time } = testSystem()
    system.spawn('a', context => {
      context.after(1000, 'x')
      return { receive() {} }
    })
    expect(time.timers).toBe(1)
    await system.stop()
    expect([time.timers, system.deadlines.size, system.asks.size]).toEqual([0, 0, 0])
  })
})

describe('dead letters', () => {
  it('keep a bounded sample of the most recent, and count all', async () => {
    const { system } = testSystem()
    const ref: ActorRef<unknown> = system.spawn('a', collector([]))
    await stop(ref)
    for (let i = 0; i < 250; i++) tell(ref, { type: `t${i}` })
    const samples = system.deadLetters.samples()
    expect([samples.length, samples[0]?.type, samples.at(-1)?.type]).toEqual([100, 't150', 't249'])
    expect(system.deadLetters.total).toBe(250)
    await system.stop()
  })

  it('count messages of endlessly new types under one name', async () => {
    const { system, metrics } = testSystem()
    const ref: ActorRef<unknown> = system.spawn('a', collector([]))
    await stop(ref)
    for (let i = 0; i < 1000; i++) tell(ref, { type: `t${i}` })
    const counts = system.deadLetters.counts()
    expect(counts).toHaveLength(513)
    expect(counts.at(-1)).toEqual({ actor: 'other', type: 'other', reason: 'stopped', count: 488 })
    expect(metrics.renderPrometheus()).toContain('sluice_dead_letters_total{actor="a",type="t0",reason="stopped"} 1')
    await system.stop()
  })
})
