import Type from 'typebox'
import { defineSettings } from '../config/fragment.ts'

export const engineSettings = defineSettings('engine', 'The running system as a whole.', {
  profile: Type.Union(
    [Type.Literal('starter'), Type.Literal('standard'), Type.Literal('full'), Type.Literal('realtime')],
    {
      default: 'full',
      env: 'SLUICE_PROFILE',
      description:
        'What fits the scale. starter: content and popularity. standard: two towers and a light ranker. full: everything. realtime: everything, and training again and again while serving.',
      answer: false,
    },
  ),
  clock: Type.Union([Type.Literal('data'), Type.Literal('real')], {
    default: 'data',
    description:
      'data: now is the time of the last event, so imported history is served at its own time. real: the clock of the machine.',
  }),
  ackTimeoutMs: Type.Integer({
    default: 2000,
    minimum: 10,
    maximum: 600_000,
    unit: 'ms',
    description: 'How long a reply waits for events to be applied before it says durable, applied: false.',
    answer: false,
  }),
  snapshotIntervalMs: Type.Integer({
    default: 60_000,
    minimum: 1000,
    maximum: 86_400_000,
    unit: 'ms',
    description: 'How often state is written out, so that a restart has less of the journal to fold again.',
    answer: false,
  }),
  mailboxDepthMax: Type.Integer({
    default: 100_000,
    minimum: 100,
    maximum: 100_000_000,
    unit: 'messages',
    description: 'Messages that may wait for one actor; more are dead letters.',
    answer: false,
  }),
})
