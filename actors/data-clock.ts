import type { Clock } from '../domain/ports.ts'

/**
 * The clock of a data directory. In `data` mode it stands at the last event, so that imported history is served at its
 * own time; before the first event, and in `real` mode, it is the machine's.
 */
export class DataClock implements Clock {
  private readonly mode: 'data' | 'real'
  private lastEventAt: () => number = () => 0

  constructor(mode: 'data' | 'real') {
    this.mode = mode
  }

  follow(lastEventAt: () => number): void {
    this.lastEventAt = lastEventAt
  }

  now(): number {
    const last = this.mode === 'data' ? this.lastEventAt() : 0
    return last > 0 ? last : Date.now()
  }
}
