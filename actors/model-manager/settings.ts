import Type from 'typebox'
import { defineSettings } from '../../config/fragment.ts'

export const modelSettings = defineSettings('models', 'How promoted model sets are taken up.', {
  lookIntervalMs: Type.Integer({
    default: 500,
    minimum: 50,
    maximum: 3_600_000,
    unit: 'ms',
    description: 'How often the pointer to the promoted model set is looked at.',
    answer: false,
  }),
  loadSliceMs: Type.Number({
    default: 4,
    minimum: 0.1,
    maximum: 1000,
    unit: 'ms',
    description: 'Longest stretch for which loading a model set holds the main thread.',
    answer: false,
  }),
  loadShare: Type.Number({
    default: 0.25,
    minimum: 0.01,
    maximum: 1,
    unit: 'ratio',
    description: 'Share of the main thread that loading a model set takes while another one serves.',
    answer: false,
  }),
})
