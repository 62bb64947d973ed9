import { pathToFileURL } from 'node:url'

/**
 * Runs the engine of the source tree at `root` over a few items, asks for two feeds, and writes what came out as one
 * line of JSON. `budget` is given to the new source in the second run of the engine.
 */
const [root, dataDir, name, budget] = process.argv.slice(2) as [string, string, string, string]

const load = <M>(path: string): Promise<M> => import(pathToFileURL(`${root}/${path}`).href)
const { openEngine } = await load<typeof import('../../actors/open-engine.ts')>('actors/open-engine.ts')
const { engineFragments } = await load<typeof import('../../actors/fragments.ts')>('actors/fragments.ts')
const { loadSettings } = await load<typeof import('../../config/load.ts')>('config/load.ts')
const { systemMonotonicClock } = await load<typeof import('../../domain/ports.ts')>('domain/ports.ts')
const { createLogger } = await load<typeof import('../../telemetry/log.ts')>('telemetry/log.ts')
const { createMetrics } = await load<typeof import('../../telemetry/metrics.ts')>('telemetry/metrics.ts')
const { openJournal } = await load<typeof import('../../storage/open-journal.ts')>('storage/open-journal.ts')

async function run(commandLine: Record<string, string>) {
  const settings = loadSettings(engineFragments, { commandLine })
  const engine = await openEngine({
    dataDir,
    settings,
    log: createLogger({ name: 'child', level: 'warn' }),
    metrics: createMetrics({ clock: systemMonotonicClock, latencyWindowMs: 60_000 }),
    faults: false,
    onFailure: error => {
      throw error
    },
  })
  const items = Array.from({ length: 12 }, (_, i) => ({
    id: `i${i}`,
    title: `Title ${i}`,
    categories: [`category-${i % 6}`],
    creators: [],
    publishedAt: Date.UTC(2000, 0, 1),
  }))
  await engine.putItems(items)
  while (engine.notReadyReasons().length > 0) await new Promise(resolve => setTimeout(resolve, 10))
  const recommendation = await engine.recommend({
    requestId: `request-${commandLine[`sources.${name}.budget`] ?? 'plain'}`,
    userId: 'somebody',
    n: 10,
    context: {},
    exclude: [],
    categories: [],
    explain: true,
  })
  await engine.stop()
  const keys = settings.entries.map(entry => entry.key).filter(key => key.startsWith(`sources.${name}.`))
  return { recommendation, settings: keys }
}

const plain = await run({})
const narrowed = await run({ [`sources.${name}.budget`]: budget })
const journal = await openJournal(`${dataDir}/journal`, { readOnly: true })
const served = Array.from(journal.read(1, { kinds: ['served'] }), ({ record }) => ({
  sourceNames: record.served.sourceNames,
  sources: [...record.served.sources],
}))
await journal.close()
process.stdout.write(`${JSON.stringify({ plain, narrowed, served })}\n`)
