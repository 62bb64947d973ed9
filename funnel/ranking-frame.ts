import { defineFrame, type Frame } from '../domain/frame.ts'

/**
 * What a rank thread returns: the slate in order, followed by the reserve that stands in when an item turns out to be
 * hidden at the last moment. Columns are aligned; matrices are row-major by returned item. `neural` is 1 when the model
 * scored the candidates, 0 when they kept their merged order.
 */
export const rankingLayout = defineFrame({
  scalars: [
    'neural',
    /** The model set that everything in it comes from, 0 without one, −1 where there was more than one. */
    'generation',
    'ranked',
    'slateLength',
    'featureHash',
    'featureCount',
    'sourceCount',
    'relaxed',
    'mergeMs',
    'featuresMs',
    'scoreMs',
    'slateMs',
  ],
  columns: {
    items: 'u32',
    values: 'f32',
    /** [item × objective] */
    probabilities: 'f32',
    proposers: 'u32',
    /** [item × source] */
    sourceRank: 'u16',
    sourceScore: 'f32',
    mergedRank: 'u16',
    rankedAt: 'u16',
    propensity: 'f32',
    /** 0 diversity, 1 exploration, 2 refill. */
    placedBy: 'u8',
    /** `algorithms/ranking/explanations.ts` */
    reasonCode: 'u8',
    /** The title a reason names, −1 for none. */
    reasonReference: 'i32',
    /** [item × feature] */
    features: 'f32',
    /** Proposals per source before merging. */
    proposed: 'u16',
    /** Distinct removals per filter over all shards. */
    removedCounts: 'u32',
    removedItems: 'u32',
    removedBy: 'u8',
    removedFrom: 'u8',
    /** See `funnel/candidate-log.ts`. */
    candidates: 'u8',
  },
})

export type RankingFrame = Frame<typeof rankingLayout>
