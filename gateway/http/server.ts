import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Engine } from '../../actors/engine.ts'
import { engineSettings } from '../../actors/engine-settings.ts'
import { limits } from '../../config/limits.ts'
import type { Settings } from '../../config/settings.ts'
import { systemClock } from '../../domain/ports.ts'
import type { EventRoles } from '../../features/event-roles.ts'
import type { Logger } from '../../telemetry/log.ts'
import type { Metrics } from '../../telemetry/metrics.ts'
import { Admission } from '../admission.ts'
import { httpSettings } from '../settings.ts'
import { batchReader } from '../validation/batch.ts'
import { createEventReader } from '../validation/event.ts'
import { createFieldReaders } from '../validation/field-readers.ts'
import { quote } from '../validation/invalid-input.ts'
import { createRequestReader } from '../validation/recommendation-request.ts'
import { asError, malformedRequest, problemOf, statusOf } from './errors.ts'
import { registerEvents } from './events.ts'
import { registerFaults } from './faults.ts'
import { registerHealth } from './health.ts'
import { registerItems } from './items.ts'
import { acceptJsonOnly } from './json-body.ts'
import { measureRoutes } from './latencies.ts'
import { registerRecommendations } from './recommendations.ts'
import { registerUsers } from './users.ts'

export interface HttpServerParts {
  readonly engine: Engine
  /** With the fragments `httpSettings`, `engineSettings` and `limits`. */
  readonly settings: Settings
  readonly eventTypes: EventRoles
  readonly log: Logger
  readonly metrics: Metrics
  /** Opens the routes that break things on purpose. */
  readonly faults?: boolean
  /** Ids of requests, and of events that came without one. Default: random UUIDs. */
  readonly newId?: () => string
}

const ofLoad: ReadonlySet<string> = new Set(['overloaded', 'deadline', 'not_ready'])

/** Node refuses longer request lines, so a path parameter that the router sees is never too long for it. */
const pathBytesMax = 16_384

/** The HTTP door, not listening yet: `server.listen({ host, port })`, and `server.close()` before the engine stops. */
export function createHttpServer(parts: HttpServerParts): FastifyInstance {
  const { engine, settings, eventTypes, metrics, newId = randomUUID } = parts
  const http = settings.of(httpSettings)
  const bounds = settings.of(limits)
  const server = newServer(parts)
  const fields = createFieldReaders(bounds)
  registerRecommendations(server, {
    engine,
    read: createRequestReader(fields, bounds),
    admission: admissionOf(metrics, 'recommendations', http.requestsInFlightMax),
    newId,
  })
  registerEvents(server, {
    engine,
    reader: createEventReader({ fields, eventTypes, latestTime: latestEventTime(settings), newId }),
    readBatch: batchReader('events', bounds.eventsPerBatchMax, true),
    admission: admissionOf(metrics, 'events', bounds.eventQueueDepthMax),
  })
  registerItems(server, engine, fields, bounds)
  registerUsers(server, engine, fields, bounds)
  registerHealth(server, engine, metrics)
  if (parts.faults === true) registerFaults(server, engine)
  return server
}

/**
 * A client's clock may run ahead: an event is no later than its receipt. Where the clock stands at the last event, a
 * later one moves it on, but not past the machine's own time.
 */
function latestEventTime(settings: Settings): (receivedAt: number) => number {
  if (settings.of(engineSettings).clock === 'real') return receivedAt => receivedAt
  return receivedAt => Math.max(receivedAt, systemClock.now())
}

function newServer({ settings, log, metrics }: HttpServerParts): FastifyInstance {
  const http = settings.of(httpSettings)
  const server = Fastify({
    logger: false,
    bodyLimit: settings.of(limits).bodyBytesMax,
    keepAliveTimeout: http.keepAliveTimeoutMs,
    requestTimeout: http.requestTimeoutMs,
    routerOptions: { maxParamLength: pathBytesMax },
    exposeHeadRoutes: false,
    // The engine runs until the server has closed, so what still arrives on an open connection is answered.
    return503OnClosing: false,
    clientErrorHandler: refuseConnection,
    frameworkErrors: (error, _request, reply) => {
      const problem = problemOf(error)
      asError(reply, problem).send({ error: problem })
    },
  })
  acceptJsonOnly(server)
  measureRoutes(server, metrics)
  server.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error)
    // What comes of load is counted; logging each would add to the load.
    if (statusOf(problem) >= 500 && !ofLoad.has(problem.code)) {
      log.error({ err: error, method: request.method, route: request.routeOptions.url }, 'request failed')
    }
    return asError(reply, problem).send({ error: problem })
  })
  server.setNotFoundHandler((request, reply) => {
    const message = `there is no route ${request.method} ${quote(request.url)}`
    const hint = 'Check the method and the path; slashes in an id are written as %2F'
    reply.code(404).send({ error: { code: 'not_found', message, hint } })
  })
  return server
}

function admissionOf(metrics: Metrics, kind: 'recommendations' | 'events', max: number): Admission {
  const inFlight = metrics.gauge('sluice_http_in_flight', 'Admitted by the HTTP door and not answered yet', { kind })
  const refused = metrics.counter('sluice_http_refused_total', 'Refused as too many were in flight', { kind })
  return new Admission(max, inFlight, refused)
}

/** Bytes that are not HTTP, or a client that stopped in the middle of a request. */
function refuseConnection(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  if (socket.writable) {
    const status = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request'
    const body = JSON.stringify({ error: malformedRequest(`this is not a complete HTTP request: ${error.message}`) })
    const headers = `Content-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}`
    socket.write(`HTTP/1.1 ${status}\r\n${headers}\r\nConnection: close\r\n\r\n${body}`)
  }
  socket.destroy(error)
}
