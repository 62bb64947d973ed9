import Type from 'typebox'
import { defineSettings } from '../../config/fragment.ts'

const day = 86_400_000

export const rerankSettings = defineSettings('rerank', 'From ranked candidates to the slate.', {
  depth: Type.Integer({
    default: 100,
    minimum: 1,
    maximum: 1000,
    unit: 'items',
    description: 'Best-ranked candidates that re-ranking chooses from; what it does not choose is the reserve.',
  }),
  reserve: Type.Integer({
    default: 10,
    minimum: 0,
    maximum: 200,
    unit: 'items',
    description: 'Returned beside the slate, to stand in for items that disappear before the reply is written.',
  }),
})

export const diversitySettings = defineSettings('rerank.diversity', 'Maximal marginal relevance and category rules.', {
  lambda: Type.Number({
    default: 0.85,
    minimum: 0,
    maximum: 1,
    unit: 'ratio',
    description: 'Weight of relevance against similarity to what the slate already holds; 1 is pure relevance.',
  }),
  categoryWeight: Type.Number({
    default: 0.5,
    minimum: 0,
    maximum: 1,
    unit: 'ratio',
    description: 'Share of category overlap in the similarity; the rest is the cosine of content vectors.',
  }),
  maxRun: Type.Integer({
    default: 3,
    minimum: 1,
    maximum: 1000,
    unit: 'items',
    description: 'Longest run of one primary category.',
  }),
  categoryMax: Type.Integer({
    default: 1000,
    minimum: 1,
    maximum: 1000,
    unit: 'items',
    description: 'Most items of one primary category in a slate.',
  }),
  minCategories: Type.Integer({
    default: 2,
    minimum: 0,
    maximum: 1000,
    unit: 'categories',
    description: 'Fewest distinct primary categories in a slate, where the candidates allow it.',
  }),
})

export const freshnessSettings = defineSettings('rerank.freshness', 'The lift of recently released items.', {
  strength: Type.Number({
    default: 0.15,
    minimum: 0,
    maximum: 10,
    unit: 'ratio',
    description: 'An item in its launch window counts this much more.',
  }),
  launchWindowMs: Type.Integer({
    default: 7 * day,
    minimum: 0,
    maximum: 3650 * day,
    unit: 'ms',
    description: 'Age up to which the lift is whole.',
  }),
  halfLifeMs: Type.Integer({
    default: 7 * day,
    minimum: 1000,
    maximum: 3650 * day,
    unit: 'ms',
    description: 'Time in which the lift halves afterwards.',
  }),
})

export const explorationSettings = defineSettings(
  'rerank.exploration',
  'Slots that try what the ranking would not show.',
  {
    rate: Type.Number({
      default: 0.1,
      minimum: 0,
      maximum: 0.5,
      unit: 'ratio',
      description: 'Expected share of positions that explore; one slot in ten stands at the eighth place.',
    }),
    epsilon: Type.Number({
      default: 0.2,
      minimum: 0,
      maximum: 1,
      unit: 'ratio',
      description: 'Share of the draw that is uniform over the pool, which bounds every propensity from below.',
    }),
    temperature: Type.Number({
      default: 0.1,
      minimum: 0.0001,
      maximum: 1000,
      unit: 'value',
      description: 'Softness of the rest of the draw, in the unit of the value.',
    }),
    poolSize: Type.Integer({
      default: 30,
      minimum: 1,
      maximum: 1000,
      unit: 'items',
      description: 'Candidates with the fewest impressions and clicks among the ranked that may be drawn.',
    }),
  },
)
