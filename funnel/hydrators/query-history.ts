import type { CatalogReader } from '../../domain/catalog-reader.ts'
import { engagementWeight } from '../../features/engagement-weight.ts'
import type { UserView } from '../../features/user-view.ts'
import { pauseClass, pauseClasses, pauseColumn, profileColumn } from '../../models/two-tower/user-features.ts'
import type { HistoryFrame } from './query-vectors.ts'

/** The versions that query vectors are computed at. */
export type QueryVersions = Pick<HistoryFrame, 'generation' | 'tablesVersion' | 'querySeq'>

type QueryMoment = Pick<UserView, 'now' | 'region' | 'language' | 'historyTime' | 'historyRoles'>

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
    profileColumns: Uint16Array.from([...profileColumnsOf(view, catalog), ...pauseColumnsOf(view)]),
  }
}

/**
 * What else than history and model set the vectors of a person follow from, as one number: the hour, how long the person was
 * away, and where the request comes from. Vectors that were kept under another key are of another moment or place.
 */
export function queryKey(view: QueryMoment): number {
  const { now, region, language } = view
  const pauseMs = pauseOf(view)
  const pause = pauseMs === undefined ? 0 : 1 + pauseClass(pauseMs)
  return ((region * codesMax + language) * (pauseClasses + 1) + pause) * 24 + hourOf(now)
}

/** The whole hour of the day, UTC. */
function hourOf(now: number): number {
  return Math.floor(now / hourMs) % 24
}

/** Time since the newest engagement that was no dislike, which is what histories are made of; absent without one. */
function pauseOf({ now, historyTime, historyRoles }: QueryMoment): number | undefined {
  const newest = historyRoles.findIndex(roles => engagementWeight(roles) > 0)
  return newest < 0 ? undefined : now - historyTime[newest]
}

function pauseColumnsOf(view: UserView): number[] {
  const pauseMs = pauseOf(view)
  return pauseMs === undefined ? [] : [pauseColumn(pauseMs)]
}

function profileColumnsOf({ ageBand, region, language }: UserView, catalog: CatalogReader): number[] {
  const columns: number[] = []
  if (ageBand > 0) columns.push(profileColumn('ageBand', catalog.ageBandName(ageBand)))
  if (region > 0) columns.push(profileColumn('region', catalog.regionName(region)))
  if (language > 0) columns.push(profileColumn('language', catalog.languageName(language)))
  return columns
}
