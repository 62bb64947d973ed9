import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Metrics } from './metrics.ts'

/** What `monitorEventLoopDelay` measures: nanoseconds between two ticks of a timer, the timer's period included. */
export interface DelayHistogram {
  readonly mean: number
  readonly max: number
  reset(): void
}

/**
 * How late the event loop runs its timers. The raw measurement includes the timer's own period, which is taken off,
 * so an idle loop reads about 0.
 *
 * 1. Values describe the last complete interval between two calls of `turn`, however many readers there are.
 */
export class EventLoopDelay {
  meanMs = 0
  maxMs = 0
  private readonly histogram: DelayHistogram
  private readonly periodMs: number

  constructor(histogram: DelayHistogram, periodMs: number) {
    this.histogram = histogram
    this.periodMs = periodMs
  }

  turn(): void {
    this.meanMs = this.delayOf(this.histogram.mean)
    this.maxMs = this.delayOf(this.histogram.max)
    this.histogram.reset()
  }

  /** An interval without a single tick has no mean (NaN) and a maximum of 0. */
  private delayOf(nanoseconds: number): number {
    return Number.isNaN(nanoseconds) ? 0 : Math.max(0, nanoseconds / 1e6 - this.periodMs)
  }
}

export interface ProcessMetrics {
  readonly eventLoopDelay: EventLoopDelay
  close(): void
}

const periodMs = 1
const intervalMs = 1000

/** Adds processor time, memory and event loop delay of this process to the metrics. Call `close` to stop measuring. */
export function observeProcess(metrics: Metrics): ProcessMetrics {
  const histogram = monitorEventLoopDelay({ resolution: periodMs })
  histogram.enable()
  const eventLoopDelay = new EventLoopDelay(histogram, periodMs)
  const timer = setInterval(() => eventLoopDelay.turn(), intervalMs).unref()

  metrics.observe('gauge', 'sluice_event_loop_delay_seconds', 'Event loop delay over the last second', () => [
    { labels: { statistic: 'mean' }, value: eventLoopDelay.meanMs / 1000 },
    { labels: { statistic: 'max' }, value: eventLoopDelay.maxMs / 1000 },
  ])
  metrics.observe('counter', 'process_cpu_seconds_total', 'Processor time, user and system', () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  })
  metrics.observe('gauge', 'process_resident_memory_bytes', 'Resident memory', () => process.memoryUsage.rss())
  metrics.observe('gauge', 'sluice_heap_bytes', 'JavaScript heap and memory outside of it', () => {
    const { heapUsed, external, arrayBuffers } = process.memoryUsage()
    return [
      { labels: { kind: 'heap' }, value: heapUsed },
      { labels: { kind: 'external' }, value: external },
      { labels: { kind: 'array_buffers' }, value: arrayBuffers },
    ]
  })
  metrics.observe('gauge', 'sluice_uptime_seconds', 'Time since the process started', () => process.uptime())

  return {
    eventLoopDelay,
    close() {
      clearInterval(timer)
      histogram.disable()
    },
  }
}
