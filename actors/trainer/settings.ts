import Type from 'typebox'
import { defineSettings } from '../../config/fragment.ts'
import { minuteMs } from '../../config/units.ts'

export const continuousSettings = defineSettings('continuous', 'Training again and again while serving.', {
  enabled: Type.Boolean({
    default: false,
    description:
      'Whether the server trains by itself from what has happened since, and promotes what passes the gates.',
    answer: false,
  }),
  intervalMs: Type.Integer({
    default: 30 * minuteMs,
    minimum: 1000,
    maximum: 2_147_483_647,
    unit: 'ms',
    description: 'Shortest time from the end of one training to the beginning of the next.',
    answer: false,
  }),
  keep: Type.Integer({
    default: 5,
    minimum: 1,
    maximum: 1000,
    unit: 'sets',
    description: 'Newest model sets that stay on the disk, beside the one in use and the one a rollback leads to.',
    answer: false,
  }),
  recordsMin: Type.Integer({
    default: 1000,
    minimum: 1,
    maximum: 1_000_000_000,
    unit: 'records',
    description: 'New journal records without which it waits for the next round.',
    answer: false,
  }),
})
