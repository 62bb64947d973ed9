import Type from 'typebox'
import { type AnyFragment, defineSettings } from '../config/fragment.ts'
import { countersSettings } from '../funnel/counters-settings.ts'
import { funnelFragments } from '../funnel/fragments.ts'
import { gateSettings } from './gates/settings.ts'

// What is trained with reaches an answer through the model set, which every feed names.
const share = (value: number, description: string) =>
  Type.Number({ default: value, minimum: 0.01, maximum: 0.9, unit: 'ratio', description, answer: false })
const count = (value: number, unit: string, description: string, minimum = 1, maximum = 100_000_000) =>
  Type.Integer({ default: value, minimum, maximum, unit, description, answer: false })
const number = (value: number, unit: string, description: string, minimum: number, maximum: number) =>
  Type.Number({ default: value, minimum, maximum, unit, description, answer: false })

export const trainingSettings = defineSettings('training', 'What a model set is trained on.', {
  rankerShare: share(
    0.25,
    'Newest share of the engagements that the ranker learns from; retrieval for it sees only the rest.',
  ),
  calibrationShare: share(0.2, 'Newest share of the ranker’s queries, held out for calibration and early stopping.'),
  queriesMax: count(8_000, 'queries', 'Queries that the ranker learns from at most.'),
  queriesPerUserMax: count(40, 'queries', 'Of these, at most so many of one person.'),
  sessionStartShare: number(
    0.3,
    'ratio',
    'Of these, so many at the beginning of a session where there are enough; 0 draws as they come, mostly within one.',
    0,
    1,
  ),
  groupSize: count(64, 'rows', 'Rows per query: what was engaged with, and a sample of the other candidates.', 8, 1024),
  randomNegatives: count(
    2,
    'rows',
    'Of the sample, rows that training sees where it is known what was shown; where it is not, it sees all.',
    0,
  ),
  positivesMax: count(16, 'rows', 'Rows of a query that were engaged with, at most.'),
  horizonEvents: count(20, 'engagements', 'How many of the next engagements of the same session count as wanted.'),
  engagementsMin: count(200, 'engagements', 'With fewer, nothing is trained.'),
})

export const ialsSettings = defineSettings('training.ials', 'Collaborative vectors by alternating least squares.', {
  dimension: count(64, 'numbers', 'Length of a vector.', 4, 512),
  epochs: count(12, 'epochs', 'Sweeps over all people and items.', 1, 1000),
  regularisation: number(0.003, 'ratio', 'λ of the loss.', 0, 1000),
  frequencyExponent: number(
    1,
    'ratio',
    'ν: 1 regularises in proportion to the number of entries, 0 all rows alike.',
    0,
    2,
  ),
  unobservedWeight: number(0.1, 'ratio', 'α₀, the weight of a pair that nobody has seen.', 0.000001, 100),
})

const refitShare = number(
  0.5,
  'ratio',
  'Share of the epochs that a fit takes which goes on from what one on older histories ended with.',
  0.01,
  1,
)

export const sequenceModelSettings = defineSettings('training.sequence', 'Self-attention over the history.', {
  enabled: Type.Boolean({ default: true, description: 'Whether the sequence model is trained.', answer: false }),
  width: count(64, 'numbers', 'Length of a vector.', 8, 512),
  blocks: count(2, 'blocks', 'Layers of attention.', 1, 16),
  heads: count(2, 'heads', 'Heads of an attention; they divide the width.', 1, 16),
  maxLength: count(100, 'items', 'Newest items of a history that it looks at.', 2, 1000),
  dropout: number(0.2, 'ratio', 'Share of the hidden values dropped in training.', 0, 0.9),
  learningRate: number(0.002, 'ratio', 'Largest step of the optimiser.', 0.000001, 1),
  epochs: count(25, 'epochs', 'Passes over the histories at most.', 1, 1000),
  positionsMax: count(
    3_000_000,
    'interactions',
    'Interactions that one fit looks at over all its epochs: what bounds its time. A history too large for one epoch leaves the model out.',
  ),
  refitShare,
})

