import Type from 'typebox'
import type { Source } from '../source.ts'
import { sourceSettings } from '../source-settings.ts'
import { offerByPlace } from './trending.ts'

export const popularSettings = sourceSettings(
  'popular',
  'Items with the most engagement over the long run.',
  { budget: 80, weight: 0.5 },
  {
    scanMax: Type.Integer({
      default: 20_000,
      minimum: 0,
      maximum: 10_000_000,
      unit: 'items',
      description: 'Where too little of what is popular passes the filters, the latest items that are looked through.',
    }),
  },
)

/**
 * What most people engaged with over the long run, and behind that whatever else there is, the latest items first: the
 * last resort, so that a feed is never empty while items pass the filters.
 */
export const popular: Source = {
  name: 'popular',
  kind: 'global',
  settings: popularSettings,
  propose(_query, partition, out) {
    const list = partition.popular.popular
    offerByPlace(list, 0, list.items.length, out)
    const { itemCount } = partition.items
    const { scanMax } = partition.settings.of(popularSettings)
    for (let i = 0; i < Math.min(itemCount, scanMax); i++) {
      if (!out.offer(itemCount - 1 - i, 1 / (1 + list.items.length + i))) return
    }
  },
}
