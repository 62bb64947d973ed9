import { describe, expect, it } from 'vitest'
import { tell } from '../../supervision/actor-ref.ts'
import type { ActorContext, Behaviour } from '../../supervision/behaviour.ts'
import { stop } from '../../supervision/system.ts'
import { settle, testSystem } from './supervision.harness.ts'

const fatal = () => Object.assign(new Error('broken for good'), { outcome: 'fatal' })

/** Collects what it receives; crashes on 'crash' and 'fatal'. `lives` counts how often it was made. */
function fragile(received: string[] = []) {
  const probe = { lives: 0, ended: 0, received, context: undefined as unknown as ActorContext<string> }
  const behaviour: Behaviour<string> = context => {
    probe.lives++
    probe.context = context
    return {
      receive(message) {
        if (message === 'crash') throw new Error('crashed')
        if (message === 'fatal') throw fatal()
        received.push(message)
      },
      stopped: () => void probe.ended++,
    }
  }
  return { probe, behaviour }
}

describe('a crash', () => {
  it('restarts the actor after a backoff that grows, with what waited and without what crashed', async () => {
    const { system, time, logged } = testSystem()
    const { probe, behaviour } = fragile()
    const ref = system.spawn('a', behaviour)
    for (const message of ['1', 'crash', '2', '3']) tell(ref, message)
    await settle()
    tell(ref, '4')
    time.advance(99)
    await settle()
    expect([probe.received, probe.lives, probe.ended]).toEqual([['1'], 1, 1])
    time.advance(1)
    await settle()
    expect([probe.received, probe.lives]).toEqual([['1', '2', '3', '4'], 2])

    tell(ref, 'crash')
    await settle()
    time.advance(199)
    await settle()
    expect(probe.lives).toBe(2)
    time.advance(1)
    await settle()
    expect(probe.lives).toBe(3)
    expect(system.deadLetters.counts()).toEqual([{ actor: 'a', type: 'string', reason: 'crashed', count: 2 }])
    expect(JSON.parse(logged[0]!)).toMatchObject({ level: 'error', actor: '/a', decision: 'restart', delayMs: 100 })
    await system.stop()
  })

  it('bounds what waits during the backoff', async () => {
    const { system, time } = testSystem()
    const { probe, behaviour } = fragile()
    const ref = system.spawn('a', behaviour, { mailboxDepthMax: 2 })
    tell(ref, 'crash')
    await settle()
    for (const message of ['1', '2', '3', '4']) tell(ref, message)
    time.advance(100)
    await settle()
    expect(probe.received).toEqual(['1', '2'])
    expect(system.deadLetters.counts().at(-1)).toMatchObject({ reason: 'overflow', count: 2 })
    await system.stop()
  })

  it('starts the backoff over only after a life that was long enough', async () => {
    const { system, time } = testSystem({ policy: { restartsMax: 100 } })
    const { probe, behaviour } = fragile()
    const ref = system.spawn('a', behaviour)
    const crashAndMeasure = async () => {
      const before = probe.lives
      tell(ref, 'crash')
      await settle()
      let waitedMs = 0
      for (; probe.lives === before && waitedMs < 5000; waitedMs += 50) {
        time.advance(50)
        await settle()
      }
      return waitedMs
    }
    expect(await crashAndMeasure()).toBe(100)
    time.advance(4999)
    expect(await crashAndMeasure()).toBe(200)
    time.advance(5000)
    expect(await crashAndMeasure()).toBe(100)
    await system.stop()
  })

  it('escalates to the top after too many restarts within the window, and stays in the health report', async () => {
    const { system, time, failures } = testSystem()
    const { probe, behaviour } = fragile()
    const ref = system.spawn('a', behaviour)
    for (let i = 0; i < 4; i++) {
      tell(ref, 'crash')
      await settle()
      time.advance(1000)
      await settle()
    }
    expect(probe.lives).toBe(4)
    expect(failures.map(error => error.message)).toEqual(['/a gave up (3 restarts within 10000 ms): crashed'])
    expect(system.health()).toMatchObject({ state: 'failed', ready: false })
    expect(system.health().reasons).toEqual(['/a failed: 3 restarts within 10000 ms: crashed'])
    await system.stop()
  })

  it('keeps the state when the policy is to resume', async () => {
    const { system } = testSystem()
    const { probe, behaviour } = fragile()
    const ref = system.spawn('a', behaviour, { policy: { onRetryable: 'resume' } })
    for (const message of ['1', 'crash', '2']) tell(ref, message)
    await settle()
    expect([probe.received, probe.lives]).toEqual([['1', '2'], 1])
    await system.stop()
  })

  it('of a temporary actor just stops it', async () => {
    const { system, failures, metrics } = testSystem()
    const { probe, behaviour } = fragile()
    const ref = system.spawn('request-1', behaviour, { lifetime: 'temporary' })
    for (const message of ['crash', '1']) tell(ref, message)
    await settle()
    expect([probe.lives, probe.ended, failures.length]).toEqual([1, 1, 0])
    expect(system.health()).toEqual({ state: 'ready', ready: true, reasons: [], actors: [] })
    expect(metrics.renderPrometheus()).toContain('sluice_actor_crashes_total{actor="request",decision="stop"} 1')
    await system.stop()
  })

  it('while it starts is retried like any other', async () => {
    const { system, time } = testSystem()
    const received: string[] = []
    let attempts = 0
    const ref = system.spawn<string>(
      'a',
      () => {
        if (++attempts < 3) throw new Error('not yet')
        return { receive: message => void received.push(message) }
      },
      { policy: { onRetryable: 'resume' } },
    )
    tell(ref, 'waited')
    for (let i = 0; i < 3; i++) {
      await settle()
      time.advance(1000)
    }
    await settle()
    expect([attempts, received]).toEqual([3, ['waited']])
    await system.stop()
  })

  it('is what awaiting in receive amounts to, and it is fatal', async () => {
    const { system, failures } = testSystem()
    const ref = system.spawn<string>('a', () => ({ receive: async () => {} }))
    tell(ref, 'x')
    await settle()
    expect(failures[0]?.message).toContain("/a returned a promise from receive('string'): use context.pipe")
    await system.stop()
  })

  it('of a classification counts as fatal', async () => {
    const { system, failures } = testSystem()
    const { behaviour } = fragile()
    const classify = () => {
      throw new Error('no idea')
    }
    tell(system.spawn('a', behaviour, { policy: { classify } }), 'crash')
    await settle()
    expect(failures).toHaveLength(1)
    await system.stop()
  })
})

