import Type from 'typebox'
import { defineSettings } from '../config/fragment.ts'

const hour = 3_600_000

export const countersSettings = defineSettings('counters', 'Item counters, trending and popular lists.', {
  epochIntervalMs: Type.Integer({
    default: 1000,
    minimum: 10,
    maximum: hour,
    unit: 'ms',
    description: 'How often changed counters are published to all threads.',
    answer: false,
  }),
  trendingHalfLifeMs: Type.Integer({
    default: 72 * hour,
    minimum: 60_000,
    maximum: 87_600 * hour,
    unit: 'ms',
    description: 'After this time an engagement counts half in what is trending.',
  }),
  popularHalfLifeMs: Type.Integer({
    default: 8760 * hour,
    minimum: 60_000,
    maximum: 876_000 * hour,
    unit: 'ms',
    description: 'The same for what is popular over the long run.',
  }),
  sketchCapacity: Type.Integer({
    default: 4000,
    minimum: 10,
    maximum: 1_000_000,
    unit: 'items',
    description: 'Items counted towards each list everywhere.',
  }),
  segmentSketchCapacity: Type.Integer({
    default: 1000,
    minimum: 10,
    maximum: 1_000_000,
    unit: 'items',
    description: 'Items counted towards the list of each segment.',
  }),
  segmentsMax: Type.Integer({
    default: 512,
    minimum: 1,
    maximum: 65_536,
    unit: 'segments',
    description: 'Segments that have a list; people of further ones get what is trending everywhere.',
  }),
  segmentsPerEpochMax: Type.Integer({
    default: 32,
    minimum: 1,
    maximum: 65_536,
    unit: 'segments',
    description:
      'Lists of segments made anew per epoch, those first that have waited longest for their new engagements.',
  }),
  listLength: Type.Integer({
    default: 1000,
    minimum: 1,
    maximum: 100_000,
    unit: 'items',
    description: 'Length of each published list.',
  }),
  recentEngagements: Type.Integer({
    default: 65_536,
    minimum: 1,
    maximum: 10_000_000,
    unit: 'engagements',
    description: 'Window in which an event that is sent again, or a role of the same engagement, is not counted again.',
  }),
})
