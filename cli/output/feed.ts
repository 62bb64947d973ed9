import type { Recommendation, RecommendedItem } from '../../domain/recommendation.ts'
import { objectives } from '../../domain/roles.ts'
import { type Column, renderTable, shorten } from './table.ts'

const titleCharactersMax = 36

const columns: readonly Column[] = [
  { name: '#', align: 'right' },
  { name: 'id' },
  { name: 'title' },
  { name: 'score', align: 'right' },
  ...objectives.map(objective => ({ name: objective, align: 'right' as const })),
  { name: 'sources' },
  { name: 'reason' },
]

/** A feed as a table for people. @param titles by item id */
export function renderFeed(feed: Recommendation, titles: ReadonlyMap<string, string>): string {
  const rows = feed.items.map((item, i) => feedRow(item, i + 1, titles))
  const notes = [
    `model set ${feed.modelSet ?? 'none'}`,
    ...(feed.partial ? ['partial: a shard did not answer in time'] : []),
    ...(feed.degraded === null ? [] : [`degraded: ${feed.degraded}`]),
    ...(feed.note === undefined ? [] : [feed.note]),
  ]
  const table = rows.length === 0 ? 'No items.\n' : renderTable(columns, rows)
  return `${table}${notes.join(' · ')}\n`
}

function feedRow(
  { id, score, objectives: probabilities, sources, reason }: RecommendedItem,
  place: number,
  titles: ReadonlyMap<string, string>,
) {
  return [
    String(place),
    id,
    shorten(titles.get(id) ?? id, titleCharactersMax),
    score.toFixed(3),
    ...objectives.map(objective => formatProbability(probabilities[objective])),
    sources.join(', '),
    reason,
  ]
}

/** A dash for an objective that the model had no labels for: null in JSON. */
function formatProbability(probability: number | null): string {
  return probability === null || Number.isNaN(probability) ? '-' : `${(100 * probability).toFixed(1)}%`
}
