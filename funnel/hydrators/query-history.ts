import type { CatalogReader } from '../../domain/catalog-reader.ts'
import type { UserView } from '../../features/user-view.ts'
import { profileColumn } from '../../models/two-tower/user-features.ts'
import type { HistoryFrame } from './query-vectors.ts'

/** The versions that query vectors are computed at. */
export type QueryVersions = Pick<HistoryFrame, 'generation' | 'tablesVersion' | 'querySeq'>

const hourMs = 3_600_000
/** More languages than a code book holds. */
const codesMax = 65_536

/**
 * What the query vectors of a person follow from. Whoever asks for them, serving, training or a replay, packs it here.
 * The hour is whole, so that vectors can be kept for the rest of it.
 */
export function queryHistory(view: UserView, versions: QueryVersions, catalog: CatalogReader): HistoryFrame {
  const { historyItem, historyWeight, historyRoles, now } = view
  const { generation, tablesVersion, querySeq } = versions
  return {
    generation,
    tablesVersion,
    querySeq,
    hour: hourOf(now),
    historyItem,
    historyWeight,
    historyRoles,
    profileColumns: profileColumnsOf(view, catalog),
  }
}

/**
 * What else than history and model set the vectors of a person follow from, as one number: the hour, and where the request
 * comes from. Vectors that were kept under another key are of another moment or place.
 */
export function queryKey({ now, region, language }: Pick<UserView, 'now' | 'region' | 'language'>): number {
  return (region * codesMax + language) * 24 + hourOf(now)
}

/** The whole hour of the day, UTC. */
function hourOf(now: number): number {
  return Math.floor(now / hourMs) % 24
}

function profileColumnsOf({ ageBand, region, language }: UserView, catalog: CatalogReader): Uint16Array {
  const columns: number[] = []
  if (ageBand > 0) columns.push(profileColumn('ageBand', catalog.ageBandName(ageBand)))
  if (region > 0) columns.push(profileColumn('region', catalog.regionName(region)))
  if (language > 0) columns.push(profileColumn('language', catalog.languageName(language)))
  return Uint16Array.from(columns)
}
