import type { AddressInfo } from 'node:net'
import closeWithGrace from 'close-with-grace'
import type { FastifyInstance } from 'fastify'
import { engineSettings } from '../actors/engine-settings.ts'
import { hourMs } from '../config/units.ts'
import { type Clock, systemClock } from '../domain/ports.ts'
import { createEventRoles, eventSettings } from '../features/event-roles.ts'
import { createHttpServer } from '../gateway/http/server.ts'
import { httpSettings } from '../gateway/settings.ts'
import { observeProcess } from '../telemetry/process-metrics.ts'
import type { OpenedEngine } from './engine.ts'
import { CommandError } from './exit.ts'
import { whenNpmEnds } from './npm-ancestor.ts'
import { tellError } from './output/report.ts'
import { serveSettings } from './settings.ts'

/** The HTTP door in front of an engine, not listening. */
export function createDoorServer({ engine, settings, log, metrics }: OpenedEngine, faults = false): FastifyInstance {
  const eventTypes = createEventRoles(settings.of(eventSettings))
  return createHttpServer({ engine, settings, eventTypes, log, metrics, faults })
}

/**
 * Listens where the settings say, and tells other commands through the data directory's lock. From now until it closes,
 * what the process takes is measured.
 * @param fallBack to any free port, when the default one is taken
 * @returns the address
 */
export async function listen(
  server: FastifyInstance,
  { engine, settings, metrics }: OpenedEngine,
  fallBack = false,
): Promise<string> {
  const { host, port } = settings.of(httpSettings)
  const isDefault = settings.entries.some(({ key, layer }) => key === 'http.port' && layer === 'default')
  const observed = observeProcess(metrics)
  server.addHook('onClose', async () => observed.close())
  try {
    await server.listen({ host, port })
  } catch (error) {
    if (!fallBack || !isDefault || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    await server.listen({ host, port: 0 })
  }
  const url = urlOf(server.server.address() as AddressInfo)
  engine.announce(url)
  return url
}

/** What to know where the clock of the data directory is not the machine's; empty where they agree. */
export function clockNote({ engine, settings }: OpenedEngine, machine: Clock = systemClock): string {
  const at = engine.clock.now()
  if (settings.of(engineSettings).clock === 'real' || at > machine.now() - hourMs) return ''
  const time = new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')
  return `Clock: data, stands at ${time}, the last event; --clock real follows the machine\n`
}

/** Where a client on this machine reaches it: the address of every interface is none to connect to. */
function urlOf({ address, family, port }: AddressInfo): string {
  if (address === '0.0.0.0') return `http://127.0.0.1:${port}`
  if (address === '::') return `http://[::1]:${port}`
  return family === 'IPv6' ? `http://[${address}]:${port}` : `http://${address}:${port}`
}

/**
 * From now on SIGINT, SIGTERM and the end of an npm that runs this command stop the server in order, and end the process:
 * what has arrived is answered, and a snapshot written. A second signal, or a stop that takes longer than `serve.stopGraceMs`, ends it at once.
 */
export function stopOnSignal(server: FastifyInstance, { engine, settings }: OpenedEngine, json: boolean): void {
  const { stopGraceMs } = settings.of(serveSettings)
  const hint = 'Nothing acknowledged is lost; the next start folds more of the journal'
  whenNpmEnds(() => process.kill(process.pid, 'SIGTERM'))
  const tellUnfinished = (message: string) => tellError(new CommandError('stopped_at_once', message, hint), json)
  closeWithGrace(
    {
      delay: stopGraceMs,
      logger: false,
      onSecondSignal: signal => tellUnfinished(`stopped at once by a second ${signal}`),
      onTimeout: delay => tellUnfinished(`the stop took longer than ${delay} ms`),
      onSecondError: error => tellError(error, json),
    },
    async ({ err }) => {
      if (err !== undefined) tellError(err, json)
      engine.announce(null)
      await server.close()
      await engine.stop()
    },
  )
}
