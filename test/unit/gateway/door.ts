import type { InjectOptions } from 'fastify'
import { engineSettings } from '../../../actors/engine-settings.ts'
import { limits } from '../../../config/limits.ts'
import { loadSettings } from '../../../config/load.ts'
import { createEventRoles, eventSettings } from '../../../features/event-roles.ts'
import { createHttpServer } from '../../../gateway/http/server.ts'
import { httpSettings } from '../../../gateway/settings.ts'
import { createLogger } from '../../../telemetry/log.ts'
import { createMetrics } from '../../../telemetry/metrics.ts'
import { FakeEngine } from './fake-engine.ts'

export interface DoorOptions {
  readonly faults?: boolean
  /** Settings by key, as text. */
  readonly set?: Readonly<Record<string, string>>
}

/** The HTTP door in front of a fake engine; nothing listens. */
export function openDoor({ faults = false, set = {} }: DoorOptions = {}) {
  const settings = loadSettings([httpSettings, engineSettings, limits, eventSettings], { commandLine: set })
  const metrics = createMetrics({ clock: { ms: () => 0 }, latencyWindowMs: 1000 })
  const engine = new FakeEngine(metrics)
  const logged: string[] = []
  let ids = 0
  const server = createHttpServer({
    engine,
    settings,
    eventTypes: createEventRoles(settings.of(eventSettings)),
    log: createLogger({ name: 'test', level: 'info', stream: { write: line => logged.push(line) } }),
    metrics,
    faults,
    newId: () => `id-${++ids}`,
  })

  async function call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: unknown) {
    return send({ method, url, ...(body !== undefined && { payload: JSON.stringify(body), headers: json }) })
  }

  async function send(options: InjectOptions) {
    const { statusCode, headers, body } = await server.inject(options)
    const isJson = String(headers['content-type']).startsWith('application/json')
    return { status: statusCode, headers, body: isJson ? JSON.parse(body) : body }
  }

  return { engine, server, metrics, logged, call, send }
}

export const json = { 'content-type': 'application/json' }

/** A POST of a body that `JSON.stringify` would not make. */
export function rawPost(url: string, payload: string | Buffer, headers: Record<string, string> = json): InjectOptions {
  return { method: 'POST', url, payload, headers }
}
