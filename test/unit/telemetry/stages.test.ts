import { describe, expect, it } from 'vitest'
import { createMetrics } from '../../../telemetry/metrics.ts'
import { defineStages, StageClock, StageLatencies } from '../../../telemetry/stages.ts'

const stages = defineStages(['hydrate', 'retrieve', 'rank'])

describe('the stages of a request', () => {
  it('get the time between laps, which adds up, and time measured elsewhere', () => {
    const clock = { now: 10, ms: () => clock.now }
    const trace = new StageClock(stages, clock)
    clock.now = 12
    trace.lap(stages.index.hydrate)
    clock.now = 17
    trace.lap(stages.index.retrieve)
    clock.now = 18
    trace.lap(stages.index.hydrate)
    trace.add(stages.index.retrieve, 0.5)
    expect(trace.toRecord()).toEqual({ hydrate: 3, retrieve: 5.5 })
    expect(trace.elapsedMs()).toBe(8)
  })

  it('are recorded only where they ran, a stage of no time at all included', () => {
    const clock = { ms: () => 0 }
    const metrics = createMetrics({ clock, latencyWindowMs: 1000 })
    const latencies = new StageLatencies(metrics, 'stage_seconds', 'Stages', stages)
    const trace = new StageClock(stages, clock)
    trace.lap(stages.index.hydrate)
    latencies.record(trace.durationsMs)
    const text = metrics.renderPrometheus()
    expect(text).toContain('stage_seconds_count{stage="hydrate"} 1')
    expect(text).toContain('stage_seconds_count{stage="rank"} 0')
  })

  it('have different names', () => {
    expect(() => defineStages(['a', 'b', 'a'])).toThrow('stage names repeat')
  })
})
