import { loadSettings } from '../../config/load.ts'
import type { Clock, MonotonicClock } from '../../domain/ports.ts'
import type { Timers } from '../../supervision/deadline.ts'
import { restartPolicy, supervisionSettings } from '../../supervision/settings.ts'
import type { RestartPolicy } from '../../supervision/strategy.ts'
import type { EscalatedError } from '../../supervision/supervisor.ts'
import { createSystem } from '../../supervision/system.ts'
import { createLogger } from '../../telemetry/log.ts'
import { createMetrics } from '../../telemetry/metrics.ts'

/** Time that stands still until a test moves it. */
export class ManualTime implements Clock, MonotonicClock, Timers {
  private nowMs = 0
  private nextId = 1
  private readonly waiting = new Map<number, { atMs: number; callback: () => void }>()

  now(): number {
    return this.nowMs
  }

  ms(): number {
    return this.nowMs
  }

  get timers(): number {
    return this.waiting.size
  }

  set(callback: () => void, ms: number): number {
    this.waiting.set(this.nextId, { atMs: this.nowMs + ms, callback })
    return this.nextId++
  }

  clear(handle: unknown): void {
    this.waiting.delete(handle as number)
  }

  /** Moves on, firing the timers on the way at their own time. */
  advance(ms: number): void {
    const end = this.nowMs + ms
    for (let due = this.firstDue(end); due !== undefined; due = this.firstDue(end)) {
      const [id, timer] = due
      this.waiting.delete(id)
      this.nowMs = timer.atMs
      timer.callback()
    }
    this.nowMs = end
  }

  private firstDue(end: number) {
    const due = [...this.waiting].filter(([, timer]) => timer.atMs <= end)
    return due.sort(([, a], [, b]) => a.atMs - b.atMs)[0]
  }
}

export const testPolicy: RestartPolicy = {
  ...restartPolicy(loadSettings([supervisionSettings], {}).of(supervisionSettings)),
  restartsMax: 3,
  windowMs: 10_000,
  backoffMinMs: 100,
  backoffMaxMs: 1000,
  jitter: 0,
  resetAfterMs: 5000,
}

/** A system on manual time that logs into a list. */
export function testSystem(options: { policy?: Partial<RestartPolicy>; mailboxDepthMax?: number } = {}) {
  const time = new ManualTime()
  const metrics = createMetrics({ clock: time, latencyWindowMs: 1000 })
  const logged: string[] = []
  const failures: EscalatedError[] = []
  const system = createSystem({
    name: 'test',
    clock: time,
    monotonic: time,
    timers: time,
    random: { next: () => 0.5 },
    log: createLogger({ name: 'test', level: 'info', stream: { write: line => logged.push(line) } }),
    metrics,
    policy: { ...testPolicy, ...options.policy },
    mailboxDepthMax: options.mailboxDepthMax ?? 1000,
    onFailure: error => failures.push(error),
  })
  return { system, time, metrics, logged, failures }
}

/** Waits until all actors have had their turns; time stands still meanwhile. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise(resolve => setImmediate(resolve))
}
