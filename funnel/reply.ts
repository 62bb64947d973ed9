import type { ReasonCode } from '../algorithms/ranking/explanations.ts'
import { notProposed } from '../domain/candidate-set.ts'
import type { CatalogReader } from '../domain/catalog-reader.ts'
import type {
  ItemPath,
  Recommendation,
  RecommendationRequest,
  RecommendationTrace,
  RecommendedItem,
} from '../domain/recommendation.ts'
import { type Objective, objectiveCount, objectives } from '../domain/roles.ts'
import { filters } from './filters/registry.ts'
import type { RankingFrame } from './ranking-frame.ts'
import { formatReason } from './reasons.ts'
import { sources } from './sources/registry.ts'

/** What the reply needs beside the rank thread's result. */
export interface ReplyFacts {
  readonly request: RecommendationRequest
  readonly modelSet: string | null
  readonly partial: boolean
  readonly degraded: string | null
  readonly segment: number
  readonly stagesMs: Readonly<Record<string, number>>
}

/**
 * Which returned items make the feed: the slate in order, less what has become invisible since it was ranked, filled
 * up from the reserve. Indices into the ranking frame.
 */
export function visibleSlate(result: RankingFrame, now: number, catalog: CatalogReader): number[] {
  const chosen: number[] = []
  for (let i = 0; i < result.items.length && chosen.length < result.slateLength; i++) {
    if (isVisible(result.items[i], now, catalog)) chosen.push(i)
  }
  return chosen
}

function isVisible(item: number, now: number, { items }: CatalogReader): boolean {
  const row = items.currentRow(item)
  return row >= 0 && !items.isDeleted(row) && !items.isHidden(row) && !(items.expiresAt(row) <= now)
}

export function buildRecommendation(
  result: RankingFrame,
  chosen: readonly number[],
  facts: ReplyFacts,
  catalog: CatalogReader,
): Recommendation {
  const { request } = facts
  const note =
    chosen.length >= request.n || request.overrides !== undefined ? undefined : shortFeedNote(result, catalog)
  return {
    requestId: request.requestId,
    items: chosen.map(i => recommendedItem(result, i, facts, catalog)),
    partial: facts.partial,
    degraded: facts.degraded,
    modelSet: facts.modelSet,
    ...(note !== undefined && { note }),
    ...(request.explain && { trace: buildTrace(result, chosen, facts, catalog) }),
  }
}

function shortFeedNote(result: RankingFrame, catalog: CatalogReader): string {
  if (catalog.items.itemCount === 0) return 'the catalogue is empty: import or PUT items first'
  if (result.ranked === 0) return 'no item passed the filters for this person and request'
  return 'fewer items passed the filters than were asked for'
}

function recommendedItem(result: RankingFrame, i: number, facts: ReplyFacts, catalog: CatalogReader): RecommendedItem {
  const probabilities = {} as Record<Objective, number>
  for (let k = 0; k < objectiveCount; k++) probabilities[objectives[k]] = result.probabilities[i * objectiveCount + k]
  return {
    id: catalog.itemId(result.items[i]),
    score: result.values[i],
    objectives: probabilities,
    sources: sources.filter((_, s) => (result.proposers[i] & (1 << s)) !== 0).map(source => source.name),
    reason: reasonOf(result, i, facts.segment, catalog),
  }
}

function reasonOf(result: RankingFrame, i: number, segment: number, catalog: CatalogReader): string {
  if (i < result.slateLength && placements[result.placedBy[i]] === 'exploration') return 'something different'
  return formatReason(result.reasonCode[i] as ReasonCode, result.reasonReference[i], segment, catalog)
}

function buildTrace(
  result: RankingFrame,
  chosen: readonly number[],
  facts: ReplyFacts,
  catalog: CatalogReader,
): RecommendationTrace {
  const proposed = sources.map((source, s) => [source.name, result.proposed[s]] as const)
  const removed = filters.map((filter, f) => [filter.name, result.removedCounts[f]] as const)
  return {
    sources: Object.fromEntries(proposed),
    filters: Object.fromEntries(removed),
    ranked: result.ranked,
    stagesMs: facts.stagesMs,
    paths: chosen.map((i, place) => itemPath(result, i, place, catalog)),
    removed: Array.from(result.removedItems, (item, i) => ({
      id: catalog.itemId(item),
      filter: filters[result.removedBy[i]].name,
      proposedBy: sources[result.removedFrom[i]].name,
    })),
  }
}

const placements = ['diversity', 'exploration', 'refill'] as const

function itemPath(result: RankingFrame, i: number, place: number, catalog: CatalogReader): ItemPath {
  const proposals = sources.flatMap((source, s) => {
    const at = i * sources.length + s
    const rank = result.sourceRank[at]
    return rank === notProposed ? [] : [{ source: source.name, rank, score: result.sourceScore[at] }]
  })
  return {
    id: catalog.itemId(result.items[i]),
    proposals,
    mergedRank: result.mergedRank[i],
    rankedAt: result.rankedAt[i],
    value: result.values[i],
    servedAt: place,
    placedBy: placements[i < result.slateLength ? result.placedBy[i] : 2],
    propensity: result.propensity[i],
  }
}
