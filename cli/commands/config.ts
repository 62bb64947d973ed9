import type { SettingEntry, Settings } from '../../config/settings.ts'
import type { CommandContext } from '../context.ts'
import { renderTable, shorten } from '../output/table.ts'

/** The value of a table of settings may be long; `--json` has all of it. */
const valueCharactersMax = 40

export interface ConfigOptions {
  readonly changed?: boolean
}

export function config(context: CommandContext, { changed = false }: ConfigOptions): void {
  const settings = context.settings()
  const entries = settings.entries.filter(({ layer }) => !changed || layer !== 'default')
  context.print(renderSettings(entries, settings), { hash: settings.hash, settings: entries })
}

const columns = [{ name: 'key' }, { name: 'value' }, { name: 'unit' }, { name: 'allowed' }, { name: 'from' }]

/** Grouped by the table that they stand in. */
export function renderSettings(entries: readonly SettingEntry[], { hash }: Pick<Settings, 'hash'>): string {
  if (entries.length === 0) return 'Every setting has its default.\n'
  const groups = Map.groupBy(entries, ({ key }) => key.slice(0, key.lastIndexOf('.')))
  const width = Math.max(...entries.map(({ key }) => key.length))
  const tables = [...groups].map(([path, members]) => {
    const rows = members.map(({ key, value, unit, layer, source, ...range }) => [
      key.padEnd(width),
      shorten(typeof value === 'string' ? value : JSON.stringify(value), valueCharactersMax),
      unit ?? '',
      rangeOf(value, range),
      layer === 'default' ? layer : `${layer}: ${source}`,
    ])
    return `[${path}]\n${renderTable(columns, rows)}`
  })
  return `${tables.join('\n')}\nhash of what can change an answer: ${hash}\n`
}

/** Empty for texts, lists and tables, whose shape the description tells. */
function rangeOf(value: unknown, { minimum, maximum, allowed }: Pick<SettingEntry, 'minimum' | 'maximum' | 'allowed'>) {
  if (allowed !== undefined) return allowed.join(', ')
  if (typeof value === 'boolean') return 'true, false'
  return minimum === undefined || maximum === undefined ? '' : `${minimum} to ${maximum}`
}
