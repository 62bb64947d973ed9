import type { GateVerdict, Manifest } from '../../models/artefact/artefact-manifest.ts'
import type { QuantisationComparison } from '../../models/quantisation/compare.ts'
import { renderManifest } from './manifest.ts'
import { formatCount, renderTable } from './table.ts'

/** Shown in the list, where a set has them. */
const listedMetrics = ['click.auc', 'click.sampledNdcg@10', 'click.ece']

/** One line per model set, the promoted one marked, oldest first. */
export function renderModelSets(sets: readonly Manifest[], promoted: string | null): string {
  const metrics = listedMetrics.filter(name => sets.some(set => set.metrics[name] !== undefined))
  const columns = [
    { name: '' },
    { name: 'id' },
    { name: 'created' },
    { name: 'origin' },
    { name: 'size', align: 'right' as const },
    ...metrics.map(name => ({ name, align: 'right' as const })),
    { name: 'gate' },
    { name: 'parent' },
  ]
  const rows = sets.map(set => [
    set.id === promoted ? '*' : '',
    set.id,
    new Date(set.createdAt).toISOString().slice(0, 16).replace('T', ' '),
    set.origin,
    formatBytes(set.bytes),
    ...metrics.map(name => set.metrics[name]?.toFixed(4) ?? '-'),
    set.gate === null ? '-' : set.gate.passed ? 'passed' : 'failed',
    set.parent ?? '-',
  ])
  return `${renderTable(columns, rows)}\n* in use\n`
}

/** Everything about one model set. */
export function renderModelSet(set: Manifest, promoted: string | null): string {
  const { id, createdAt, parent, origin, seed, schemaHash, kinds } = set
  const facts = [
    ['id', id === promoted ? `${id} (in use)` : id],
    ['created', new Date(createdAt).toISOString()],
    ['parent', parent ?? '-'],
    ['origin', origin],
    ...(kinds.length > 0 ? [['models', kinds.join(', ')]] : []),
    ['seed', String(seed)],
    ['feature schema', schemaHash],
    ['size', formatBytes(set.bytes)],
  ]
  const head = facts.map(([name, value]) => `${name.padEnd(16)}${value}\n`).join('')
  const files = Object.entries(set.files).map(([name, { bytes }]) => [name, formatBytes(bytes)])
  const fileTable = renderTable([{ name: 'file' }, { name: 'size', align: 'right' }], files)
  return [head, renderManifest(set), renderGate(set.gate), fileTable].filter(part => part !== '').join('\n')
}

/** What INT8 costs beside what it gains. */
export function renderQuantisation(comparison: QuantisationComparison): string {
  const { rows, meanDifference, maxDifference, relativeDifference, objectives } = comparison
  const { rowsPerRun, floatMs, int8Ms, speedUp, floatBytes, int8Bytes } = comparison
  const spread = (100 * relativeDifference).toFixed(1)
  const lines = [
    `On ${formatCount(rows)} rows that it was not calibrated on:`,
    `  logits differ by ${meanDifference.toFixed(4)} on average (${spread} % of their deviation), by ${maxDifference.toFixed(3)} at most`,
    ...Object.entries(objectives)
      .filter(([, { floatAuc }]) => !Number.isNaN(floatAuc))
      .map(
        ([name, { floatAuc, int8Auc }]) =>
          `  AUC of ${name} ${floatAuc.toFixed(5)} in float, ${int8Auc.toFixed(5)} in INT8`,
      ),
    `  ${rowsPerRun} rows take ${floatMs.toFixed(3)} ms in float, ${int8Ms.toFixed(3)} ms in INT8: ${speedUp.toFixed(2)} times as fast`,
    `  ${formatBytes(floatBytes)} in float, ${formatBytes(int8Bytes)} in INT8`,
  ]
  return `${lines.join('\n')}\n`
}

function renderGate(gate: GateVerdict | null): string {
  if (gate === null) return ''
  const verdict = `Gate: ${gate.passed ? 'passed' : 'failed'}, ${gate.against === null ? 'not compared with another set' : `compared with ${gate.against}`}\n`
  return verdict + gate.checks.map(({ passed, text }) => `  ${passed ? 'kept  ' : 'broken'}  ${text}\n`).join('')
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  const units = ['KiB', 'MiB', 'GiB', 'TiB']
  let [value, unit] = [bytes / 1024, 0]
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024
  return `${value < 10 ? value.toFixed(1) : formatCount(Math.round(value))} ${units[unit]}`
}
