import Type from 'typebox'
import type { SettingsOf } from '../../config/fragment.ts'
import type { Source } from '../source.ts'
import { sourceSettings } from '../source-settings.ts'

export const itemToItemSettings = sourceSettings(
  'item-to-item',
  'Items watched together with what the person watched lately; recent items weigh more.',
  { budget: 200, weight: 1.5 },
  {
    recentItems: Type.Integer({
      default: 30,
      minimum: 1,
      maximum: 200,
      unit: 'items',
      description: 'How many of the most recent engagements look up their neighbours.',
    }),
    decayItems: Type.Number({
      default: 8,
      minimum: 0.5,
      maximum: 1000,
      unit: 'items',
      description: 'Steps back in history after which an engagement weighs half.',
    }),
  },
)

export type ItemToItemSettings = SettingsOf<typeof itemToItemSettings>

/** Item-to-item co-visitation over lists that every thread reads from shared memory. */
export const itemToItem: Source = {
  name: 'item-to-item',
  kind: 'global',
  settings: itemToItemSettings,
  propose(query, partition, out) {
    const related = partition.relatedToHistory(query)
    for (let i = 0; i < related.count; i++) if (!out.offer(related.items[i], related.scores[i])) return
  },
}
