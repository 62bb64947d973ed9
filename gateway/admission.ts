import type { Counter, Gauge } from '../telemetry/metrics.ts'

/**
 * Bounds the work that is in progress behind a door: mailboxes are not bounded, so what is let in must be.
 *
 * 1. What is in flight is what `enter` accepted less what `leave` returned; it never passes `max`, except by a single
 *    group that is larger than `max` by itself and therefore enters alone.
 */
export class Admission {
  private readonly max: number
  private readonly inFlight: Gauge
  private readonly refused: Counter

  constructor(max: number, inFlight: Gauge, refused: Counter) {
    this.max = max
    this.inFlight = inFlight
    this.refused = refused
  }

  /** False when there is no room; whoever got true calls `leave` with the same count, whatever happens. */
  enter(count = 1): boolean {
    const { inFlight, max } = this
    if (inFlight.value > 0 && inFlight.value + count > max) {
      this.refused.add(count)
      return false
    }
    inFlight.value += count
    return true
  }

  leave(count = 1): void {
    this.inFlight.value -= count
  }
}
