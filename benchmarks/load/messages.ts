import type { AcknowledgementLevel } from '../../domain/event.ts'
import type { MixSettings } from '../traffic/request-mix.ts'
import type { SetsSeenFigures } from './sets-seen.ts'

/** What the process that makes the load can be asked. */
export type LoadCalls = {
  readonly prepare: { readonly ask: PrepareLoad; readonly answer: ProbedFunnel }
  /** Answers once the load is up. */
  readonly start: { readonly ask: StartLoad; readonly answer: null }
  /** Counts afresh; the load goes on. */
  readonly begin: { readonly ask: null; readonly answer: null }
  /** Feeds answered since. */
  readonly feeds: { readonly ask: null; readonly answer: number }
  /** Feeds that are answered while it is on are also counted by themselves. */
  readonly stretch: { readonly ask: boolean; readonly answer: null }
  readonly end: { readonly ask: null; readonly answer: LoadFigures }
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
  /** Feeds that a step of the funnel was missing from, although nothing waited: all of them without a ranker. */
  readonly degraded: number
  readonly proposed: Readonly<Record<string, number>>
  readonly removed: Readonly<Record<string, number>>
}

/** Closed: every connection asks again as soon as it is answered. Paced: so many requests per second, come what may. */
export type LoadShape =
  | { readonly kind: 'closed'; readonly connections: number }
  | { readonly kind: 'paced'; readonly perSecond: number }

/** What is sent: feeds and events as people send them, or batches of events alone. */
export type Traffic =
  | { readonly kind: 'mix' }
  | { readonly kind: 'event-batches'; readonly eventsPerBatch: number; readonly ack: AcknowledgementLevel }

export interface StartLoad {
  readonly shape: LoadShape
  readonly traffic: Traffic
}

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
  /** Answers to events of which at least one was rejected. */
  readonly rejected: number
  /** Feeds without an item. */
  readonly empty: number
  readonly sets: SetsSeenFigures
  /** Those of the feeds that were answered during the stretch. */
  readonly stretch: Omit<AnswerFigures, 'perSecond'>
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
