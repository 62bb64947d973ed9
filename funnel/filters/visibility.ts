import type { Filter } from '../filter.ts'

/** Deleted, hidden, not yet published and expired items. Checked once more when the reply is written. */
export const visibility: Filter = {
  name: 'visibility',
  prepare(query, { items }) {
    const now = query.now
    return (_item, row) =>
      !items.isDeleted(row) && !items.isHidden(row) && !(items.expiresAt(row) <= now) && !(items.publishedAt(row) > now)
  },
}
