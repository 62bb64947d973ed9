import type { ItemPath, Recommendation, RecommendationTrace } from '../../domain/recommendation.ts'
import { formatCount, renderTable, shorten } from './table.ts'

type Titles = ReadonlyMap<string, string>

const titleCharactersMax = 36
const examplesPerFilter = 3

/** The way of a feed through the funnel, for people. Ranks count from 1 here. */
export function renderExplanation(feed: Recommendation, trace: RecommendationTrace, titles: Titles): string {
  return [
    section('How each item came here', pathTable(trace.paths, titles)),
    section('Who proposed how much', sourceTable(feed, trace)),
    section(`Who removed what (${formatCount(trace.ranked)} candidates were ranked)`, filterTable(trace, titles)),
    section('Where the time went', stageTable(trace)),
  ].join('\n')
}

function section(heading: string, body: string): string {
  return `${heading}\n${body}`
}

function pathTable(paths: readonly ItemPath[], titles: Titles): string {
  const rows = paths.map(path => [
    String(path.servedAt + 1),
    shorten(titles.get(path.id) ?? path.id, titleCharactersMax),
    path.proposals.map(({ source, rank }) => `${source} ${rank + 1}`).join(', '),
    String(path.mergedRank + 1),
    String(path.rankedAt + 1),
    path.placedBy,
    path.propensity.toFixed(3),
  ])
  return renderTable(
    [
      { name: 'served', align: 'right' },
      { name: 'title' },
      { name: 'proposed by, at rank' },
      { name: 'merged', align: 'right' },
      { name: 'ranked', align: 'right' },
      { name: 'placed by' },
      { name: 'propensity', align: 'right' },
    ],
    rows,
  )
}

function sourceTable({ items }: Recommendation, { sources }: RecommendationTrace): string {
  const served = (source: string) => items.filter(item => item.sources.includes(source)).length
  const rows = Object.entries(sources).map(([source, count]) => [source, formatCount(count), String(served(source))])
  return renderTable(
    [{ name: 'source' }, { name: 'proposed', align: 'right' }, { name: 'served', align: 'right' }],
    rows,
  )
}

function filterTable({ filters, removed }: RecommendationTrace, titles: Titles): string {
  const rows = Object.entries(filters).map(([filter, count]) => {
    const examples = removed.filter(item => item.filter === filter).slice(0, examplesPerFilter)
    const shown = examples.map(
      ({ id, proposedBy }) => `${shorten(titles.get(id) ?? id, titleCharactersMax)} (${proposedBy})`,
    )
    return [filter, formatCount(count), shown.join(', ')]
  })
  return renderTable([{ name: 'filter' }, { name: 'removed', align: 'right' }, { name: 'for example' }], rows)
}

function stageTable({ stagesMs }: RecommendationTrace): string {
  const rows = Object.entries(stagesMs).map(([stage, ms]) => [stage, ms.toFixed(2)])
  return renderTable([{ name: 'stage' }, { name: 'ms', align: 'right' }], rows)
}
