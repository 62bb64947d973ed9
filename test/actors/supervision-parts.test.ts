import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { actorKind } from '../../supervision/dead-letters.ts'
import { type Deadline, Deadlines } from '../../supervision/deadline.ts'
import { Mailbox } from '../../supervision/mailbox.ts'
import { backoffMs, decide, type Failure, noRestarts, type RestartHistory } from '../../supervision/strategy.ts'
import { ManualTime, testPolicy } from './supervision.harness.ts'

const failure: Failure = { outcome: 'retryable', atMs: 0, upMs: 0, starting: false }

describe('the restart strategy', () => {
  it('never restarts more often than its window allows, and always restarts again when the window has passed', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 6000 }), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(gaps, gapsMs => {
        let history: RestartHistory = noRestarts
        let atMs = 0
        const restarts: number[] = []
        for (const gapMs of gapsMs) {
          atMs += gapMs
          const recent = restarts.filter(at => atMs - at < testPolicy.windowMs).length
          const decision = decide(testPolicy, history, { ...failure, atMs, upMs: gapMs }, 0)
          expect(decision.kind).toBe(recent < testPolicy.restartsMax ? 'restart' : 'escalate')
          if (decision.kind !== 'restart') continue
          restarts.push(atMs)
          history = decision.history
        }
      }),
    )
  })

  it('waits longer each time up to a bound, the jitter taking off at most its share', () => {
    const policy = { ...testPolicy, jitter: 0.5 }
    expect([0, 1, 2, 3, 4, 50].map(attempt => backoffMs(policy, attempt, 0))).toEqual([100, 200, 400, 800, 1000, 1000])
    fc.assert(
      fc.property(fc.nat(60), fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (attempt, random) => {
        const full = backoffMs(policy, attempt, 0)
        const delay = backoffMs(policy, attempt, random)
        expect(delay).toBeLessThanOrEqual(full)
        expect(delay).toBeGreaterThanOrEqual(full / 2)
      }),
    )
  })

  it.each([
    ['a fatal error', {}, { outcome: 'fatal' }, 'escalate'],
    ['a fatal error of an actor that may go', { onFatal: 'stop' }, { outcome: 'fatal' }, 'stop'],
    ['a retryable error', {}, {}, 'restart'],
    ['a retryable error of an actor that resumes', { onRetryable: 'resume' }, {}, 'resume'],
    ['a failed start of an actor that resumes', { onRetryable: 'resume' }, { starting: true }, 'restart'],
    ['too many restarts', { restartsMax: 0 }, {}, 'escalate'],
    ['too many restarts of an actor that may go', { restartsMax: 0, onExhausted: 'stop' }, {}, 'stop'],
  ] as const)('answers %s', (_, policy, change, kind) => {
    expect(decide({ ...testPolicy, ...policy }, noRestarts, { ...failure, ...change }, 0).kind).toBe(kind)
  })
})

describe('deadlines', () => {
  it('fire once, never early, in order, and less than two ticks late; cancelled ones never', () => {
    const plan = fc.array(
      fc.record({
        waitMs: fc.integer({ min: 0, max: 50 }),
        ms: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 5000 })),
        cancelAfterMs: fc.option(fc.integer({ min: 0, max: 3000 })),
      }),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(plan, steps => {
        const time = new ManualTime()
        const deadlines = new Deadlines(time, time)
        const fired: { dueMs: number; atMs: number }[] = []
        const cancelled = new Set<number>()
        steps.forEach(({ waitMs, ms, cancelAfterMs }, i) => {
          time.advance(waitMs)
          const dueMs = time.ms() + ms
          const deadline: Deadline = deadlines.after(ms, () => {
            expect(cancelled.has(i)).toBe(false)
            fired.push({ dueMs, atMs: time.ms() })
          })
          if (cancelAfterMs === null || cancelAfterMs >= ms) return
          time.set(() => {
            cancelled.add(i)
            deadlines.cancel(deadline)
          }, cancelAfterMs)
        })
        time.advance(20_000)
        expect(fired.length + cancelled.size).toBe(steps.length)
        expect(fired.every(({ dueMs, atMs }) => atMs >= dueMs && atMs < dueMs + 2)).toBe(true)
        expect([deadlines.size, time.timers]).toEqual([0, 0])
      }),
    )
  })

  it('fire in the order of their times when the timer comes late, and skip what one of them cancels', () => {
    const clock = { now: 0, ms: () => clock.now }
    let wake = () => {}
    const timers = {
      set(callback: () => void) {
        wake = callback
      },
      clear() {},
    }
    const deadlines = new Deadlines(clock, timers)
    const fired: string[] = []
    deadlines.after(1500, () => fired.push('d'))
    deadlines.after(600, () => fired.push('b'))
    const skipped = deadlines.after(700, () => fired.push('c'))
    deadlines.after(5, () => {
      fired.push('a')
      deadlines.cancel(skipped)
    })
    deadlines.after(90_000, () => fired.push('e'))
    clock.now = 4000
    wake()
    expect([fired, deadlines.size]).toEqual([['a', 'b', 'd'], 1])
  })

  it('keep one timer for thousands', () => {
    const time = new ManualTime()
    const deadlines = new Deadlines(time, time)
    const all = Array.from({ length: 5000 }, (_, i) => deadlines.after(1 + (i % 777), () => {}))
    expect([deadlines.size, time.timers]).toEqual([5000, 1])
    for (const deadline of all) deadlines.cancel(deadline)
    expect([deadlines.size, time.timers]).toEqual([0, 0])
  })
})

describe('a mailbox', () => {
  it('gives back what it was given, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -3000, max: 3000 }), { maxLength: 30 }), steps => {
        const mailbox = new Mailbox<number>()
        let pushed = 0
        let shifted = 0
        for (const step of steps) {
          for (let i = 0; i < step; i++) mailbox.push(pushed++)
          for (let i = 0; i < -step && shifted < pushed; i++) expect(mailbox.shift()).toBe(shifted++)
          expect(mailbox.length).toBe(pushed - shifted)
        }
        if (shifted === pushed) expect(mailbox.shift()).toBeUndefined()
      }),
      { numRuns: 50 },
    )
  })
})

describe('the label of an actor', () => {
  it.each([
    ['/requests/request-4711', 'request'],
    ['/index-shard-3', 'index-shard'],
    ['/journal', 'journal'],
    ['', 'actor'],
  ])('of %j is %s', (path, kind) => {
    expect(actorKind(path)).toBe(kind)
  })
})
