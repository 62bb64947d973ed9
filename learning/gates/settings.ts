import Type from 'typebox'
import { defineSettings } from '../../config/fragment.ts'

const share = (value: number, maximum: number, description: string) =>
  Type.Number({ default: value, minimum: 0, maximum, unit: 'ratio', description, answer: false })

export const gateSettings = defineSettings('training.gates', 'What a trained model set must keep to be promoted.', {
  ndcgDropMax: share(
    0.02,
    1,
    'How far the order within a query may fall behind the set in use: the lower 95 % bound of the nDCG difference.',
  ),
  eceMax: share(0.05, 1, 'Largest calibration error of a trained objective.'),
  coverageMin: share(0, 1, 'Smallest share of the catalogue that held-out feeds reach; 0 does not ask.'),
  keepObjectives: Type.Boolean({
    default: true,
    description: 'Whether an objective that the set in use has learned may not be missing.',
    answer: false,
  }),
  queriesMax: Type.Integer({
    default: 1000,
    minimum: 10,
    maximum: 100_000,
    unit: 'queries',
    description: 'Newest held-out queries that both sets are asked, at most.',
    answer: false,
  }),
  rounds: Type.Integer({
    default: 1000,
    minimum: 100,
    maximum: 100_000,
    unit: 'rounds',
    description: 'Resamples of the paired bootstrap.',
    answer: false,
  }),
})
