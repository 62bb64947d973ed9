import { describe, expect, it } from 'vitest'
import { LoadRecorder } from '../../../benchmarks/load/recorder.ts'
import { shareOfOthers } from '../../../benchmarks/report/machine.ts'
import { figure, percent } from '../../../benchmarks/report/tables.ts'
import { readStages, stagesSince } from '../../../benchmarks/server/meter.ts'
import { groupOf } from '../../../benchmarks/server/thread-cpu.ts'
import { createMetrics } from '../../../telemetry/metrics.ts'

describe('the recorder of a load', () => {
  it('tells feeds, events, refusals and flawed feeds apart', () => {
    const recorder = new LoadRecorder()
    recorder.begin()
    recorder.answered(200, 2, '{"requestId":"r1","items":[],"partial":false,"degraded":null}')
    recorder.answered(200, 4, '{"requestId":"r2","items":[],"partial":true,"degraded":"ranker"}')
    recorder.answered(200, 1, '{"results":[{"status":"durable"}]}')
    recorder.answered(200, 1, '{"results":[{"status":"durable"},{"status":"rejected"}]}')
    recorder.answered(503, 1, '{"error":{}}')
    recorder.failed()
    const { feeds, events, refused, unanswered, partial, degraded, rejected } = recorder.end()
    expect([feeds.count, events.count, refused, unanswered]).toEqual([2, 2, 1, 1])
    expect([partial, degraded, rejected]).toEqual([1, 1, 1])
    expect(feeds.latencyMs.max).toBeCloseTo(4, 1)
  })

  it('forgets what came before it began', () => {
    const recorder = new LoadRecorder()
    recorder.answered(200, 900, '{"requestId":"r1"}')
    recorder.begin()
    const { feeds } = recorder.end()
    expect(feeds.count).toBe(0)
    expect(feeds.latencyMs).toEqual({ p50: 0, p90: 0, p99: 0, p999: 0, max: 0 })
  })
})

describe('what the server measures of itself', () => {
  it('gives each stage what was added since', () => {
    const metrics = createMetrics({ clock: { ms: () => 0 }, latencyWindowMs: 1000 })
    const rank = metrics.latency('sluice_stage_seconds', 'x', { stage: 'rank' })
    rank.record(5)
    const before = readStages(metrics)
    rank.record(7)
    rank.record(9)
    metrics.latency('sluice_stage_seconds', 'x', { stage: 'slate' }).record(1)
    const stages = stagesSince(before, readStages(metrics))
    expect(stages.rank.count).toBe(2)
    expect(stages.rank.totalMs).toBeCloseTo(16, 6)
    expect(stages.slate).toEqual({ count: 1, totalMs: 1 })
  })

  it('knows what a thread works for by its name', () => {
    expect(['MainThread', 'index-1', 'V8Worker', 'libuv-worker'].map(groupOf)).toEqual([
      'main',
      'index',
      'collector',
      'other',
    ])
  })
})

describe('figures', () => {
  it('have three significant digits, and no exponent', () => {
    expect([0.00123456, 1.23456, 45.678, 123.9, 1e6, 0, Number.NaN].map(figure)).toEqual([
      '0.00123',
      '1.23',
      '45.7',
      '124',
      '1000000',
      '0',
      '–',
    ])
    expect(percent(0.0123)).toBe('1.23 %')
  })

  it('say which share of the machine went to others', () => {
    const before = { busyMs: 1000, totalMs: 4000 }
    expect(shareOfOthers(before, { busyMs: 2500, totalMs: 6000 }, 1000)).toBeCloseTo(0.25)
    expect(shareOfOthers(before, { busyMs: 1900, totalMs: 6000 }, 1000)).toBe(0)
    expect(shareOfOthers(before, before, 0)).toBe(0)
  })
})
