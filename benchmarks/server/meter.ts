import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Metrics } from '../../telemetry/metrics.ts'
import type { ServerFigures } from './messages.ts'
import { readThreadCpu, type ThreadCpu, threadGroups } from './thread-cpu.ts'

/** The histogram counts the period of its own timer as delay, so it is taken off; an idle loop then reads about 0. */
const periodMs = 1
const stageMetric = 'sluice_stage_seconds'
const mixedMetric = 'sluice_mixed_feeds_total'

type Stages = ServerFigures['stages']

/** Measures this process from `begin` to `end`. */
export class Meter {
  private readonly metrics: Metrics
  private readonly delay: ReturnType<typeof monitorEventLoopDelay>
  private startedAt = 0
  private cpu = process.cpuUsage()
  private threads: ThreadCpu | null = null
  private stages: Stages = {}
  private mixedFeeds = 0

  constructor(metrics: Metrics) {
    this.metrics = metrics
    this.delay = monitorEventLoopDelay({ resolution: periodMs })
    this.delay.enable()
  }

  begin(): void {
    this.stages = readStages(this.metrics)
    this.mixedFeeds = readMixedFeeds(this.metrics)
    this.threads = readThreadCpu()
    this.cpu = process.cpuUsage()
    this.startedAt = performance.now()
    this.delay.reset()
  }

  end(): ServerFigures {
    const elapsedMs = performance.now() - this.startedAt
    const { user, system } = process.cpuUsage(this.cpu)
    return {
      elapsedMs,
      cpuMs: (user + system) / 1000,
      threadCpuMs: differenceOf(readThreadCpu(), this.threads),
      eventLoopDelayMs: {
        p50: this.delayMs(this.delay.percentile(50)),
        p99: this.delayMs(this.delay.percentile(99)),
        max: this.delayMs(this.delay.max),
      },
      stages: stagesSince(this.stages, readStages(this.metrics)),
      mixedFeeds: readMixedFeeds(this.metrics) - this.mixedFeeds,
      residentBytes: process.memoryUsage.rss(),
    }
  }

  private delayMs(nanoseconds: number): number {
    return Math.max(0, nanoseconds / 1e6 - periodMs)
  }
}

/** NaN when nothing counts them: that would look like none. */
function readMixedFeeds(metrics: Metrics): number {
  const family = metrics.families().find(({ name }) => name === mixedMetric)
  return family?.samples[0]?.value ?? Number.NaN
}

/** Sums and counts by stage since the process started. */
export function readStages(metrics: Metrics): Stages {
  const stages: Record<string, { count: number; totalMs: number }> = {}
  const family = metrics.families().find(({ name }) => name === stageMetric)
  for (const { suffix, labels, value } of family?.samples ?? []) {
    if (suffix === '') continue
    stages[labels.stage] ??= { count: 0, totalMs: 0 }
    if (suffix === '_count') stages[labels.stage].count = value
    else stages[labels.stage].totalMs = value * 1000
  }
  return stages
}

export function stagesSince(before: Stages, after: Stages): Stages {
  return Object.fromEntries(
    Object.entries(after).map(([stage, { count, totalMs }]) => {
      const earlier = before[stage] ?? { count: 0, totalMs: 0 }
      return [stage, { count: count - earlier.count, totalMs: totalMs - earlier.totalMs }]
    }),
  )
}

function differenceOf(after: ThreadCpu | null, before: ThreadCpu | null): ThreadCpu | null {
  if (after === null || before === null) return null
  return Object.fromEntries(threadGroups.map(group => [group, after[group] - before[group]])) as unknown as ThreadCpu
}
