import type { CandidateSet } from '../domain/candidate-set.ts'
import { CounterColumn, type CounterReader } from '../domain/counters.ts'
import type { ItemReader, VectorReader } from '../domain/item-table/item-reader.ts'
import { CrossFeatures } from './cross-features.ts'
import { ItemDynamicFeatures } from './item-dynamic-features.ts'
import { writeItemStatic } from './item-static-features.ts'
import { RecentItems } from './recent-items.ts'
import { RecentSimilarity } from './recent-similarity.ts'
import { writeRetrieval } from './retrieval-features.ts'
import { featureCount } from './schema.ts'
import type { FeatureSettings } from './settings.ts'
import { type UserView, userFeatureCount } from './user-view.ts'
import type { PerSpace, QueryVectors } from './vector-spaces.ts'

/** What the features of one request are read from, each pinned to the request's own version. */
export interface FeatureTables {
  readonly items: ItemReader
  /** Items of the history are read as of this journal number, the candidates by their rows. */
  readonly catalogSeq: number
  readonly counters: CounterReader
  readonly spaces: PerSpace<VectorReader>
}

/**
 * Computes feature vectors; serving and training call the same code. One assembler per thread: it keeps its scratch
 * memory, so a call allocates nothing once it has seen the largest request.
 *
 * Invariants
 * 1. A row is a function of the view, the tables, the query vectors, the candidate's item, row, best rank, proposers
 *    and co-visitation, and the settings. It does not depend on the other candidates or on earlier calls.
 * 2. Every value is finite.
 */
export class FeatureAssembler {
  readonly #launchWindowMs: number
  readonly #recent = new RecentItems()
  readonly #similar = new RecentSimilarity()
  readonly #dynamic: ItemDynamicFeatures
  readonly #cross: CrossFeatures

  constructor(settings: FeatureSettings) {
    this.#launchWindowMs = settings.launchWindowMs
    this.#dynamic = new ItemDynamicFeatures(settings)
    this.#cross = new CrossFeatures(settings.recentHalfLifeMs)
  }

  /**
   * Writes the features of all candidates, row-major [candidates.count × featureCount], from `out[0]` on.
   *
   * @throws RangeError when `out` is too small, the view is of another build, or a query has another dimension than
   *   its space
   */
  assemble(
    view: UserView,
    candidates: CandidateSet,
    tables: FeatureTables,
    query: QueryVectors,
    out: Float32Array,
  ): void {
    const { items, counters } = tables
    const { count } = candidates
    const { now, userFeatures } = view
    checkSizes(userFeatures.length, count, out.length)
    this.#recent.begin(view, items, tables.catalogSeq)
    this.#similar.begin(this.#recent, tables.spaces, query)
    this.#dynamic.begin(counters, now)
    this.#cross.begin(view, this.#recent, items, counters)
    let at = 0
    for (let candidate = 0; candidate < count; candidate++) {
      const item = candidates.item[candidate]
      const row = candidates.row[candidate]
      const clicks = counters.value(item, CounterColumn.clicks)
      this.#similar.compare(row)
      for (let i = 0; i < userFeatureCount; i++) out[at++] = userFeatures[i]
      at = writeItemStatic(out, at, items, row, now, this.#launchWindowMs)
      at = this.#dynamic.write(out, at, item)
      at = this.#cross.write(out, at, item, row, clicks, this.#similar)
      at = writeRetrieval(out, at, candidates, candidate, clicks, this.#similar)
    }
  }
}

function checkSizes(userFeatures: number, count: number, room: number): void {
  if (userFeatures !== userFeatureCount) {
    throw new RangeError(`the view has ${userFeatures} user features, not ${userFeatureCount}: it is of another build`)
  }
  if (room < count * featureCount) {
    throw new RangeError(`${count} candidates need room for ${count * featureCount} features, not ${room}`)
  }
}
