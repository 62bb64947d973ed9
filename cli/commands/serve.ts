import { existsSync } from 'node:fs'
import { layoutOf } from '../../storage/data-directory.ts'
import type { CommandContext } from '../context.ts'
import { openCommandEngine, whenReady } from '../engine.ts'
import { formatAmount } from '../output/table.ts'
import { clockNote, createDoorServer, listen, stopOnSignal } from '../serving.ts'

export interface ServeOptions {
  readonly host?: string
  readonly port?: string
  readonly clock?: string
  readonly faults?: boolean
}

/** Serves until a signal stops the process. */
export async function serve(
  context: CommandContext,
  { host, port, clock, faults = false }: ServeOptions,
): Promise<void> {
  const settings = context.settings({ 'http.host': host, 'http.port': port, 'engine.clock': clock })
  const isNew = !existsSync(layoutOf(context.dataDir).format)
  const opened = await openCommandEngine(context, settings, 'server', faults)
  if (isNew) context.say(`${context.dataDir} is no data directory yet: made an empty one\n`)
  const { engine } = opened
  const server = createDoorServer(opened, faults)
  let url: string
  try {
    url = await listen(server, opened)
  } catch (error) {
    await engine.stop()
    throw error
  }
  stopOnSignal(server, opened, context.json)
  context.say(`Sluice serves ${context.dataDir} at ${url}\n`)
  await whenReady(engine)
  const items = engine.catalog.items.itemCount
  const { modelSet } = engine
  const model = modelSet === null ? `no model set yet: run ${context.command('train')}` : `model set ${modelSet}`
  const notes = engine.health().reasons.map(reason => `Note: ${reason}\n`)
  const text = `Ready: ${formatAmount(items, 'item')}, ${model}\n${clockNote(opened)}${notes.join('')}Stop with Ctrl-C\n`
  context.print(text, { url, ready: true, items, modelSet })
}
