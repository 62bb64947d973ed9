import { createHistogram, monitorEventLoopDelay, type RecordableHistogram } from 'node:perf_hooks'
import type { AnswerFigures, LatencyFigures, LoadFigures } from './messages.ts'
import { modelSetOf, SetsSeen } from './sets-seen.ts'

const delayPeriodMs = 1

/** Counts answers and their latencies from `begin` to `end`. */
export class LoadRecorder {
  private readonly feedMicros: RecordableHistogram = createHistogram()
  private readonly eventMicros: RecordableHistogram = createHistogram()
  private readonly stretchMicros: RecordableHistogram = createHistogram()
  private readonly delay: ReturnType<typeof monitorEventLoopDelay> = monitorEventLoopDelay({
    resolution: delayPeriodMs,
  })
  private refused = 0
  private unanswered = 0
  private partial = 0
  private degraded = 0
  private rejected = 0
  private empty = 0
  private sets = new SetsSeen()
  private isStretch = false
  private startedAt = 0
  private cpu = process.cpuUsage()

  constructor() {
    this.delay.enable()
  }

  begin(): void {
    this.feedMicros.reset()
    this.eventMicros.reset()
    this.stretchMicros.reset()
    this.refused = 0
    this.unanswered = 0
    this.partial = 0
    this.degraded = 0
    this.rejected = 0
    this.empty = 0
    this.sets = new SetsSeen()
    this.isStretch = false
    this.cpu = process.cpuUsage()
    this.delay.reset()
    this.startedAt = performance.now()
  }

  /** Feeds that are answered while it is on are also counted by themselves. */
  setStretch(isOn: boolean): void {
    this.isStretch = isOn
  }

  get feeds(): number {
    return this.feedMicros.count
  }

  /**
   * @param body tells a feed from the answer to events
   * @param sentAt by `performance.now()`; a request that waited for a free connection was due earlier
   */
  answered(status: number, latencyMs: number, body: string, sentAt = performance.now() - latencyMs): void {
    if (status < 200 || status > 299) {
      this.refused++
      return
    }
    const micros = Math.max(1, Math.round(latencyMs * 1000))
    if (body.startsWith('{"requestId"')) {
      this.answeredFeed(micros, body, sentAt)
      return
    }
    this.eventMicros.record(micros)
    if (body.includes('"status":"rejected"')) this.rejected++
  }

  private answeredFeed(micros: number, body: string, sentAt: number): void {
    this.feedMicros.record(micros)
    if (this.isStretch) this.stretchMicros.record(micros)
    if (body.includes('"partial":true')) this.partial++
    if (body.includes('"degraded":"')) this.degraded++
    if (body.includes('"items":[]')) this.empty++
    this.sets.add(modelSetOf(body), sentAt, performance.now())
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
      empty: this.empty,
      sets: this.sets.figures(),
      stretch: { count: this.stretchMicros.count, latencyMs: latencyOf(this.stretchMicros) },
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
