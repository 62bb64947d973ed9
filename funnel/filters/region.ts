import type { Filter } from '../filter.ts'

/**
 * Licensing: an item with a list of regions is shown only there. A person whose region is unknown gets only what is
 * licensed everywhere, because a wrong feed is never a step of degrading.
 */
export const region: Filter = {
  name: 'region',
  prepare(query, { items }) {
    const code = query.region
    const low = code >= 1 && code <= 32 ? (1 << (code - 1)) >>> 0 : 0
    const high = code > 32 ? (1 << (code - 33)) >>> 0 : 0
    return (_item, row) => {
      const licensedLow = items.regionsLow(row)
      const licensedHigh = items.regionsHigh(row)
      if (licensedLow === 0 && licensedHigh === 0) return true
      return (licensedLow & low) !== 0 || (licensedHigh & high) !== 0
    }
  },
}
