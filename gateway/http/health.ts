import type { FastifyInstance } from 'fastify'
import type { Engine } from '../../actors/engine.ts'
import type { Metrics } from '../../telemetry/metrics.ts'
import { prometheusContentType } from '../../telemetry/prometheus.ts'

export function registerHealth(server: FastifyInstance, engine: Engine, metrics: Metrics): void {
  server.get('/v1/health/live', async () => ({ live: true }))

  server.get('/v1/health/ready', async (_request, reply) => {
    const reasons = engine.notReadyReasons()
    if (reasons.length > 0) return reply.code(503).send({ ready: false, reasons })
    return { ready: true, degraded: degradations(engine) }
  })

  server.get('/metrics', async (_request, reply) => {
    return reply.type(prometheusContentType).send(metrics.renderPrometheus())
  })
}

/** What works with less than it should, and why: feeds go on meanwhile. */
function degradations(engine: Engine): string[] {
  const degraded = engine.health().actors.filter(({ state }) => state === 'degraded')
  return degraded.map(({ path, reason }) => (reason === '' ? path : `${path}: ${reason}`))
}
