import Type from 'typebox'
import { defineSettings } from '../../config/fragment.ts'

export const journalSettings = defineSettings('journal.commit', 'Group commit of the journal.', {
  recordsPerCommitMax: Type.Integer({
    default: 5000,
    minimum: 1,
    maximum: 1_000_000,
    unit: 'records',
    description: 'Most records that share one transaction.',
    answer: false,
  }),
  pendingRecordsMax: Type.Integer({
    default: 200_000,
    minimum: 1,
    maximum: 10_000_000,
    unit: 'records',
    description: 'Records that may wait for their commit before more are refused.',
    answer: false,
  }),
  recoverySlice: Type.Integer({
    default: 1000,
    minimum: 1,
    maximum: 100_000,
    unit: 'records',
    description: 'Records handed on at a time while the tail of the journal is folded again.',
    answer: false,
  }),
})
