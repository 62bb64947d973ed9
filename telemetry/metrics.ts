import type { MonotonicClock } from '../domain/ports.ts'
import { Latency } from './latency.ts'
import { renderPrometheus } from './prometheus.ts'

export type Labels = Readonly<Record<string, string>>

/** A number that only grows. `value` may be written directly where a call is too much. */
export class Counter {
  value = 0

  add(amount = 1): void {
    this.value += amount
  }
}

export class Gauge {
  value = 0

  set(value: number): void {
    this.value = value
  }
}

export interface MetricSample {
  readonly suffix: '' | '_sum' | '_count'
  readonly labels: Labels
  readonly value: number
}

/** All children of one name, as they stand now. */
export interface MetricFamily {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'summary'
  readonly samples: readonly MetricSample[]
}

/** A value with labels, read at scrape. */
export interface Observation {
  readonly labels: Labels
  readonly value: number
}

/**
 * All metrics of a process.
 *
 * 1. Label values are fixed when a child is made, so that the hot path holds the child and no string keys.
 * 2. The same name and labels give the same child; a name keeps its type, help and label names.
 */
export interface Metrics {
  counter(name: string, help: string, labels?: Labels): Counter
  gauge(name: string, help: string, labels?: Labels): Gauge
  /** Durations; recorded in milliseconds, exported in seconds, so `name` ends in `_seconds`. */
  latency(name: string, help: string, labels?: Labels): Latency
  /** A metric that is computed when it is read. */
  observe(type: 'counter' | 'gauge', name: string, help: string, read: () => number | readonly Observation[]): void
  families(): MetricFamily[]
  /** Text exposition format 0.0.4. */
  renderPrometheus(): string
}

export interface MetricsOptions {
  readonly clock: MonotonicClock
  readonly latencyWindowMs: number
}

export function createMetrics(options: MetricsOptions): Metrics {
  return new Registry(options)
}

const quantiles = [0.5, 0.9, 0.99, 0.999]

interface Family {
  readonly name: string
  readonly help: string
  readonly type: MetricFamily['type']
  readonly labelNames: string
  readonly children: Map<string, Child>
}

interface Child {
  readonly metric: unknown
  readonly read: () => MetricSample[]
}

class Registry implements Metrics {
  private readonly byName = new Map<string, Family>()
  private readonly options: MetricsOptions

  constructor(options: MetricsOptions) {
    this.options = options
  }

  counter(name: string, help: string, labels: Labels = {}): Counter {
    return this.child('counter', name, help, labels, () => {
      const metric = new Counter()
      return { metric, read: () => [{ suffix: '', labels, value: metric.value }] }
    })
  }

  gauge(name: string, help: string, labels: Labels = {}): Gauge {
    return this.child('gauge', name, help, labels, () => {
      const metric = new Gauge()
      return { metric, read: () => [{ suffix: '', labels, value: metric.value }] }
    })
  }

  latency(name: string, help: string, labels: Labels = {}): Latency {
    if (!name.endsWith('_seconds')) throw new TypeError(`latency '${name}' must end in _seconds`)
    return this.child('summary', name, help, labels, () => {
      const metric = new Latency(this.options.clock, this.options.latencyWindowMs)
      return { metric, read: () => summarySamples(metric, labels) }
    })
  }

  observe(type: 'counter' | 'gauge', name: string, help: string, read: () => number | readonly Observation[]): void {
    if (this.byName.has(name)) throw new TypeError(`metric '${name}' exists already`)
    this.child(type, name, help, {}, () => ({ metric: read, read: () => observedSamples(read()) }))
  }

  families(): MetricFamily[] {
    return [...this.byName.values()].map(({ name, help, type, children }) => ({
      name,
      help,
      type,
      samples: [...children.values()].flatMap(child => child.read()),
    }))
  }

  renderPrometheus(): string {
    return renderPrometheus(this.families())
  }

  private child<M>(type: Family['type'], name: string, help: string, labels: Labels, make: () => Child): M {
    const labelNames = Object.keys(labels).sort()
    const family = this.family(type, name, help, labelNames)
    const key = JSON.stringify(labelNames.map(label => labels[label]))
    let child = family.children.get(key)
    if (child === undefined) {
      child = make()
      family.children.set(key, child)
    }
    return child.metric as M
  }

  private family(type: Family['type'], name: string, help: string, labels: readonly string[]): Family {
    const labelNames = labels.join(',')
    let family = this.byName.get(name)
    if (family === undefined) {
      if (!/^[a-z][a-z0-9_]*$/.test(name)) throw new TypeError(`metric '${name}' must be a snake_case name`)
      const bad = labels.find(label => !/^[a-z][a-z0-9_]*$/.test(label) || label === 'quantile')
      if (bad !== undefined) throw new TypeError(`metric '${name}' has a bad label name '${bad}'`)
      family = { name, help, type, labelNames, children: new Map() }
      this.byName.set(name, family)
    }
    if (family.type !== type || family.help !== help || family.labelNames !== labelNames) {
      throw new TypeError(`metric '${name}' exists already as a ${family.type} with labels (${family.labelNames})`)
    }
    return family
  }
}

function observedSamples(read: number | readonly Observation[]): MetricSample[] {
  if (typeof read === 'number') return [{ suffix: '', labels: {}, value: read }]
  return read.map(({ labels, value }) => ({ suffix: '', labels, value }))
}

function summarySamples(latency: Latency, labels: Labels): MetricSample[] {
  const values = latency.quantilesMs(quantiles)
  return [
    ...quantiles.map((quantile, i): MetricSample => {
      return { suffix: '', labels: { ...labels, quantile: String(quantile) }, value: values[i]! / 1000 }
    }),
    { suffix: '_sum', labels, value: latency.sumMs / 1000 },
    { suffix: '_count', labels, value: latency.count },
  ]
}
