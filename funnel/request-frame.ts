import { defineFrame, type Frame } from '../domain/frame.ts'
import { userViewLayout } from '../features/user-view.ts'
import type { QueryVectors } from '../features/vector-spaces.ts'

/**
 * One request as every thread sees it: the person's view, what the request asks for, and the versions it pinned.
 * Packed once, sent to every index shard and to the rank thread.
 */
export const requestLayout = defineFrame({
  scalars: [
    ...userViewLayout.scalars,
    'generation',
    'tablesVersion',
    'catalogSeq',
    'counterEpoch',
    'seed',
    'n',
    /** 0 slate, 1 ranked, 2 retrieved. */
    'stopAfter',
    /** 1 when the reply explains itself. */
    'explain',
    /** Candidates that reach the ranker at most. */
    'candidateLimit',
    /** The shard that runs the global sources for this request. */
    'globalShard',
  ],
  columns: {
    ...userViewLayout.columns,
    /** Ascending item ordinals. */
    excluded: 'u32',
    /** Ascending category codes; empty allows all. */
    wantedCategories: 'u16',
    /** Budget per source in registry order. */
    budgets: 'u16',
    /** The person in each space; empty when there is nothing to compute it from. */
    collaborativeQuery: 'f32',
    contentQuery: 'f32',
    twoTowerQuery: 'f32',
    sequenceQuery: 'f32',
  },
})

export type RequestFrame = Frame<typeof requestLayout>

/** The person's vectors as columns of a request. */
export function queryColumns({ collaborative, content, twoTower, sequence }: QueryVectors) {
  return {
    collaborativeQuery: collaborative,
    contentQuery: content,
    twoTowerQuery: twoTower,
    sequenceQuery: sequence,
  }
}

export function queryVectorsOf(request: RequestFrame): QueryVectors {
  return {
    collaborative: request.collaborativeQuery,
    content: request.contentQuery,
    twoTower: request.twoTowerQuery,
    sequence: request.sequenceQuery,
  }
}

export const stopAfterCode = { slate: 0, ranked: 1, retrieved: 2 } as const
