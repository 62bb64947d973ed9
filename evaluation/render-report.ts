import type { RunComparison } from './compare-runs.ts'
import type { FunnelReport } from './funnel-command.ts'
import type { IndexReport } from './index-command.ts'
import type { IndexRecall } from './index-recall.ts'
import { type QueryKind, queryKinds } from './query-plan.ts'
import { reportTable, signed } from './report-table.ts'

const titles: Readonly<Record<QueryKind, string>> = {
  group: 'Just before each group of events',
  session: 'At the beginning of a session',
}

/** The report for people: one table per kind of query, then what is behind it. */
export function renderFunnelReport(report: FunnelReport): string {
  const { data, model } = report
  return [
    `${data.fittedEvents} events fitted, ${data.walkedEvents} walked from ${data.walkedFrom}; model set ${model.id}, ` +
      `seed ${report.seed}`,
    `${data.peopleAsked} people asked, ${data.feeds} feeds (${data.incompleteFeeds} incomplete), ` +
      `${data.liveItems} live items, ${data.refusedEvents} events not counted`,
    ...queryKinds.flatMap(kind => renderKind(report, kind)),
    ...(report.comparedRun === undefined ? [] : renderComparedRun(report.comparedRun)),
    renderIndex(report.metrics.index),
    renderSeconds(report.seconds),
  ].join('\n\n')
}

export function renderIndexReport({ data, metrics, seconds }: IndexReport): string {
  return [
    `${data.items} simulated items, ${data.engagedItems} of them engaged with in ${data.events} events`,
    renderIndex(metrics.index),
    renderSeconds(seconds),
  ].join('\n\n')
}

function renderKind(report: FunnelReport, kind: QueryKind): string[] {
  const { queries, users, bestSource, arms: perArm, diversity } = report.metrics[kind]
  if (queries === 0) return [`${titles[kind]}: no queries`]
  const rows = Object.entries(perArm).map(([name, metrics]) => {
    const { ndcgAt10, hitRateAt10, recallAt100, recallAt500, coverageAt10, giniAt10 } = metrics
    const figures = [ndcgAt10, hitRateAt10, recallAt100, recallAt500, coverageAt10, giniAt10]
    return [name, ...figures.map(figure => (figure === undefined ? '' : figure.toFixed(4)))]
  })
  const differences = Object.entries(report.comparisons[kind]).map(([pair, { mean, lower, upper }]) => [
    pair,
    signed(mean),
    `${signed(lower)} to ${signed(upper)}`,
  ])
  const mixes = (['ranked', 'slate'] as const).map(name => {
    const { intraListDistance, categoryEntropy, distinctCategories } = diversity[name]
    return [name, intraListDistance.toFixed(4), categoryEntropy.toFixed(3), distinctCategories.toFixed(2)]
  })
  return [
    `${titles[kind]}: ${queries} queries by ${users} people; best single source: ${bestSource}`,
    reportTable(['', 'NDCG@10', 'HR@10', 'Recall@100', 'Recall@500', 'Coverage@10', 'Gini@10'], rows),
    reportTable(['difference in NDCG@10', 'mean', '95 %'], differences),
    reportTable(['what re-ranking buys', 'distance', 'entropy', 'categories'], mixes),
  ]
}

const metricTitles = { ndcgAt10: 'NDCG@10', recallAt100: 'Recall@100', recallAt500: 'Recall@500' } as const

function renderComparedRun({ against, kinds }: RunComparison): string[] {
  return queryKinds.map(kind => {
    const { matched, onlyNow, onlyBefore, users, differences } = kinds[kind]
    const rows = Object.entries(differences).flatMap(([arm, perMetric]) =>
      Object.entries(perMetric).map(([metric, { mean, lower, upper }]) => [
        `${arm} ${metricTitles[metric as keyof typeof metricTitles]}`,
        signed(mean),
        `${signed(lower)} to ${signed(upper)}`,
      ]),
    )
    const title =
      `${titles[kind]}, this run less that of ${against}: ${matched} queries of both by ${users} people, ` +
      `${onlyNow} of this run alone, ${onlyBefore} of the other`
    return `${title}\n\n${reportTable(['difference', 'mean', '95 %'], rows)}`
  })
}

function renderIndex({ partitions, linksPerPoint, buildWidth, searchWidthFactor, spaces }: IndexRecall): string {
  const rows = Object.entries(spaces).map(([space, recall]) => [
    space,
    String(recall.items),
    String(recall.requests),
    String(recall.searches),
    String(recall.scans),
    recall.searches === 0 ? '' : recall.meanK.toFixed(0),
    recall.searches === 0 ? '' : recall.recallPerSearch.toFixed(4),
    recall.recallMerged.toFixed(4),
  ])
  const head = ['space', 'items', 'requests', 'searches', 'exact scans', 'mean k', 'recall', 'recall merged']
  const graph = `${partitions} partitions, M ${linksPerPoint}, efConstruction ${buildWidth}, search width × ${searchWidthFactor}`
  return `Approximate against exact search, as production asks (${graph})\n\n${reportTable(head, rows)}`
}

function renderSeconds(seconds: Readonly<Record<string, number>>): string {
  return `Seconds: ${Object.entries(seconds)
    .map(([part, took]) => `${part} ${took.toFixed(1)}`)
    .join(', ')}`
}
