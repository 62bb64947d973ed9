import { createHistogram, monitorEventLoopDelay, type RecordableHistogram } from 'node:perf_hooks'
import type { AnswerFigures, LatencyFigures, LoadFigures } from './messages.ts'

const delayPeriodMs = 1

/** Counts answers and their latencies from `begin` to `end`. */
export class LoadRecorder {
  private readonly feedMicros: RecordableHistogram = createHistogram()
  private readonly eventMicros: RecordableHistogram = createHistogram()
  private readonly delay: ReturnType<typeof monitorEventLoopDelay> = monitorEventLoopDelay({
    resolution: delayPeriodMs,
  })
  private refused = 0
  private unanswered = 0
  private partial = 0
  private degraded = 0
  private rejected = 0
  private startedAt = 0
  private cpu = process.cpuUsage()

  constructor() {
    this.delay.enable()
  }

  begin(): void {
    this.feedMicros.reset()
    this.eventMicros.reset()
    this.refused = 0
    this.unanswered = 0
    this.partial = 0
    this.degraded = 0
    this.rejected = 0
    this.cpu = process.cpuUsage()
    this.delay.reset()
    this.startedAt = performance.now()
  }

  /** @param body tells a feed from the answer to events */
  answered(status: number, latencyMs: number, body: string): void {
    if (status < 200 || status > 299) {
      this.refused++
      return
    }
    const isFeed = body.startsWith('{"requestId"')
    const histogram = isFeed ? this.feedMicros : this.eventMicros
    histogram.record(Math.max(1, Math.round(latencyMs * 1000)))
    if (isFeed) {
      if (body.includes('"partial":true')) this.partial++
      if (body.includes('"degraded":"')) this.degraded++
    } else if (body.includes('"status":"rejected"')) this.rejected++
  }

  failed(): void {
    this.unanswered++
  }

  end(): LoadFigures {
    const seconds = (performance.now() - this.startedAt) / 1000
    const { user, system } = process.cpuUsage(this.cpu)
    return {
      seconds,
      feeds: answersOf(this.feedMicros, seconds),
      events: answersOf(this.eventMicros, seconds),
      refused: this.refused,
      unanswered: this.unanswered,
      partial: this.partial,
      degraded: this.degraded,
      rejected: this.rejected,
      generatorDelayP99Ms: Math.max(0, this.delay.percentile(99) / 1e6 - delayPeriodMs),
      generatorCpuMs: (user + system) / 1000,
    }
  }
}

function answersOf(micros: RecordableHistogram, seconds: number): AnswerFigures {
  return { count: micros.count, perSecond: micros.count / seconds, latencyMs: latencyOf(micros) }
}

/** All 0 where nothing was recorded. */
function latencyOf(micros: RecordableHistogram): LatencyFigures {
  const at = (percentile: number) => (micros.count === 0 ? 0 : micros.percentile(percentile) / 1000)
  return { p50: at(50), p90: at(90), p99: at(99), p999: at(99.9), max: micros.count === 0 ? 0 : micros.max / 1000 }
}
