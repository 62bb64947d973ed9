import type { FunnelOverrides } from '../domain/recommendation.ts'
import { sources } from '../funnel/sources/registry.ts'

/** How far down a list is looked at when it feeds the ranker, and when it is shown to a person. */
export const retrievedDepth = 500
export const shownDepth = 10

/** One way of answering a query: a part of the funnel, or a baseline beside it. */
export interface Arm {
  readonly name: string
  readonly depth: number
  /** Null for what is not asked of the engine. */
  readonly overrides: FunnelOverrides | null
}

const retrieved = { stopAfter: 'retrieved', depth: retrievedDepth, unlogged: true } as const

/** What needs nothing of the engine: popularity without a model, and one model fitted on what everything is fitted on. */
export const besideNames = ['most-engaged', 'most-liked', 'ease'] as const
export type BesideName = (typeof besideNames)[number]

/** The full funnel and each part of it behind the same filters, then what stands beside it. */
export const arms: readonly Arm[] = [
  { name: 'slate', depth: shownDepth, overrides: { stopAfter: 'slate', depth: shownDepth, unlogged: true } },
  { name: 'ranked', depth: shownDepth, overrides: { stopAfter: 'ranked', depth: shownDepth, unlogged: true } },
  { name: 'retrieved', depth: retrievedDepth, overrides: retrieved },
  ...sources.map(({ name }) => ({
    name,
    depth: retrievedDepth,
    overrides: { ...retrieved, sourceBudgets: { [name]: retrievedDepth } },
  })),
  ...besideNames.map(name => ({ name, depth: retrievedDepth, overrides: null })),
]

export const sourceNames: readonly string[] = sources.map(({ name }) => name)

/** Baselines that the ranked order must beat: every source by itself, plain popularity, and EASE. */
export const baselineNames: readonly string[] = [...sourceNames, ...besideNames]
