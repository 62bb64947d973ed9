import { describe, expect, it } from 'vitest'
import { createMetrics } from '../../../telemetry/metrics.ts'
import { EventLoopDelay, observeProcess } from '../../../telemetry/process-metrics.ts'

function manualMetrics() {
  const clock = { now: 0, ms: () => clock.now }
  return { clock, metrics: createMetrics({ clock, latencyWindowMs: 1000 }) }
}

/** A line of the text format 0.0.4: a comment, or a sample with optional labels and a number. */
const lineFormat =
  /^(# HELP [a-z_][a-z0-9_]* .*|# TYPE [a-z_][a-z0-9_]* (counter|gauge|summary)|[a-z_][a-z0-9_]*(\{[a-z_]+="([^"\\\n]|\\["\\n])*"(,[a-z_]+="([^"\\\n]|\\["\\n])*")*\})? (NaN|[+-]Inf|-?[\d.]+(e[+-]?\d+)?))$/

describe('the metrics of a process', () => {
  it('are written in the Prometheus text format', () => {
    const { metrics } = manualMetrics()
    metrics.counter('sluice_requests_total', 'Requests\nanswered \\ counted', { route: 'recommend' }).add(3)
    metrics.counter('sluice_requests_total', 'Requests\nanswered \\ counted', { route: 'a"b\\c\nd' }).value++
    metrics.gauge('sluice_overload', 'Overload').set(Number.POSITIVE_INFINITY)
    const text = metrics.renderPrometheus()
    expect(text).toBe(
      [
        '# HELP sluice_requests_total Requests\\nanswered \\\\ counted',
        '# TYPE sluice_requests_total counter',
        'sluice_requests_total{route="recommend"} 3',
        'sluice_requests_total{route="a\\"b\\\\c\\nd"} 1',
        '# HELP sluice_overload Overload',
        '# TYPE sluice_overload gauge',
        'sluice_overload +Inf',
        '',
      ].join('\n'),
    )
  })

  it('export latencies as summaries in seconds', () => {
    const { metrics } = manualMetrics()
    const latency = metrics.latency('sluice_rank_seconds', 'Ranking', { thread: '0' })
    for (let ms = 1; ms <= 100; ms++) latency.record(ms)
    const lines = metrics.renderPrometheus().trimEnd().split('\n')
    expect(lines[1]).toBe('# TYPE sluice_rank_seconds summary')
    expect(lines.at(-1)).toBe('sluice_rank_seconds_count{thread="0"} 100')
    expect(lines.at(-2)).toBe('sluice_rank_seconds_sum{thread="0"} 5.05')
    const median = lines.find(line => line.includes('quantile="0.5"'))
    expect(Number(median?.split(' ')[1])).toBeCloseTo(0.05, 3)
  })

  it('write only well-formed lines, with everything a process reports', () => {
    const { metrics } = manualMetrics()
    const observed = observeProcess(metrics)
    metrics.latency('sluice_empty_seconds', 'Nothing recorded yet')
    const lines = metrics.renderPrometheus().trimEnd().split('\n')
    observed.close()
    expect(lines.filter(line => !lineFormat.test(line))).toEqual([])
    expect(lines).toContain('sluice_empty_seconds{quantile="0.99"} NaN')
    expect(lines.some(line => line.startsWith('process_cpu_seconds_total '))).toBe(true)
    expect(lines.some(line => line.startsWith('sluice_event_loop_delay_seconds{statistic="max"} '))).toBe(true)
  })

  it('give the same child for the same labels, and refuse a name that changes its meaning', () => {
    const { metrics } = manualMetrics()
    const child = metrics.counter('a_total', 'A', { x: '1', y: '2' })
    expect(metrics.counter('a_total', 'A', { y: '2', x: '1' })).toBe(child)
    expect(() => metrics.gauge('a_total', 'A', { x: '1', y: '2' })).toThrow('exists already as a counter')
    expect(() => metrics.counter('a_total', 'A', { x: '1' })).toThrow('exists already')
    expect(() => metrics.latency('a_ms', 'A')).toThrow('must end in _seconds')
    expect(() => metrics.counter('A-total', 'A')).toThrow('snake_case')
    metrics.observe('gauge', 'b', 'B', () => 1)
    expect(() => metrics.observe('gauge', 'b', 'B', () => 2)).toThrow('exists already')
  })
})

describe('a latency', () => {
  it('forgets quantiles after two windows, but keeps its count and sum', () => {
    const { clock, metrics } = manualMetrics()
    const latency = metrics.latency('a_seconds', 'A')
    latency.record(100)
    expect(latency.quantilesMs([0.5])[0]).toBeCloseTo(100, -1)
    clock.now = 1000
    expect(latency.quantilesMs([1])[0]).toBeCloseTo(100, -1)
    latency.record(1)
    clock.now = 2000
    expect(latency.quantilesMs([1])[0]).toBeCloseTo(100, -1)
    expect(latency.quantilesMs([1])[0]).toBeCloseTo(1, 1)
    expect([latency.count, latency.sumMs]).toEqual([2, 101])
  })

  it('leaves out what is no duration, and bounds what is too long', () => {
    const { metrics } = manualMetrics()
    const latency = metrics.latency('a_seconds', 'A')
    for (const ms of [Number.NaN, -1, 0, 1e12]) latency.record(ms)
    expect(latency.count).toBe(2)
    expect(latency.quantilesMs([1])[0]).toBeGreaterThan(590_000)
  })
})

describe('the event loop delay', () => {
  it('is the measurement without the period of its own timer, and never negative', () => {
    const histogram = { mean: 1.5e6, max: 41e6, reset() {} }
    const delay = new EventLoopDelay(histogram, 1)
    delay.turn()
    expect([delay.meanMs, delay.maxMs]).toEqual([0.5, 40])
    Object.assign(histogram, { mean: Number.NaN, max: 0 })
    delay.turn()
    expect([delay.meanMs, delay.maxMs]).toEqual([0, 0])
  })
})
