import type { Settings } from '../config/settings.ts'
import type { CatalogState } from '../domain/catalog-state.ts'
import type { CounterReader } from '../domain/counters.ts'
import { decodeFrame } from '../domain/frame.ts'
import type { ServedRecord } from '../domain/journal.ts'
import type { UserView } from '../features/user-view.ts'
import { noQueryVectors, type QueryVectors } from '../features/vector-spaces.ts'
import { unpackCandidates } from '../funnel/candidate-log.ts'
import { CandidateStage } from '../funnel/candidate-stage.ts'
import { queryHistory } from '../funnel/hydrators/query-history.ts'
import { QueryEncoder } from '../funnel/hydrators/query-vectors.ts'
import { ModelSpaces } from '../funnel/model-spaces.ts'
import type { ModelSetHandles } from '../funnel/ports.ts'
import { packRequest } from '../funnel/recommend.ts'
import { requestLayout } from '../funnel/request-frame.ts'

/** A model set as the features of a served feed read it. */
export class ServedModelSet {
  readonly spaces: ModelSpaces
  private readonly encoder: QueryEncoder

  private constructor(spaces: ModelSpaces, encoder: QueryEncoder) {
    this.spaces = spaces
    this.encoder = encoder
  }

  static async open(handles: ModelSetHandles): Promise<ServedModelSet> {
    const spaces = new ModelSpaces(handles)
    return new ServedModelSet(spaces, await QueryEncoder.open(spaces, handles))
  }

  queryVectors(view: UserView, querySeq: number, catalog: CatalogState): Promise<QueryVectors> {
    return this.encoder.encode(
      queryHistory(view, { generation: 0, tablesVersion: 0, querySeq }, catalog),
      catalog.items,
    )
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
  private readonly stage: CandidateStage

  constructor(settings: Settings) {
    this.settings = settings
    this.stage = new CandidateStage(settings)
  }

  async compute(
    served: ServedRecord,
    view: UserView,
    counters: CounterReader,
    models: ServedModelSet,
    catalog: CatalogState,
  ): Promise<RankedFeatures> {
    const query =
      served.degraded === 'query-vectors' ? noQueryVectors : await models.queryVectors(view, served.querySeq, catalog)
    const request = this.requestFrame(served, view, query, catalog)
    const logged = unpackCandidates(served.candidates)
    this.stage.admit(logged, request, catalog.items)
    return { items: logged.items, matrix: this.stage.features(request, catalog.items, counters, models.spaces) }
  }

  /** The person's view as the rank thread received it: packing is part of what happened to it. */
  private requestFrame(served: ServedRecord, view: UserView, query: QueryVectors, catalog: CatalogState) {
    const { requestId, user, context, catalogSeq, counterEpoch, seed, items } = served
    const request = { requestId, userId: user, n: items.length, context, exclude: [], categories: [], explain: false }
    const pins = { generation: 0, tablesVersion: 0, catalogSeq, counterEpoch, seed, globalShard: 0 }
    return decodeFrame(requestLayout, packRequest(request, view, query, pins, this.settings, catalog))
  }
}
