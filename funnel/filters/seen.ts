import type { Filter } from '../filter.ts'
import { containsSorted } from './sorted.ts'

/** What the person engaged with, or was shown often enough without a click, does not come again. */
export const seen: Filter = {
  name: 'seen',
  prepare(query) {
    const items = query.seen
    return items.length === 0 ? null : item => !containsSorted(items, item)
  },
}
