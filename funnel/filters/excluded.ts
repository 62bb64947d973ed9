import type { Filter } from '../filter.ts'
import { containsSorted } from './sorted.ts'

/** Ids the request itself asked to leave out. */
export const excluded: Filter = {
  name: 'excluded',
  prepare(query) {
    const items = query.excluded
    return items.length === 0 ? null : item => !containsSorted(items, item)
  },
}
