import type { Clock } from '../domain/ports.ts'

/** `degraded` still serves; `starting` and `failed` do not. */
export type HealthState = 'ready' | 'degraded' | 'starting' | 'failed'

export interface ActorHealth {
  readonly path: string
  readonly state: HealthState
  /** Empty when there is nothing to say. */
  readonly reason: string
  /** Epoch milliseconds at which it entered this state. */
  readonly since: number
}

export interface HealthReport {
  /** The worst state of all actors. */
  readonly state: HealthState
  /** No actor is starting or failed. */
  readonly ready: boolean
  /** What keeps the system from `ready`, as `path state: reason`, worst first. */
  readonly reasons: readonly string[]
  readonly actors: readonly ActorHealth[]
}

const severity: Readonly<Record<HealthState, number>> = { ready: 0, degraded: 1, starting: 2, failed: 3 }

/** What the actors of a system have published about themselves, by path. */
export class HealthBoard {
  private readonly byPath = new Map<string, ActorHealth>()
  private readonly clock: Clock

  constructor(clock: Clock) {
    this.clock = clock
  }

  publish(path: string, state: HealthState, reason = ''): void {
    const before = this.byPath.get(path)
    const since = before?.state === state ? before.since : this.clock.now()
    this.byPath.set(path, { path, state, reason, since })
  }

  clear(path: string): void {
    this.byPath.delete(path)
  }

  report(): HealthReport {
    const actors = [...this.byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
    const impaired = actors.filter(a => a.state !== 'ready').sort((a, b) => severity[b.state] - severity[a.state])
    const state = impaired[0]?.state ?? 'ready'
    return {
      state,
      ready: severity[state] < severity.starting,
      reasons: impaired.map(a => `${a.path} ${a.state}${a.reason && `: ${a.reason}`}`),
      actors,
    }
  }
}
