import type { CommandContext } from '../context.ts'
import { openCommandEngine, whenReady } from '../engine.ts'
import { formatCount } from '../output/table.ts'
import { createDoorServer, listen, stopOnSignal } from '../serving.ts'

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
  const opened = await openCommandEngine(context, settings, 'server', faults)
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
  const model = modelSet === null ? 'no model set yet: run `sluice train`' : `model set ${modelSet}`
  const notes = engine.health().reasons.map(reason => `Note: ${reason}\n`)
  context.print(`Ready: ${formatCount(items)} items, ${model}\n${notes.join('')}Stop with Ctrl-C\n`, {
    url,
    ready: true,
    items,
    modelSet,
  })
}
