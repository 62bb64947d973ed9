import type { FastifyInstance } from 'fastify'
import type { Engine } from '../../actors/engine.ts'
import type { Metrics } from '../../telemetry/metrics.ts'
import { prometheusContentType } from '../../telemetry/prometheus.ts'

export function registerHealth(server: FastifyInstance, engine: Engine, metrics: Metrics): void {
  server.get('/v1/health/live', async () => ({ live: true }))

  server.get('/v1/health/ready', async (_request, reply) => {
    const reasons = engine.notReadyReasons()
    if (reasons.length === 0) return { ready: true }
    return reply.code(503).send({ ready: false, reasons })
  })

  server.get('/metrics', async (_request, reply) => {
    return reply.type(prometheusContentType).send(metrics.renderPrometheus())
  })
}
