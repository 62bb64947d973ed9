import { reportTable, signed } from '../report-table.ts'
import { recallDepths } from './compare-arms.ts'
import { type KindReport, type OfflineQueryKind, offlineQueryKinds, type TwoTowerReport } from './evaluate-two-tower.ts'

const titles: Readonly<Record<OfflineQueryKind, string>> = {
  group: 'Just before each group of events',
  session: 'At the beginning of a session',
}
const metrics = recallDepths.map(depth => `recall@${depth}`)

/** The report for people: a table per kind of query, then the ablation. */
export function renderTwoTowerReport({ protocol, data, metrics: byKind, ablation, seconds }: TwoTowerReport): string {
  const parts = [
    `${data.interactions} interactions of ${data.users} people with ${data.items} items, ${data.fitted} fitted`,
    protocol,
    ...offlineQueryKinds.map(kind => renderKind(kind, byKind[kind])),
  ]
  if (ablation) {
    const rows = ablation.map(row => [
      row.strategy,
      row.logQ ? 'on' : 'off',
      ...offlineQueryKinds.flatMap(kind => metrics.map(name => row.metrics[kind][name].toFixed(4))),
    ])
    const columns = offlineQueryKinds.flatMap(kind => metrics.map(name => `${kind} ${name}`))
    parts.push(reportTable(['negatives', 'log-Q', ...columns], rows))
  }
  parts.push(
    Object.entries(seconds)
      .map(([step, value]) => `${step} ${value.toFixed(1)} s`)
      .join(', '),
  )
  return parts.join('\n\n')
}

function renderKind(kind: OfflineQueryKind, { queries, users, arms, differences, firstVisits }: KindReport): string {
  const rows = Object.entries(arms).map(([name, means]) => [
    name,
    ...metrics.map(metric => means[metric].toFixed(4)),
    ...metrics.map(metric => {
      const difference = differences[name]?.[metric]
      if (!difference) return ''
      return `${signed(difference.mean)} (${signed(difference.lower)} to ${signed(difference.upper)})`
    }),
    ...metrics.map(metric => (firstVisits.queries === 0 ? '' : firstVisits.arms[name][metric].toFixed(4))),
  ])
  const first = `of ${firstVisits.queries} first visits`
  const head = [
    '',
    ...metrics,
    ...metrics.map(metric => `two-tower minus it, ${metric}`),
    ...metrics.map(metric => `${metric} ${first}`),
  ]
  return `${titles[kind]}: ${queries} queries by ${users} people\n${reportTable(head, rows)}`
}
