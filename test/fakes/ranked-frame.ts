import { notProposed } from '../../domain/candidate-set.ts'
import { encodeFrame } from '../../domain/frame.ts'
import { objectiveCount } from '../../domain/roles.ts'
import { filters } from '../../funnel/filters/registry.ts'
import { type RankingFrame, rankingLayout } from '../../funnel/ranking-frame.ts'
import { sources } from '../../funnel/sources/registry.ts'

export interface RankedItems {
  /** Ordinals in the order of their places; what is behind `slateLength` is the reserve. */
  readonly items: readonly number[]
  readonly slateLength?: number
  readonly proposers?: readonly number[]
  readonly neural?: number
  readonly generation?: number
}

/** What a rank thread would return for these items; every other column says nothing in particular. */
export function rankedFrame(ranked: RankedItems): RankingFrame {
  const { items, slateLength = items.length, proposers, neural = 1, generation = 0 } = ranked
  const count = items.length
  return {
    neural,
    generation,
    ranked: count,
    slateLength,
    featureHash: 0,
    featureCount: 1,
    sourceCount: sources.length,
    relaxed: 0,
    mergeMs: 0,
    featuresMs: 0,
    scoreMs: 0,
    slateMs: 0,
    items: Uint32Array.from(items),
    values: Float32Array.from(items, (_, i) => 1 - i / 100),
    probabilities: new Float32Array(count * objectiveCount),
    proposers: Uint32Array.from(proposers ?? items.map(() => 1)),
    sourceRank: new Uint16Array(count * sources.length).fill(notProposed),
    sourceScore: new Float32Array(count * sources.length),
    mergedRank: new Uint16Array(count),
    rankedAt: new Uint16Array(count),
    propensity: new Float32Array(count).fill(1),
    placedBy: new Uint8Array(count),
    reasonCode: new Uint8Array(count),
    reasonReference: new Int32Array(count).fill(-1),
    features: new Float32Array(count),
    proposed: new Uint16Array(sources.length),
    removedCounts: new Uint32Array(filters.length),
    removedItems: new Uint32Array(0),
    removedBy: new Uint8Array(0),
    removedFrom: new Uint8Array(0),
    candidates: new Uint8Array(0),
  }
}

export function packRanked(ranked: RankedItems): ArrayBuffer {
  return encodeFrame(rankingLayout, rankedFrame(ranked))
}
