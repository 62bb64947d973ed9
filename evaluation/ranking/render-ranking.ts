import { reportTable, signed } from '../report-table.ts'
import type { RankingReport } from './evaluate-ranking.ts'

const columns = [
  ['auc', 'AUC'],
  ['gauc', 'gAUC'],
  ['logLoss', 'log-loss'],
  ['eceBefore', 'ECE before'],
  ['eceAfter', 'ECE after'],
  ['ndcg', 'NDCG'],
] as const

/** The report for people: what was measured on what, the figures, and everything that they depend on. */
export function renderRankingReport({
  model,
  seed,
  data,
  metrics,
  comparison,
  protocol,
  seconds,
}: RankingReport): string {
  const settings = Object.entries(model.settings)
    .filter(([, value]) => typeof value !== 'object')
    .map(([name, value]) => `${name} ${value}`)
  return [
    `${model.name} (${settings.join(', ')}), seed ${seed}; ${model.parameters} parameters, best epoch ${model.epochs.join(', ')}`,
    Object.entries(data)
      .map(([name, value]) => `${name} ${value}`)
      .join(', '),
    figures(model.name, metrics),
    ...(comparison ? [figures(comparison.with.name, comparison.metrics), differences(model.name, comparison)] : []),
    Object.entries(protocol)
      .map(([name, value]) => `${name}: ${value}`)
      .join('\n'),
    `${seconds.toFixed(1)} s`,
  ].join('\n\n')
}

function figures(name: string, metrics: RankingReport['metrics']): string {
  const objectives = [...new Set(Object.keys(metrics).map(key => key.slice(0, key.lastIndexOf('.'))))]
  const rows = objectives.map(objective => [
    objective,
    ...columns.map(([metric]) => metrics[`${objective}.${metric}`].toFixed(4)),
  ])
  return reportTable([name, ...columns.map(([, title]) => title)], rows)
}

function differences(name: string, comparison: NonNullable<RankingReport['comparison']>): string {
  const rows = Object.entries(comparison.differences).map(([objective, { meanDifference, lower, upper }]) => [
    objective,
    signed(meanDifference),
    `${signed(lower)} to ${signed(upper)}`,
  ])
  return reportTable([`gAUC, ${name} minus ${comparison.with.name}`, 'difference', '95 %'], rows)
}
