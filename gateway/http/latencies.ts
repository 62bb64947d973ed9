import type { FastifyInstance, RouteOptions } from 'fastify'
import type { Metrics } from '../../telemetry/metrics.ts'

const statusClasses = ['2xx', '4xx', '5xx'] as const

/** Measures every route that is added afterwards; all latencies exist from the start, so none is looked up by a name. */
export function measureRoutes(server: FastifyInstance, metrics: Metrics): void {
  server.addHook('onRoute', (route: RouteOptions) => {
    const name = `${route.method} ${route.url.replace(/:(\w+)/g, '{$1}')}`
    const [fine, refused, failed] = statusClasses.map(status =>
      metrics.latency('sluice_http_request_seconds', 'Time to answer an HTTP request', { route: name, status }),
    )
    route.onResponse = (_request, reply, done) => {
      const latency = reply.statusCode < 400 ? fine : reply.statusCode < 500 ? refused : failed
      latency.record(reply.elapsedTime)
      done()
    }
  })
}
