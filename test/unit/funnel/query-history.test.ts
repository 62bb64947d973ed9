import { describe, expect, it } from 'vitest'
import { Role } from '../../../domain/roles.ts'
import { buildUserView } from '../../../features/user-view.ts'
import { queryHistory, queryKey } from '../../../funnel/hydrators/query-history.ts'
import { pauseColumn } from '../../../models/two-tower/user-features.ts'
import { catalogOf, sampleItems } from '../../fakes/samples.ts'
import { smallSettings } from '../features/arbitraries.ts'

const minuteMs = 60_000
const now = 1_700_000_400_000
const catalog = catalogOf(sampleItems(3))
const versions = { generation: 1, tablesVersion: 1, querySeq: 3 }
const request = { region: 0, language: 0, device: 0, deviceClassOf: () => 0 }

/** The view of a person with these engagements, the newest first. */
function viewOf(...engagements: readonly (readonly [minutesAgo: number, roles: number])[]) {
  return {
    ...buildUserView(undefined, request, now, smallSettings),
    historyItem: Uint32Array.from(engagements.keys()),
    historyTime: Float64Array.from(engagements, ([minutesAgo]) => now - minutesAgo * minuteMs),
    historyRoles: Uint8Array.from(engagements, ([, roles]) => roles),
  }
}

describe('what query vectors follow from', () => {
  it('holds how long ago the newest engagement was, leaving out dislikes', () => {
    const columns = (...engagements: readonly (readonly [number, number])[]) => [
      ...queryHistory(viewOf(...engagements), versions, catalog).profileColumns,
    ]
    expect(columns([5, Role.click])).toEqual([pauseColumn(5 * minuteMs)])
    expect(columns([45, Role.click], [50, Role.click])).toEqual([pauseColumn(45 * minuteMs)])
    expect(columns([5, Role.negative], [45, Role.click])).toEqual([pauseColumn(45 * minuteMs)])
    expect(pauseColumn(45 * minuteMs)).not.toBe(pauseColumn(5 * minuteMs))
  })

  it('holds no pause where there is nothing since which it could be', () => {
    for (const view of [viewOf(), viewOf([5, Role.negative])])
      expect([...queryHistory(view, versions, catalog).profileColumns]).toEqual([])
  })

  it('keeps vectors within a visit, and not over its end', () => {
    expect(queryKey(viewOf([5, Role.click]))).toBe(queryKey(viewOf([20, Role.click])))
    expect(queryKey(viewOf([45, Role.click]))).not.toBe(queryKey(viewOf([20, Role.click])))
    expect(queryKey(viewOf())).not.toBe(queryKey(viewOf([20, Role.click])))
  })
})
