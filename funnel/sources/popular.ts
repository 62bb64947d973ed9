import type { Source } from '../source.ts'
import { sourceSettings } from '../source-settings.ts'
import { offerByPlace } from './trending.ts'

/** What most people engaged with over the long run: the last resort, so a feed is never empty while items exist. */
export const popular: Source = {
  name: 'popular',
  kind: 'global',
  settings: sourceSettings('popular', 'Items with the most engagement over the long run.', { budget: 80, weight: 0.5 }),
  propose(_query, partition, out) {
    const list = partition.popular.popular
    offerByPlace(list, 0, list.items.length, out)
  },
}
