import type { MonotonicClock } from '../domain/ports.ts'
import type { Latency } from './latency.ts'
import type { Metrics } from './metrics.ts'

/** The stages of one kind of request, in order. `index.rank` is the place of 'rank' in an array of durations. */
export interface Stages<S extends string> {
  readonly names: readonly S[]
  readonly index: Readonly<Record<S, number>>
}

export function defineStages<const S extends string>(names: readonly S[]): Stages<S> {
  const index = Object.fromEntries(names.map((name, i) => [name, i])) as Record<S, number>
  if (Object.keys(index).length !== names.length) throw new TypeError(`stage names repeat: ${names.join(', ')}`)
  return { names, index }
}

/** Measures the stages of one request. `durationsMs[i]` is NaN for a stage that did not run. */
export class StageClock<S extends string> {
  readonly durationsMs: Float64Array
  private readonly stages: Stages<S>
  private readonly clock: MonotonicClock
  private readonly start: number
  private lapStart: number

  constructor(stages: Stages<S>, clock: MonotonicClock) {
    this.stages = stages
    this.clock = clock
    this.start = clock.ms()
    this.lapStart = this.start
    this.durationsMs = new Float64Array(stages.names.length).fill(Number.NaN)
  }

  /** Gives the time since the last lap, or since the start, to a stage; laps of one stage add up. */
  lap(stage: number): void {
    const now = this.clock.ms()
    this.add(stage, now - this.lapStart)
    this.lapStart = now
  }

  /** Adds time that was measured elsewhere, in a worker thread or beside the laps. */
  add(stage: number, ms: number): void {
    const before = this.durationsMs[stage]!
    this.durationsMs[stage] = Number.isNaN(before) ? ms : before + ms
  }

  elapsedMs(): number {
    return this.clock.ms() - this.start
  }

  /** Milliseconds by stage name, for a trace; stages that did not run are left out. */
  toRecord(): Partial<Record<S, number>> {
    const record: Partial<Record<S, number>> = {}
    for (let i = 0; i < this.durationsMs.length; i++) {
      const ms = this.durationsMs[i]!
      if (!Number.isNaN(ms)) record[this.stages.names[i]!] = ms
    }
    return record
  }
}

/** One latency per stage. */
export class StageLatencies {
  private readonly latencies: readonly Latency[]

  constructor(metrics: Metrics, name: string, help: string, stages: Stages<string>) {
    this.latencies = stages.names.map(stage => metrics.latency(name, help, { stage }))
  }

  /** A stage that did not run (NaN) is not recorded. */
  record(durationsMs: Float64Array): void {
    for (let i = 0; i < this.latencies.length; i++) this.latencies[i]!.record(durationsMs[i]!)
  }
}
