import type { Settings } from '../../config/settings.ts'
import type { CatalogState } from '../../domain/catalog-state.ts'
import { counterColumnCount } from '../../domain/counters.ts'
import { decodeFrame } from '../../domain/frame.ts'
import type { RecommendationRequest } from '../../domain/recommendation.ts'
import { CounterEpochReader } from '../../domain/shared/counter-epochs.ts'
import { featureSettings } from '../../features/settings.ts'
import type { UserState } from '../../features/user-state.ts'
import { buildUserView } from '../../features/user-view.ts'
import { noQueryVectors, type QueryVectors } from '../../features/vector-spaces.ts'
import type { FilterTables } from '../../funnel/filter.ts'
import { packRequest, type RequestPins } from '../../funnel/recommend.ts'
import { type RequestFrame, requestLayout } from '../../funnel/request-frame.ts'
import { sampleRequest, startOf2024, testSettings } from './samples.ts'

export interface FrameParts {
  readonly request?: RecommendationRequest
  readonly user?: UserState
  readonly query?: QueryVectors
  readonly pins?: Partial<RequestPins>
  readonly settings?: Settings
  readonly now?: number
}

/** One request as the threads get it, at the catalogue's present number. */
export function packedRequest(catalog: CatalogState, parts: FrameParts = {}): ArrayBuffer {
  const { request = sampleRequest('somebody'), settings = testSettings(), query = noQueryVectors } = parts
  const codes = { region: 0, language: 0, device: 0, deviceClassOf: () => 0 }
  const view = buildUserView(parts.user, codes, parts.now ?? startOf2024, settings.of(featureSettings))
  const pins = {
    generation: 0,
    tablesVersion: 1,
    catalogSeq: catalog.appliedSeq,
    counterEpoch: 0,
    seed: 1,
    globalShard: 0,
    ...parts.pins,
  }
  return packRequest(request, view, query, pins, settings, catalog)
}

export function requestFrame(catalog: CatalogState, parts: FrameParts = {}): RequestFrame {
  return decodeFrame(requestLayout, packedRequest(catalog, parts))
}

/** What filters read: the catalogue, and counters in which nothing has been counted. */
export function filterTables(catalog: CatalogState): FilterTables {
  const counters = { epoch: 0, at: 0, totals: new Float64Array(counterColumnCount), chunks: [] }
  return { items: catalog.items, counters: new CounterEpochReader(counters) }
}
