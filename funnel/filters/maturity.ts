import type { Filter } from '../filter.ts'

/**
 * Age limits. The age of a person is the lower bound of the age band; where none is known, the setting
 * `policy.ageWhenUnknown` stands in, already resolved into the request.
 */
export const maturity: Filter = {
  name: 'maturity',
  prepare(query, { items }) {
    const age = query.age
    return (_item, row) => items.maturity(row) <= age
  },
}
