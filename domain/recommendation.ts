import type { Objective } from './roles.ts'

/** A request for a feed, validated, with times as epoch milliseconds. */
export interface RecommendationRequest {
  readonly requestId: string
  readonly userId: string
  readonly n: number
  readonly context: RequestContext
  /** Item ids that must not be returned. */
  readonly exclude: readonly string[]
  /** When not empty, only items with at least one of these categories. */
  readonly categories: readonly string[]
  readonly explain: boolean
  /** Lets an evaluation switch parts of the funnel; absent when serving people. */
  readonly overrides?: FunnelOverrides
}

export interface RequestContext {
  readonly device?: string
  readonly region?: string
  readonly language?: string
  /** Overrides the clock for the whole funnel. */
  readonly time?: number
}

/** Only reachable from inside the process (evaluation, tests), never from a door. */
export interface FunnelOverrides {
  /** Budget by source name; a source that is not named is off. Absent: the configured sources. */
  readonly sourceBudgets?: Readonly<Record<string, number>>
  /** 'slate' is the full funnel; 'ranked' stops before re-ranking; 'retrieved' returns the merged order. */
  readonly stopAfter?: 'slate' | 'ranked' | 'retrieved'
  /** How many items to return when stopping early; not bound by the public limit of `n`. */
  readonly depth?: number
  /** Do not write a served record. */
  readonly unlogged?: boolean
}

export interface RecommendedItem {
  readonly id: string
  readonly score: number
  /** Probability per objective; NaN, null in JSON, for one the model had no labels for. */
  readonly objectives: Readonly<Record<Objective, number>>
  readonly sources: readonly string[]
  readonly reason: string
}

export interface Recommendation {
  readonly requestId: string
  readonly items: readonly RecommendedItem[]
  /** True when a shard did not answer before the deadline. */
  readonly partial: boolean
  /** Which step of the ladder served this feed, or null for the full funnel. */
  readonly degraded: string | null
  readonly modelSet: string | null
  /** Why the feed is shorter than asked for, when it is. */
  readonly note?: string
  readonly trace?: RecommendationTrace
}

export interface RecommendationTrace {
  readonly sources: Readonly<Record<string, number>>
  readonly filters: Readonly<Record<string, number>>
  readonly ranked: number
  readonly stagesMs: Readonly<Record<string, number>>
  readonly paths: readonly ItemPath[]
  /** What filters removed, bounded; the counts above are complete. */
  readonly removed: readonly { readonly id: string; readonly filter: string; readonly proposedBy: string }[]
}

/** The way of one returned item through the funnel. */
export interface ItemPath {
  readonly id: string
  readonly proposals: readonly { readonly source: string; readonly rank: number; readonly score: number }[]
  readonly mergedRank: number
  readonly rankedAt: number
  readonly value: number
  readonly servedAt: number
  readonly placedBy: 'diversity' | 'exploration' | 'refill'
  readonly propensity: number
}
