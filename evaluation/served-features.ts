import { SparseAccumulator } from '../algorithms/retrieval/sparse-accumulator.ts'
import type { Settings } from '../config/settings.ts'
import { CandidateSet } from '../domain/candidate-set.ts'
import type { CatalogState } from '../domain/catalog-state.ts'
import type { CounterReader } from '../domain/counters.ts'
import { decodeFrame } from '../domain/frame.ts'
import type { ServedRecord } from '../domain/journal.ts'
import { FeatureAssembler } from '../features/assemble.ts'
import { featureCount } from '../features/schema.ts'
import { featureSettings } from '../features/settings.ts'
import type { UserView } from '../features/user-view.ts'
import { unpackCandidates } from '../funnel/candidate-log.ts'
import { hydrateCoVisitation } from '../funnel/hydrators/co-visitation.ts'
import { noQueryVectors, QueryEncoder, type QueryVectors } from '../funnel/hydrators/query-vectors.ts'
import { ModelSpaces } from '../funnel/model-spaces.ts'
import type { ModelSetHandles } from '../funnel/ports.ts'
import { packRequest } from '../funnel/recommend.ts'
import { requestLayout } from '../funnel/request-frame.ts'
import { itemToItemSettings } from '../funnel/sources/item-to-item.ts'

/** A model set as the features of a served feed read it. */
export class ServedModelSet {
  readonly spaces: ModelSpaces
  private readonly encoder: QueryEncoder

  constructor(handles: ModelSetHandles) {
    this.spaces = new ModelSpaces(handles)
    this.encoder = new QueryEncoder(this.spaces, handles.foldIn)
  }

  queryVectors(view: UserView, querySeq: number, { items }: CatalogState): QueryVectors {
    if (view.historyItem.length === 0) return noQueryVectors
    const { historyItem, historyWeight } = view
    return this.encoder.encode({ generation: 0, tablesVersion: 0, querySeq, historyItem, historyWeight }, items)
  }
}

export interface RankedFeatures {
  /** Ordinals of the ranked candidates, in their order. */
  readonly items: Uint32Array
  /** [candidates × features], valid until the next call. */
  readonly matrix: Float32Array
}

/** Computes the features of a served feed's candidates again, by the code that served it. */
export class ServedFeatures {
  private readonly settings: Settings
  private readonly assembler: FeatureAssembler
  private accumulator = new SparseAccumulator(1024)
  private candidates = new CandidateSet(1024)
  private matrix = new Float32Array(1024 * featureCount)

  constructor(settings: Settings) {
    this.settings = settings
    this.assembler = new FeatureAssembler(settings.of(featureSettings))
  }

  compute(
    served: ServedRecord,
    view: UserView,
    counters: CounterReader,
    models: ServedModelSet,
    catalog: CatalogState,
  ): RankedFeatures {
    const candidates = this.admit(served, catalog)
    const { items } = catalog
    const query =
      served.degraded === 'query-vectors' ? noQueryVectors : models.queryVectors(view, served.querySeq, catalog)
    const request = this.requestFrame(served, view, query, catalog)
    const { coVisitation, collaborative, content } = models.spaces
    if (this.accumulator.capacity < items.itemCount) this.accumulator = new SparseAccumulator(items.itemCount * 2)
    hydrateCoVisitation(request, coVisitation, this.settings.of(itemToItemSettings), this.accumulator, candidates)
    const matrix = this.matrix.subarray(0, candidates.count * featureCount)
    const tables = { items, catalogSeq: served.catalogSeq, counters, collaborative, content }
    this.assembler.assemble(request, candidates, tables, query, matrix)
    return { items: candidates.item.subarray(0, candidates.count), matrix }
  }

  /** The person's view as the rank thread received it: packing is part of what happened to it. */
  private requestFrame(served: ServedRecord, view: UserView, query: QueryVectors, catalog: CatalogState) {
    const { requestId, user, context, catalogSeq, counterEpoch, seed, items } = served
    const request = { requestId, userId: user, n: items.length, context, exclude: [], categories: [], explain: false }
    const pins = { generation: 0, tablesVersion: 0, catalogSeq, counterEpoch, seed, globalShard: 0 }
    return decodeFrame(requestLayout, packRequest(request, view, query, pins, this.settings, catalog))
  }

  private admit(served: ServedRecord, { items }: CatalogState): CandidateSet {
    const logged = unpackCandidates(served.candidates)
    const count = logged.items.length
    if (count > this.candidates.capacity) {
      this.candidates = new CandidateSet(count)
      this.matrix = new Float32Array(count * featureCount)
    }
    const { candidates } = this
    candidates.count = count
    candidates.item.set(logged.items)
    candidates.bestRank.set(logged.bestRank)
    candidates.proposers.set(logged.proposers)
    for (let i = 0; i < count; i++) candidates.row[i] = items.rowAt(logged.items[i], served.catalogSeq)
    return candidates
  }
}