describe('a new life', () => {
  it('gets no timer and no piped outcome of the one before', async () => {
    const { system, time } = testSystem()
    const { probe, behaviour } = fragile()
    const ref = system.spawn('a', behaviour)
    probe.context.after(150, 'timer')
    const late = Promise.withResolvers<string>()
    probe.context.pipe(
      late.promise,
      value => value,
      () => 'failed',
    )
    tell(ref, 'crash')
    await settle()
    late.resolve('piped')
    await settle()
    time.advance(200)
    await settle()
    expect([probe.lives, probe.received]).toEqual([2, []])
    expect(system.deadLetters.counts().at(-1)).toEqual({ actor: 'a', type: 'piped', reason: 'stale', count: 1 })
    await system.stop()
  })

  it('has none of the children of the one before, and may spawn them again', async () => {
    const { system, time } = testSystem()
    const child = fragile()
    const ref = system.spawn<string>('parent', context => {
      context.spawn('child', child.behaviour)
      return {
        receive() {
          throw new Error('crashed')
        },
      }
    })
    tell(ref, 'x')
    await settle()
    expect([child.probe.lives, child.probe.ended]).toEqual([1, 1])
    time.advance(100)
    await settle()
    expect([child.probe.lives, child.probe.ended]).toEqual([2, 1])
    await system.stop()
  })

  it('does not come when the actor is stopped during the backoff', async () => {
    const { system, time } = testSystem()
    const { probe, behaviour } = fragile()
    const ref = system.spawn('a', behaviour)
    for (const message of ['crash', '1']) tell(ref, message)
    await settle()
    await stop(ref)
    time.advance(10_000)
    await settle()
    expect([probe.lives, time.timers]).toEqual([1, 0])
    expect(system.deadLetters.counts().map(({ reason, count }) => [reason, count])).toEqual([
      ['crashed', 1],
      ['stopped', 1],
    ])
    await system.stop()
  })
})

