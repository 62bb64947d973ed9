import { createHistogram } from 'node:perf_hooks'
import type { MonotonicClock } from '../domain/ports.ts'

/** Ten minutes in microseconds; what took longer is counted as this. */
const highestUs = 600_000_000

/** Two significant figures: quantiles are right within 1 %, at about 25 KB instead of 190 KB per histogram. */
const histogramOptions = { lowest: 1, highest: highestUs, figures: 2 }

/**
 * Latencies of one thing.
 *
 * 1. `count` and `sumMs` cover the whole life of the process; quantiles cover the last one to two windows.
 * 2. Recording is one call into a native histogram; windows are turned when somebody reads.
 */
export class Latency {
  count = 0
  sumMs = 0
  private current = createHistogram(histogramOptions)
  private previous = createHistogram(histogramOptions)
  private windowStart: number
  private readonly clock: MonotonicClock
  private readonly windowMs: number

  constructor(clock: MonotonicClock, windowMs: number) {
    this.clock = clock
    this.windowMs = windowMs
    this.windowStart = clock.ms()
  }

  /** A duration that is not a number, or negative, is left out: measuring must not break what is measured. */
  record(ms: number): void {
    if (!(ms >= 0)) return
    this.count++
    this.sumMs += ms
    this.current.record(Math.min(highestUs, Math.max(1, Math.round(ms * 1000))))
  }

  /** Milliseconds below which the given shares (in (0, 1]) of the recent values lie; NaN when there are none. */
  quantilesMs(shares: readonly number[]): number[] {
    const recent = createHistogram(histogramOptions)
    recent.add(this.previous)
    recent.add(this.current)
    this.turnWindow()
    return shares.map(share => (recent.count === 0 ? Number.NaN : recent.percentile(share * 100) / 1000))
  }

  private turnWindow(): void {
    const now = this.clock.ms()
    if (now - this.windowStart < this.windowMs) return
    const oldest = this.previous
    this.previous = this.current
    oldest.reset()
    this.current = oldest
    this.windowStart = now
  }
}
