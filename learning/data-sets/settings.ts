import Type from 'typebox'
import { defineSettings } from '../../config/fragment.ts'
import { dayMs } from '../../config/units.ts'

export const dataSetSettings = defineSettings('dataSets', 'Data sets that are made from the journal', {
  outcomeWindowMs: Type.Integer({
    default: dayMs,
    minimum: 1000,
    maximum: 3650 * dayMs,
    unit: 'ms',
    answer: false,
    description: 'How long after an impression an engagement still counts as its outcome',
  }),
  verifiedQueries: Type.Integer({
    default: 200,
    minimum: 1,
    maximum: 1_000_000,
    unit: 'queries',
    answer: false,
    description: 'Queries, drawn at random, whose rows the check for time travel computes again',
  }),
})
