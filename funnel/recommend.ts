import type { Settings } from '../config/settings.ts'
import type { CatalogReader } from '../domain/catalog-reader.ts'
import { encodeFrame } from '../domain/frame.ts'
import type { RecommendationRequest } from '../domain/recommendation.ts'
import type { UserView } from '../features/user-view.ts'
import type { QueryVectors } from '../features/vector-spaces.ts'
import { queryColumns, requestLayout, stopAfterCode } from './request-frame.ts'
import { funnelSettings, policySettings } from './settings.ts'
import { commonSettings } from './source-settings.ts'
import { sources } from './sources/registry.ts'

/** The versions one request reads, the same for every shard and thread that works on it. */
export interface RequestPins {
  /** 0 while no model set is promoted: only sources that need none propose, and the ranker is left out. */
  readonly generation: number
  readonly tablesVersion: number
  readonly catalogSeq: number
  readonly counterEpoch: number
  readonly seed: number
  readonly globalShard: number
}

/** Packs one request for the threads. */
export function packRequest(
  request: RecommendationRequest,
  view: UserView,
  query: QueryVectors,
  pins: RequestPins,
  settings: Settings,
  catalog: CatalogReader,
): ArrayBuffer {
  const depth = request.overrides?.depth ?? request.n
  const limit = settings.of(funnelSettings).candidateLimit
  return encodeFrame(requestLayout, {
    ...view,
    ...pins,
    age: Number.isNaN(view.age) ? settings.of(policySettings).ageWhenUnknown : view.age,
    n: depth,
    stopAfter: stopAfterCode[request.overrides?.stopAfter ?? 'slate'],
    explain: request.explain ? 1 : 0,
    candidateLimit: Math.max(limit, depth),
    excluded: excludedItems(request.exclude, catalog),
    wantedCategories: wantedCategories(request.categories, catalog),
    budgets: sourceBudgets(request, settings),
    ...queryColumns(query),
  })
}

function excludedItems(ids: readonly string[], catalog: CatalogReader): Uint32Array {
  const known = ids.map(id => catalog.findItem(id)).filter(item => item >= 0)
  return Uint32Array.from(known).sort()
}

/** Names nobody has used become code 0, which no item has: asking for them alone gives an empty feed, not all items. */
function wantedCategories(names: readonly string[], catalog: CatalogReader): Uint16Array {
  return Uint16Array.from(names, name => catalog.categoryCode(name)).sort()
}

function sourceBudgets(request: RecommendationRequest, settings: Settings): Uint16Array {
  const budgets = new Uint16Array(sources.length)
  const chosen = request.overrides?.sourceBudgets
  for (let s = 0; s < sources.length; s++) {
    const { enabled, budget } = commonSettings(settings, sources[s].settings)
    if (chosen !== undefined) budgets[s] = chosen[sources[s].name] ?? 0
    else budgets[s] = enabled ? budget : 0
  }
  return budgets
}
