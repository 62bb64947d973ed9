import type { MonotonicClock } from '../../domain/ports.ts'
import type { Recommendation } from '../../domain/recommendation.ts'
import type { RankingFrame } from '../../funnel/ranking-frame.ts'
import type { Counter, Metrics } from '../../telemetry/metrics.ts'
import { defineStages, StageClock, StageLatencies } from '../../telemetry/stages.ts'

/** What a request goes through. `rank` is the whole visit to a rank thread; the last four are its parts there. */
const stages = defineStages(['hydrate', 'encode', 'retrieve', 'rank', 'merge', 'features', 'score', 'slate'])
type Stage = (typeof stages.names)[number]
type StageName = 'hydrate' | 'encode' | 'retrieve' | 'rank'

/** Times the stages of requests, for each reply's trace and for the metrics of all. */
export class RequestStages {
  private readonly monotonic: MonotonicClock
  private readonly metrics: Metrics
  private readonly latencies: StageLatencies
  private readonly wholeFeeds: Counter
  private readonly mixedFeeds: Counter

  constructor(monotonic: MonotonicClock, metrics: Metrics) {
    this.monotonic = monotonic
    this.metrics = metrics
    this.wholeFeeds = this.feeds(false, 'no')
    this.mixedFeeds = metrics.counter('sluice_mixed_feeds_total', 'Feeds held back: their parts were of two model sets')
    this.latencies = new StageLatencies(metrics, 'sluice_stage_seconds', 'Time of each stage of a request', stages)
  }

  start(): RequestClock {
    return new RequestClock(new StageClock(stages, this.monotonic), this.latencies)
  }

  /** Counts a feed by how whole it is. */
  count({ partial, degraded }: Recommendation): void {
    if (!partial && degraded === null) this.wholeFeeds.add()
    else this.feeds(partial, degraded ?? 'no').add()
  }

  /** Counts a feed that was not served because its parts came from different model sets. */
  countMixed(): void {
    this.mixedFeeds.add()
  }

  private feeds(partial: boolean, degraded: string): Counter {
    const labels = { partial: String(partial), degraded }
    return this.metrics.counter('sluice_feeds_total', 'Feeds, by what they had to do without', labels)
  }
}

export class RequestClock {
  private readonly clock: StageClock<Stage>
  private readonly latencies: StageLatencies
  private threadTimesAdded = false

  constructor(clock: StageClock<Stage>, latencies: StageLatencies) {
    this.clock = clock
    this.latencies = latencies
  }

  lap(stage: StageName): void {
    this.clock.lap(stages.index[stage])
  }

  stagesMs(result: RankingFrame): Readonly<Record<string, number>> {
    this.addThreadTimes(result)
    return { ...this.clock.toRecord(), total: this.clock.elapsedMs() }
  }

  finish(result: RankingFrame): void {
    this.addThreadTimes(result)
    this.latencies.record(this.clock.durationsMs)
  }

  private addThreadTimes({ mergeMs, featuresMs, scoreMs, slateMs }: RankingFrame): void {
    if (this.threadTimesAdded) return
    this.threadTimesAdded = true
    this.clock.add(stages.index.merge, mergeMs)
    this.clock.add(stages.index.features, featuresMs)
    this.clock.add(stages.index.score, scoreMs)
    this.clock.add(stages.index.slate, slateMs)
  }
}
