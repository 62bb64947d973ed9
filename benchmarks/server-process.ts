/** The server that benchmarks put load on: an engine and its HTTP door, in a process that measures itself. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { openEngine } from '../actors/open-engine.ts'
import type { RunningEngine } from '../actors/running-engine.ts'
import { resolveSettings } from '../cli/settings.ts'
import type { Settings } from '../config/settings.ts'
import { systemMonotonicClock } from '../domain/ports.ts'
import { createEventRoles, eventSettings } from '../features/event-roles.ts'
import { rankingSettings } from '../funnel/scorers/settings.ts'
import { indexSettings } from '../funnel/settings.ts'
import { commonSettings } from '../funnel/source-settings.ts'
import { sources } from '../funnel/sources/registry.ts'
import { createHttpServer } from '../gateway/http/server.ts'
import { createLogger } from '../telemetry/log.ts'
import { createMetrics } from '../telemetry/metrics.ts'
import { serveCalls } from './process-calls.ts'
import type { OpenServer, ServerCalls, ServerFacts } from './server/messages.ts'
import { Meter } from './server/meter.ts'

const log = createLogger({ name: 'sluice', level: 'warn' })
const metrics = createMetrics({ clock: systemMonotonicClock, latencyWindowMs: 60_000 })
const meter = new Meter(metrics)
let engine: RunningEngine | null = null
let door: FastifyInstance | null = null

serveCalls<ServerCalls>(
  {
    open,
    modelSet: () => engine?.modelSet ?? null,
    begin() {
      meter.begin()
      return null
    },
    end: () => meter.end(),
  },
  close,
)

async function open({ dataDir, set }: OpenServer): Promise<ServerFacts> {
  const settings = resolveSettings({ dataDir, environment: process.env, commandLine: set })
  const startedAt = performance.now()
  engine = await openEngine({ dataDir, settings, log, metrics, faults: false, onFailure: giveUp })
  const openedAt = performance.now()
  while (engine.notReadyReasons().length > 0) await sleep(20)
  const readyAt = performance.now()
  const eventTypes = createEventRoles(settings.of(eventSettings))
  door = createHttpServer({ engine, settings, eventTypes, log, metrics })
  const url = await door.listen({ host: '127.0.0.1', port: 0 })
  const times = { openMs: openedAt - startedAt, readyMs: readyAt - openedAt }
  return { url, ...times, ...factsOf(engine, settings) }
}

function factsOf({ catalog, modelSet }: RunningEngine, settings: Settings) {
  const changed = settings.entries.filter(({ layer }) => layer !== 'default')
  return {
    items: catalog.items.itemCount,
    modelSet,
    settingsHash: settings.hash,
    changedSettings: Object.fromEntries(changed.map(({ key, value }) => [key, value])),
    sources: sources.filter(source => commonSettings(settings, source.settings).enabled).map(({ name }) => name),
    indexThreads: settings.of(indexSettings).shards,
    rankThreads: settings.of(rankingSettings).threads,
  }
}

async function close(): Promise<void> {
  await door?.close()
  await engine?.stop()
  process.exit(0)
}

function giveUp(error: Error): void {
  log.fatal({ err: error }, 'the engine failed')
  process.exit(1)
}
