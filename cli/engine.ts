import { setTimeout as sleep } from 'node:timers/promises'
import { openEngine } from '../actors/open-engine.ts'
import type { RunningEngine } from '../actors/running-engine.ts'
import type { Settings } from '../config/settings.ts'
import type { Logger } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { CommandContext } from './context.ts'
import { CommandError } from './exit.ts'
import { tellError } from './output/report.ts'

export interface OpenedEngine {
  readonly engine: RunningEngine
  readonly settings: Settings
  readonly log: Logger
  readonly metrics: Metrics
}

/** Opens the engine on the command's data directory. When it cannot go on later, the process ends. @throws StorageError */
export async function openCommandEngine(
  context: CommandContext,
  settings: Settings,
  kind: 'command' | 'server',
  faults = false,
): Promise<OpenedEngine> {
  const log = context.logger(settings, kind)
  const metrics = context.metrics(settings)
  const engine = await openEngine({
    dataDir: context.dataDir,
    settings,
    log,
    metrics,
    faults,
    onFailure(error) {
      // What is acknowledged is in the journal, from which the next start goes on.
      const hint = 'Look for the cause in the log; the next start goes on from what is durable'
      const failure = new CommandError('engine_failed', `the engine cannot go on: ${error.message}`, hint)
      process.exit(tellError(failure, context.json))
    },
  })
  return { engine, settings, log, metrics }
}

const lookMs = 20

/** Resolves when the engine can serve, or when `signal` aborts. @throws CommandError when it never will */
export async function whenReady(engine: RunningEngine, signal?: AbortSignal): Promise<void> {
  for (let reasons = engine.notReadyReasons(); reasons.length > 0; reasons = engine.notReadyReasons()) {
    if (signal?.aborted === true) return
    if (engine.health().state === 'failed') {
      throw new CommandError('not_ready', 'the engine does not become ready', reasons.join('; '))
    }
    await sleep(lookMs)
  }
}
