import { reportTable, signed } from '../report-table.ts'
import type { ProtocolReport } from './evaluate-protocol.ts'

/** The report for people: what was measured on what, the figures, and everything that they depend on. */
export function renderProtocolReport(report: ProtocolReport): string {
  const { data, model, comparison } = report
  const settings = Object.entries({ ...model.settings, ...model.chosen }).map(([name, value]) => `${name} ${value}`)
  return [
    `${model.name}${settings.length === 0 ? '' : ` (${settings.join(', ')})`}, seed ${report.seed}`,
    `${data.users} users, ${data.items} items, ${data.interactions} interactions; ${data.usersEvaluated} users asked about`,
    ...(comparison === undefined ? [figures(report)] : [compared(report, comparison)]),
    ...(report.splits ?? []).map(
      ({ seed, metrics }) =>
        `seed ${seed}: ${Object.entries(metrics)
          .map(([name, value]) => `${name} ${value.toFixed(4)}`)
          .join(', ')}`,
    ),
    Object.entries(report.protocol)
      .map(([name, value]) => `${name}: ${value}`)
      .join('\n'),
    `${report.seconds.toFixed(1)} s`,
  ].join('\n\n')
}

function figures({ metrics, segments }: ProtocolReport): string {
  const rows = Object.entries(metrics).map(([name, value]) => [
    name,
    shown(value),
    shown(segments.newUsers.metrics[name]),
    shown(segments.longTailItems.metrics[name]),
  ])
  return reportTable(['', 'all', 'new users', 'long-tail items'], rows)
}

function compared({ metrics, model }: ProtocolReport, comparison: NonNullable<ProtocolReport['comparison']>): string {
  const rows = Object.entries(metrics).map(([name, value]) => {
    const difference = comparison.differences[name]
    const own = [name, shown(value), shown(comparison.metrics[name])]
    if (difference === undefined) return [...own, '', '']
    return [...own, signed(difference.mean), `${signed(difference.lower)} to ${signed(difference.upper)}`]
  })
  return reportTable(['', model.name, comparison.with.name, 'difference', '95 %'], rows)
}

function shown(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? '' : value.toFixed(4)
}
