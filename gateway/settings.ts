import Type from 'typebox'
import { defineSettings } from '../config/fragment.ts'
import { hourMs, secondMs } from '../config/units.ts'

export const httpSettings = defineSettings('http', 'The HTTP door', {
  host: Type.String({
    description: 'Address to listen on; 0.0.0.0 or :: for every interface',
    default: '127.0.0.1',
    minLength: 1,
    env: 'SLUICE_HOST',
    answer: false,
  }),
  port: Type.Integer({
    description: 'Port to listen on; 0 takes any free one',
    unit: 'port',
    default: 8080,
    minimum: 0,
    maximum: 65_535,
    env: 'SLUICE_PORT',
    answer: false,
  }),
  requestsInFlightMax: Type.Integer({
    description: 'Feed requests in progress before further ones are answered 503 at once',
    unit: 'requests',
    default: 256,
    minimum: 1,
    maximum: 100_000,
    answer: false,
  }),
  keepAliveTimeoutMs: Type.Integer({
    description: 'How long an idle connection stays open; longer than the idle time of a load balancer in front',
    unit: 'ms',
    default: 65 * secondMs,
    minimum: secondMs,
    maximum: hourMs,
    answer: false,
  }),
  requestTimeoutMs: Type.Integer({
    description: 'How long a client may take to send one whole request',
    unit: 'ms',
    default: 30 * secondMs,
    minimum: secondMs,
    maximum: hourMs,
    answer: false,
  }),
})
