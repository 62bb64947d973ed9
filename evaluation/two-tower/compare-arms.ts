/** Recall of arms on the same queries, seen excluded, with intervals from resampling people. */
import { TopK } from '../../algorithms/retrieval/top-k.ts'
import { pairedBootstrap } from '../../algorithms/statistics/bootstrap.ts'
import { meanOfDefined } from '../../algorithms/statistics/ranking-metrics.ts'
import { historyOf } from '../../models/histories.ts'
import type { OfflineArm } from './arms.ts'
import type { InteractionData } from './interaction-data.ts'
import { historiesOfQueries, type OfflineQuery } from './offline-queries.ts'

export const recallDepths = [100, 500] as const
const queriesPerBatch = 128
const rounds = 2000

/** Recall of every query, by depth. */
export type RecallByDepth = Readonly<Record<number, Float64Array>>

export async function recallOf(
  arm: OfflineArm,
  data: InteractionData,
  queries: readonly OfflineQuery[],
): Promise<RecallByDepth> {
  const known = historiesOfQueries(data, queries)
  const items = data.items.length
  const scores = new Float32Array(queriesPerBatch * items)
  const recall = Object.fromEntries(recallDepths.map(depth => [depth, new Float64Array(queries.length)]))
  const search = new Search(items)
  for (let begin = 0; begin < queries.length; begin += queriesPerBatch) {
    const end = Math.min(queries.length, begin + queriesPerBatch)
    await arm.score(queries, begin, end, known, scores)
    for (let query = begin; query < end; query++) {
      const row = scores.subarray((query - begin) * items, (query - begin + 1) * items)
      const ranks = search.ranksOf(row, historyOf(known, query), queries[query].relevant)
      for (const depth of recallDepths) {
        recall[depth][query] = ranks.filter(rank => rank < depth).length / queries[query].relevant.length
      }
    }
  }
  return recall
}

/** Ranks are by score, equal scores by lower item, as the funnel's own selection has it. */
class Search {
  readonly #seen: Uint8Array
  readonly #top = new TopK()

  constructor(items: number) {
    this.#seen = new Uint8Array(items)
  }

  /** Ranks from 0 of the wanted items; Infinity behind the greatest depth. */
  ranksOf(scores: Float32Array, seen: Uint32Array, wanted: readonly number[]): number[] {
    const depth = Math.max(...recallDepths)
    for (const item of seen) this.#seen[item] = 1
    this.#top.begin(depth)
    for (let item = 0; item < scores.length; item++) if (this.#seen[item] === 0) this.#top.offer(item, scores[item])
    for (const item of seen) this.#seen[item] = 0
    const items = new Uint32Array(depth)
    const found = items.subarray(0, this.#top.drain(items, new Float32Array(depth)))
    const rankOf = new Map(Array.from(found, (item, rank) => [item, rank]))
    return wanted.map(item => rankOf.get(item) ?? Number.POSITIVE_INFINITY)
  }
}

export interface Difference {
  readonly mean: number
  readonly lower: number
  readonly upper: number
}

/** Mean of candidate minus baseline at a depth, with the 95 % interval of a bootstrap over people. */
export function differenceAt(
  depth: number,
  baseline: RecallByDepth,
  candidate: RecallByDepth,
  queries: readonly OfflineQuery[],
  seed: number,
): Difference {
  const { meanDifference, lower, upper } = pairedBootstrap({
    perQueryA: baseline[depth],
    perQueryB: candidate[depth],
    clusterIds: queries.map(({ user }) => user),
    seed,
    rounds,
  })
  return { mean: meanDifference, lower, upper }
}

export function meanRecall(recall: RecallByDepth): Record<string, number> {
  return Object.fromEntries(recallDepths.map(depth => [`recall@${depth}`, meanOfDefined(recall[depth])]))
}
