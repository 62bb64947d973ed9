/** What is compared: each arm scores all items for queries that come in order of time. */
import { buildCoVisitation, type CoVisitationOptions } from '../../algorithms/retrieval/co-visitation.ts'
import { accumulateFromHistory } from '../../algorithms/retrieval/item-lists.ts'
import { SparseAccumulator } from '../../algorithms/retrieval/sparse-accumulator.ts'
import { historyOf } from '../../models/histories.ts'
import { UserTower } from '../../models/two-tower/tower-sessions.ts'
import { exportUserTower } from '../../models/two-tower/towers.ts'
import type { TrainedTwoTower } from '../../models/two-tower/two-tower-trainer.ts'
import { momentOf, userFeatureWidth, writeUserContext } from '../../models/two-tower/user-features.ts'
import { userVectors } from '../../models/two-tower/user-vectors.ts'
import type { Recommender } from '../protocols/recommender.ts'
import type { InteractionData, WeightedHistories } from './interaction-data.ts'
import type { OfflineQuery } from './offline-queries.ts'

export interface OfflineArm {
  readonly name: string
  /**
   * Scores of every item, [queries begin ≤ q < end × items], to `out`; higher is better.
   * @param known histories with one row per query
   */
  score(
    queries: readonly OfflineQuery[],
    begin: number,
    end: number,
    known: WeightedHistories,
    out: Float32Array,
  ): Promise<void>
  close(): Promise<void>
}

/** Items by the likes they had until the moment of the query. */
export function popularityArm(data: InteractionData): OfflineArm {
  const likes = new Float32Array(data.items.length)
  let row = 0
  return {
    name: 'popularity',
    async score(queries, begin, end, _known, out) {
      if (begin === 0) {
        likes.fill(0)
        row = 0
      }
      for (let query = begin; query < end; query++) {
        for (; row < queries[query].row; row++) likes[data.item[row]] += data.liked[row]
        out.set(likes, (query - begin) * likes.length)
      }
    },
    async close() {},
  }
}

const coVisitation: Omit<CoVisitationOptions, 'itemCount'> = {
  neighboursPerItem: 500,
  windowInteractions: 100,
  windowMs: Number.POSITIVE_INFINITY,
  positionDecay: 0.99,
  backwardWeight: 1,
  ownPopularityExponent: 0.5,
  neighbourPopularityExponent: 0.5,
}
/** Newest items of a history that vote. */
const votersMax = 100

/** Votes of the history's item-to-item lists; lists are made of what was engaged with and not disliked. */
export function itemToItemArm(data: InteractionData, rows: number): OfflineArm {
  const kept = Uint32Array.from({ length: rows }, (_, row) => row).filter(row => data.weight[row] > 0)
  const lists = buildCoVisitation(
    {
      users: kept.map(row => data.user[row]),
      items: kept.map(row => data.item[row]),
      timesMs: Float64Array.from(kept, row => data.time[row]),
      weights: Float32Array.from(kept, row => data.weight[row]),
    },
    { ...coVisitation, itemCount: data.items.length },
  )
  const votes = new SparseAccumulator(data.items.length)
  return {
    name: 'item-to-item',
    async score(_queries, begin, end, known, out) {
      for (let query = begin; query < end; query++) {
        const items = historyOf(known, query).slice(-votersMax)
        const weights = known.weightOf.slice(known.offsets[query + 1] - items.length, known.offsets[query + 1])
        votes.reset()
        accumulateFromHistory(
          lists,
          items,
          weights.map(weight => Math.max(0, weight)),
          votes,
        )
        const at = (query - begin) * data.items.length
        for (let item = 0; item < data.items.length; item++) out[at + item] = votes.values[item]
      }
    },
    async close() {},
  }
}

/** A model of the protocols, asked with what is known at each query. */
export function recommenderArm(name: string, recommender: Recommender): OfflineArm {
  return {
    name,
    score(_queries, begin, end, known, out) {
      return recommender.score(
        Uint32Array.from({ length: end - begin }, (_, at) => begin + at),
        known,
        out,
      )
    },
    close: () => recommender.close(),
  }
}

/** @param profiles [users × userFeatureWidth] */
export async function twoTowerArm(name: string, trained: TrainedTwoTower, profiles: Float32Array): Promise<OfflineArm> {
  const { architecture, parameters, itemVectors } = trained
  const { dimension } = architecture
  const tower = await UserTower.open(exportUserTower(architecture, parameters), { architecture })
  const items = itemVectors.length / dimension
  return {
    name,
    async score(queries, begin, end, known, out) {
      const reader = { itemVectors, histories: known, weights: known.weightOf }
      const places = Uint32Array.from({ length: end - begin }, (_, at) => begin + at)
      const vectors = await userVectors(tower, reader, places, (place, features, at) => {
        const { user, time } = queries[begin + place]
        const [first, end] = [known.offsets[begin + place], known.offsets[begin + place + 1]]
        features.set(profiles.subarray(user * userFeatureWidth, (user + 1) * userFeatureWidth), at)
        writeUserContext(momentOf(time, end > first ? known.timeOf[end - 1] : undefined), features, at)
      })
      for (let row = 0; row < end - begin; row++) {
        for (let item = 0; item < items; item++) {
          let score = 0
          for (let d = 0; d < dimension; d++) score += vectors[row * dimension + d] * itemVectors[item * dimension + d]
          out[row * items + item] = score
        }
      }
    },
    close: () => tower.close(),
  }
}