describe('escalation', () => {
  it('stops the child and restarts the parent, which leaves its siblings alone', async () => {
    const { system, time, failures } = testSystem()
    const child = fragile()
    const sibling = fragile()
    let parents = 0
    system.spawn<string>('parent', context => {
      parents++
      context.spawn('child', child.behaviour)
      return { receive() {} }
    })
    system.spawn('sibling', sibling.behaviour)
    tell(child.probe.context.self, 'fatal')
    await settle()
    expect([parents, child.probe.ended]).toEqual([1, 1])
    time.advance(100)
    await settle()
    expect([parents, child.probe.lives, sibling.probe.lives, failures.length]).toEqual([2, 2, 1, 0])
    expect(system.health().state).toBe('ready')
    await system.stop()
  })

  it('goes up until somebody stops it', async () => {
    const { system, time, failures } = testSystem({ policy: { restartsMax: 0 } })
    const child = fragile()
    system.spawn<string>('parent', context => {
      context.spawn('child', child.behaviour)
      return { receive() {} }
    })
    tell(child.probe.context.self, 'crash')
    await settle()
    time.advance(1000)
    expect(failures.map(error => error.path)).toEqual(['/parent'])
    expect(String(failures[0]?.cause)).toContain('/parent/child gave up')
    await system.stop()
  })

  it('does not happen when the policy is to stop', async () => {
    const { system, failures } = testSystem()
    const { probe, behaviour } = fragile()
    tell(system.spawn('a', behaviour, { policy: { onFatal: 'stop' } }), 'fatal')
    await settle()
    expect([probe.ended, failures.length]).toEqual([1, 0])
    expect(system.health().reasons).toEqual(['/a failed: the error is fatal: broken for good'])
    await system.stop()
  })
})

describe('health', () => {
  it('is what actors publish, the worst first', async () => {
    const { system, time } = testSystem()
    const contexts: ActorContext<string>[] = []
    for (const name of ['a', 'b', 'c']) {
      system.spawn<string>(name, context => {
        contexts.push(context)
        return { receive() {} }
      })
    }
    contexts[0]!.health('ready')
    contexts[1]!.health('degraded', 'two shards are missing')
    expect(system.health()).toMatchObject({ state: 'degraded', ready: true })
    contexts[2]!.health('starting', 'reading the partition')
    time.advance(5)
    contexts[2]!.health('starting', 'building the index')
    const report = system.health()
    expect([report.state, report.ready]).toEqual(['starting', false])
    expect(report.reasons).toEqual(['/c starting: building the index', '/b degraded: two shards are missing'])
    expect(report.actors.map(({ path, since }) => [path, since])).toEqual([
      ['/a', 0],
      ['/b', 0],
      ['/c', 0],
    ])
    await system.stop()
    expect(system.health().actors).toEqual([])
  })

  it('is degraded during a backoff and clean after it', async () => {
    const { system, time } = testSystem()
    const { behaviour } = fragile()
    tell(system.spawn('a', behaviour), 'crash')
    await settle()
    expect(system.health().reasons).toEqual(['/a degraded: restarting after: crashed'])
    time.advance(100)
    await settle()
    expect(system.health().reasons).toEqual([])
    await system.stop()
  })
})
