import type { Filter } from '../filter.ts'
import { containsSorted } from './sorted.ts'

/**
 * Only the categories a request asked for. The list is sorted codes; a request that names only categories nobody has
 * ever used carries the code 0, which no item has, and so gets nothing.
 */
export const category: Filter = {
  name: 'category',
  prepare(query, { items }) {
    const wanted = query.wantedCategories
    if (wanted.length === 0) return null
    return (_item, row) => {
      const count = items.categoryCount(row)
      for (let i = 0; i < count; i++) if (containsSorted(wanted, items.categoryAt(row, i))) return true
      return false
    }
  },
}
