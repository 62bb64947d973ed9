import type { MixSettings } from '../traffic/request-mix.ts'

/** What the process that makes the load can be asked. */
export interface LoadCalls {
  readonly [name: string]: { readonly ask: unknown; readonly answer: unknown }
  readonly prepare: { readonly ask: PrepareLoad; readonly answer: ProbedFunnel }
  /** Answers once the load is up. */
  readonly start: { readonly ask: LoadShape; readonly answer: null }
  /** Measures for so long while the load goes on. */
  readonly measure: { readonly ask: { readonly seconds: number }; readonly answer: LoadFigures }
  readonly stop: { readonly ask: null; readonly answer: null }
}

export interface PrepareLoad {
  readonly url: string
  readonly mix: MixSettings
  /** The most active first. */
  readonly users: readonly string[]
  /** Feeds asked for one by one, explained, before any load. */
  readonly probes: number
}

/** What the funnel did with the probes: means per feed. */
export interface ProbedFunnel {
  readonly feeds: number
  readonly ranked: number
  readonly proposed: Readonly<Record<string, number>>
  readonly removed: Readonly<Record<string, number>>
}

/** Closed: every connection asks again as soon as it is answered. Paced: so many requests per second, come what may. */
export type LoadShape =
  | { readonly kind: 'closed'; readonly connections: number }
  | { readonly kind: 'paced'; readonly perSecond: number }

export interface LoadFigures {
  readonly seconds: number
  readonly feeds: AnswerFigures
  readonly events: AnswerFigures
  /** Answers other than 2xx, and requests without an answer. */
  readonly refused: number
  readonly unanswered: number
  /** Feeds that a shard was missing from, and feeds that a step of the funnel was missing from. */
  readonly partial: number
  readonly degraded: number
  /** How late the process that makes the load was itself; it adds to the latencies it measures. */
  readonly generatorDelayP99Ms: number
  readonly generatorCpuMs: number
}

export interface AnswerFigures {
  readonly count: number
  readonly perSecond: number
  readonly latencyMs: LatencyFigures
}

export interface LatencyFigures {
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}
