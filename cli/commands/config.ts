import type { SettingEntry, Settings } from '../../config/settings.ts'
import type { CommandContext } from '../context.ts'
import { renderTable, shorten } from '../output/table.ts'

/** The value of a table of settings may be long; `--json` has all of it. */
const valueCharactersMax = 60

export interface ConfigOptions {
  readonly changed?: boolean
}

export function config(context: CommandContext, { changed = false }: ConfigOptions): void {
  const settings = context.settings()
  const entries = settings.entries.filter(({ layer }) => !changed || layer !== 'default')
  context.print(renderSettings(entries, settings), { hash: settings.hash, settings: entries })
}

/** Grouped by the table that they stand in. */
export function renderSettings(entries: readonly SettingEntry[], { hash }: Pick<Settings, 'hash'>): string {
  if (entries.length === 0) return 'Every setting has its default.\n'
  const groups = Map.groupBy(entries, ({ key }) => key.slice(0, key.lastIndexOf('.')))
  const width = Math.max(...entries.map(({ key }) => key.length))
  const tables = [...groups].map(([path, members]) => {
    const rows = members.map(({ key, value, unit, layer, source }) => [
      key.padEnd(width),
      shorten(typeof value === 'string' ? value : JSON.stringify(value), valueCharactersMax),
      unit ?? '',
      layer === 'default' ? layer : `${layer}: ${source}`,
    ])
    return `[${path}]\n${renderTable([{ name: 'key' }, { name: 'value' }, { name: 'unit' }, { name: 'from' }], rows)}`
  })
  return `${tables.join('\n')}\nhash of what can change an answer: ${hash}\n`
}
