import { objectives } from '../../domain/roles.ts'
import type { ModelSetDescription } from '../../models/artefact/artefact-manifest.ts'
import { formatCount, renderTable } from './table.ts'

type Described = Pick<ModelSetDescription, 'dataRange' | 'metrics' | 'objectives' | 'spaces'>

/**
 * The metrics without those of objectives that were not trained: these are of a model that answers the same for all.
 */
export function trainedMetrics({ metrics, objectives: status }: Pick<Described, 'metrics' | 'objectives'>) {
  const untrained = objectives.filter(objective => status[objective]?.trained === false)
  const isTrained = ([key]: [string, number]) => !untrained.some(objective => key.startsWith(`${objective}.`))
  return Object.fromEntries(Object.entries(metrics).filter(isTrained))
}

/** What a model set was trained on, and how it did on what was held out, for people. */
export function renderManifest(manifest: Described): string {
  const { fromTime, toTime, toSeq } = manifest.dataRange
  const days = [fromTime, toTime].map(time => new Date(time).toISOString().slice(0, 10))
  const range = `Trained on ${days.join(' to ')}, journal up to ${formatCount(toSeq)}\n`
  return [range, spaceTable(manifest), objectiveTable(manifest), otherMetrics(manifest)]
    .filter(part => part !== '')
    .join('\n')
}

function spaceTable({ spaces }: Described): string {
  const rows = Object.entries(spaces).map(([name, { dimension, count }]) => [
    name,
    formatCount(count),
    String(dimension),
  ])
  return renderTable(
    [{ name: 'space' }, { name: 'vectors', align: 'right' }, { name: 'dimension', align: 'right' }],
    rows,
  )
}

/** One row per objective, with those metrics that are named `<objective>.<metric>`. */
function objectiveTable(described: Described): string {
  const { objectives: status } = described
  const metrics = trainedMetrics(described)
  const known = objectives.filter(objective => status[objective] !== undefined)
  if (known.length === 0) return ''
  const names = [...new Set(known.flatMap(objective => metricsOf(objective, metrics)))]
  const rows = known.map(objective => [
    objective,
    status[objective].trained ? 'yes' : `no: ${status[objective].reason ?? 'no labels'}`,
    ...names.map(name => formatMetric(metrics[`${objective}.${name}`])),
  ])
  const columns = [{ name: 'objective' }, { name: 'trained' }]
  return renderTable([...columns, ...names.map(name => ({ name, align: 'right' as const }))], rows)
}

function otherMetrics({ metrics }: Described): string {
  const rest = Object.entries(metrics).filter(([key]) => !objectives.some(objective => key.startsWith(`${objective}.`)))
  if (rest.length === 0) return ''
  const rows = rest.map(([key, value]) => [key, formatMetric(value)])
  return renderTable([{ name: 'metric' }, { name: 'value', align: 'right' }], rows)
}

function metricsOf(objective: string, metrics: Described['metrics']): string[] {
  const prefix = `${objective}.`
  return Object.keys(metrics)
    .filter(key => key.startsWith(prefix))
    .map(key => key.slice(prefix.length))
}

function formatMetric(value: number | undefined): string {
  return value === undefined || value === null || Number.isNaN(value) ? '-' : value.toFixed(4)
}
