import { describe, expect, it } from 'vitest'
import { historiesUntil, type InteractionData } from '../../../../evaluation/two-tower/interaction-data.ts'
import { historiesOfQueries, planOfflineQueries } from '../../../../evaluation/two-tower/offline-queries.ts'

/** user, item, time, liked */
const rows = [
  [0, 0, 10, 1],
  [1, 1, 20, 0],
  [0, 2, 30, 1],
  [0, 3, 30, 0],
  [0, 4, 30, 1],
  [1, 0, 40, 1],
  [0, 1, 50, 0],
  [0, 0, 1050, 1],
  [0, 5, 1060, 1],
] as const
const column = (at: number) => rows.map(row => row[at])
const data: InteractionData = {
  items: Array.from({ length: 6 }, (_, item) => ({ id: `t${item}`, title: '', categories: [], creators: [] })),
  users: [{ id: 'a' }, { id: 'b' }],
  user: Uint32Array.from(column(0)),
  item: Uint32Array.from(column(1)),
  time: Float64Array.from(column(2)),
  weight: Float32Array.from(column(3), liked => 1 + liked),
  liked: Uint8Array.from(column(3)),
}
const options = { seed: 1, queriesPerUserMax: 9 }

describe('queries of the offline comparison', () => {
  it('stand before the interactions of one moment, and want what was liked in it and not met before', () => {
    const queries = planOfflineQueries(data, 2, rows.length, { ...options, sessionGapMs: 0 })
    expect(queries.map(({ user, row, relevant }) => [user, row, relevant])).toEqual([
      [0, 2, [2, 4]],
      [1, 5, [0]],
      [0, 8, [5]],
    ])
  })

  it('stand at the beginning of a session, and end at a pause', () => {
    const queries = planOfflineQueries(data, 2, rows.length, { ...options, sessionGapMs: 100 })
    expect(queries.map(({ user, row, relevant }) => [user, row, relevant])).toEqual([
      [0, 2, [2, 4]],
      [1, 5, [0]],
      [0, 7, [5]],
    ])
  })

  it('know what the person did before them and nothing of what comes after', () => {
    const queries = planOfflineQueries(data, 2, rows.length, { ...options, sessionGapMs: 0 })
    const { offsets, itemOf, timeOf, weightOf } = historiesOfQueries(data, queries)
    expect([...offsets]).toEqual([0, 1, 2, 8])
    expect([...itemOf]).toEqual([0, 1, 0, 2, 3, 4, 1, 0])
    expect([...weightOf]).toEqual([2, 1, 2, 2, 1, 2, 1, 2])
    for (const [place, query] of queries.entries()) {
      const times = timeOf.subarray(offsets[place], offsets[place + 1])
      expect(times.every(time => time < query.time)).toBe(true)
    }
  })

  it('are at most so many per person, the same for the same seed', () => {
    const few = { seed: 4, sessionGapMs: 0, queriesPerUserMax: 1 }
    const queries = planOfflineQueries(data, 2, rows.length, few)
    expect(queries.map(({ user }) => user).sort()).toEqual([0, 1])
    expect(planOfflineQueries(data, 2, rows.length, few)).toEqual(queries)
  })
})

describe('histories until a row', () => {
  it('hold the interactions before it by person, oldest first', () => {
    const { offsets, itemOf } = historiesUntil(data, 5)
    expect([...offsets]).toEqual([0, 4, 5])
    expect([...itemOf]).toEqual([0, 2, 3, 4, 1])
  })
})