export const twoTowerSettings = defineSettings('training.twoTower', 'Towers over content, histories and profiles.', {
  enabled: Type.Boolean({ default: true, description: 'Whether the two towers are trained.', answer: false }),
  dimension: count(64, 'numbers', 'Length of a vector.', 8, 512),
  itemHidden: count(128, 'units', 'Width of the hidden layer of the item tower.', 8, 4096),
  userHidden: count(128, 'units', 'Width of the hidden layer of the user tower.', 8, 4096),
  strategy: Type.Union(
    [Type.Literal('random'), Type.Literal('in-batch'), Type.Literal('hard'), Type.Literal('mixed')],
    {
      default: 'mixed',
      description:
        'What a positive is compared with: drawn items, the others of the batch, near ones, or 80 to 20 of each.',
      answer: false,
    },
  ),
  logQ: Type.Boolean({
    default: true,
    description: 'Whether it is taken back that popular items are negatives more often.',
    answer: false,
  }),
  batchSize: count(1024, 'examples', 'Examples per step.', 8, 65_536),
  negatives: count(1024, 'items', 'Items per step beside those of the batch.', 0, 65_536),
  epochs: count(10, 'epochs', 'Passes over the examples.', 1, 1000),
  refitShare,
  examplesPerEpoch: count(100_000, 'examples', 'Examples drawn for one pass, at most.'),
  learningRate: number(0.004, 'ratio', 'Largest step of the optimiser.', 0.000001, 1),
})

export const contentSettings = defineSettings('training.content', 'Content vectors from text and metadata.', {
  dimension: count(64, 'numbers', 'Length of a vector.', 4, 512),
  buckets: Type.Union([Type.Literal(4096), Type.Literal(16_384), Type.Literal(65_536)], {
    default: 16_384,
    description: 'Hash buckets of the vocabulary, a power of two.',
    answer: false,
  }),
})

export const coVisitationSettings = defineSettings('training.coVisitation', 'Item-to-item lists.', {
  neighbours: count(200, 'items', 'Length of a list.', 1, 5000),
  windowInteractions: count(10, 'positions', 'Largest distance of a pair in a history.', 1, 1000),
  windowMs: count(30 * 86_400_000, 'ms', 'Largest distance of a pair in time.', 1000, 3650 * 86_400_000),
  positionDecay: number(0.8, 'ratio', 'Factor per further position between the two.', 0.01, 1),
  backwardWeight: number(0.2, 'ratio', 'What a pair counts against the direction of time.', 0, 1),
  ownPopularityExponent: number(0.8, 'ratio', 'How far the popularity of the list’s own item is divided out.', 0, 2),
  neighbourPopularityExponent: number(0.4, 'ratio', 'The same for the neighbour.', 0, 2),
})

export const rankerSettings = defineSettings('training.ranker', 'The multi-objective ranker.', {
  members: count(4, 'mixtures', 'Mixtures side by side in the model, whose logits are averaged.', 1, 32),
  experts: count(2, 'experts', 'Experts of each mixture.', 1, 64),
  expertWidth: count(32, 'units', 'Width of an expert’s two layers.', 4, 1024),
  towerWidth: count(16, 'units', 'Width of the tower of each objective.', 4, 1024),
  epochs: count(12, 'epochs', 'Passes over the rows at most.', 1, 1000),
  patience: count(2, 'epochs', 'Passes without a better held-out loss after which training ends.', 1, 1000),
  batchRows: count(2048, 'rows', 'Rows per step.', 64, 1_000_000),
  learningRate: number(0.002, 'ratio', 'Largest step of the optimiser.', 0.000001, 1),
  listwiseWeight: number(1, 'ratio', 'Weight of the listwise loss on clicks within a query.', 0, 100),
  dropout: number(0.2, 'ratio', 'Share of expert outputs dropped in training.', 0, 0.9),
  placesMax: count(
    50,
    'places',
    'Places of a feed whose position bias training tells apart; later ones share one, and 1 leaves position bias out.',
    1,
    1000,
  ),
  int8: Type.Boolean({
    default: false,
    description:
      'Whether the ranker serves in INT8: half as long again as fast, with what docs/decisions/int8.md says it costs.',
    answer: false,
  }),
})

export const learningFragments: readonly AnyFragment[] = [
  trainingSettings,
  ialsSettings,
  twoTowerSettings,
  sequenceModelSettings,
  contentSettings,
  coVisitationSettings,
  rankerSettings,
  gateSettings,
]

/** Everything that a trainer reads of the settings. */
export const trainerFragments: readonly AnyFragment[] = [...funnelFragments, countersSettings, ...learningFragments]
