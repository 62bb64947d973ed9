import { reportTable, signed } from '../report-table.ts'
import type { RankingReport } from './evaluate-ranking.ts'
import type { RankingModelReport } from './judged.ts'

const columns = [
  ['auc', 'AUC'],
  ['gauc', 'gAUC'],
  ['logLoss', 'log-loss'],
  ['eceBefore', 'ECE before'],
  ['eceAfter', 'ECE after'],
  ['ndcg', 'NDCG'],
] as const
/** Where a simulated world tells what is true. */
const truthColumns = [
  ['truthAgreement', 'agreement'],
  ['truthAgreementLower', 'from'],
  ['truthAgreementUpper', 'to'],
  ['truthRequestAgreement', 'in a request'],
  ['truthCorrelation', 'correlation'],
  ['truthEce', 'ECE'],
  ['truthError', 'error'],
  ['truthMean', 'mean'],
  ['truthMeanPredicted', 'predicted'],
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
    ...figures(model.name, metrics),
    ...(comparison
      ? [...figures(otherName(model, comparison.with), comparison.metrics), ...differences(model, comparison)]
      : []),
    Object.entries(protocol)
      .map(([name, value]) => `${name}: ${value}`)
      .join('\n'),
    `${seconds.toFixed(1)} s`,
  ].join('\n\n')
}

/** A table of what was observed and, where it is known, one of the truth. */
function figures(name: string, metrics: RankingReport['metrics']): string[] {
  const objectives = [...new Set(Object.keys(metrics).map(key => key.slice(0, key.lastIndexOf('.'))))]
  const table = (title: string, shown: typeof columns | typeof truthColumns) =>
    reportTable(
      [title, ...shown.map(([, heading]) => heading)],
      objectives.map(objective => [
        objective,
        ...shown.map(([metric]) => metrics[`${objective}.${metric}`].toFixed(4)),
      ]),
    )
  const hasTruth = `${objectives[0]}.truthAgreement` in metrics
  return [table(name, columns), ...(hasTruth ? [table(`${name}, truth`, truthColumns)] : [])]
}

type Comparison = NonNullable<RankingReport['comparison']>

/** A model that is compared with itself is told apart by what is set differently. */
function otherName(model: RankingModelReport, other: RankingModelReport): string {
  if (model.name !== other.name) return other.name
  const changed = Object.entries(other.settings).filter(
    ([name, value]) => typeof value !== 'object' && value !== model.settings[name],
  )
  return `${other.name} (${changed.map(([name, value]) => `${name} ${value}`).join(', ')})`
}

function differences(model: RankingModelReport, comparison: Comparison): string[] {
  const { truthDifferences } = comparison
  const table = (what: string, by: Comparison['differences']) =>
    reportTable(
      [`${what}, ${model.name} minus ${otherName(model, comparison.with)}`, 'difference', '95 %'],
      Object.entries(by).map(([name, { meanDifference, lower, upper }]) => [
        name,
        signed(meanDifference),
        `${signed(lower)} to ${signed(upper)}`,
      ]),
    )
  return [table('gAUC', comparison.differences), ...(truthDifferences ? [table('truth', truthDifferences)] : [])]
}
