import Type from 'typebox'
import type { SettingsOf } from '../../config/fragment.ts'
import type { Source } from '../source.ts'
import { sourceSettings } from '../source-settings.ts'
import { firstWidth } from './nearest.ts'

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

/**
 * Item-to-item co-visitation over lists that every thread reads from shared memory. A history touches thousands of items
 * of which some hundred are wanted: the rest is ranked only when the filters leave too few.
 */
export const itemToItem: Source = {
  name: 'item-to-item',
  kind: 'global',
  settings: itemToItemSettings,
  propose(query, partition, out) {
    if (out.room === 0 || query.historyItem.length === 0) return
    let width = firstWidth(out.room, query.seen.length, partition, out)
    let offered = 0
    for (;;) {
      const related = partition.relatedToHistory(query, width)
      for (; offered < related.count; offered++) if (!out.offer(related.items[offered], related.scores[offered])) return
      if (related.count < width) return
      width *= 4
    }
  },
}
