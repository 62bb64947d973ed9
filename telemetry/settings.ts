import Type from 'typebox'
import { defineSettings } from '../config/fragment.ts'
import { logLevels } from './log.ts'

export const telemetrySettings = defineSettings('telemetry', 'Logs and metrics', {
  logLevel: Type.Enum(logLevels, {
    description: 'Least severe level that is logged',
    default: 'info',
    env: 'SLUICE_LOG_LEVEL',
    answer: false,
  }),
  latencyWindowMs: Type.Integer({
    description: 'Latency quantiles describe at least the last so many milliseconds, and at most twice as many',
    unit: 'ms',
    default: 60_000,
    minimum: 1_000,
    maximum: 3_600_000,
    answer: false,
  }),
})
