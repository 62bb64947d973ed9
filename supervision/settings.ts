import Type from 'typebox'
import { defineSettings, type SettingsOf } from '../config/fragment.ts'
import { hourMs, minuteMs } from '../config/units.ts'
import { classifyByOutcome, type RestartPolicy } from './strategy.ts'

function ms(description: string, value: number, maximum: number) {
  return Type.Integer({ description, unit: 'ms', default: value, minimum: 1, maximum, answer: false })
}

export const supervisionSettings = defineSettings('supervision', 'How a crashed actor is restarted', {
  restartsMax: Type.Integer({
    description: 'Restarts of one actor within the window before its parent takes over',
    unit: 'count',
    default: 5,
    minimum: 0,
    maximum: 1000,
    answer: false,
  }),
  windowMs: ms('The window in which restarts are counted', minuteMs, hourMs),
  backoffMinMs: ms('Wait before the first restart', 100, minuteMs),
  backoffMaxMs: ms('Longest wait before a restart', 10_000, hourMs),
  backoffFactor: Type.Number({
    description: 'Each further wait is so many times longer',
    unit: 'ratio',
    default: 2,
    minimum: 1,
    maximum: 10,
    answer: false,
  }),
  jitter: Type.Number({
    description: 'Share of the wait that is random',
    unit: 'ratio',
    default: 0.2,
    minimum: 0,
    maximum: 1,
    answer: false,
  }),
  resetAfterMs: ms('The wait starts over when an actor has run so long without a crash', minuteMs, hourMs),
})

/** The policy of actors that do not bring their own: restart what is retryable, leave the rest to the parent. */
export function restartPolicy(settings: SettingsOf<typeof supervisionSettings>): RestartPolicy {
  return {
    ...settings,
    onRetryable: 'restart',
    onFatal: 'escalate',
    onExhausted: 'escalate',
    classify: classifyByOutcome,
  }
}
