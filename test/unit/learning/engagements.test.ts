import { describe, expect, it } from 'vitest'
import type { JournalEvent } from '../../../domain/event.ts'
import { Role } from '../../../domain/roles.ts'
import { engagementWeight } from '../../../features/engagement-weight.ts'
import { Engagements } from '../../../learning/engagements.ts'
import { sampleEvent } from '../../fakes/samples.ts'

const minute = 60_000

function read(...events: readonly (readonly [item: string, atMinute: number, roles: number])[]): Engagements {
  const engagements = new Engagements(240 * minute)
  events.forEach(([item, at, roles], i) => {
    const event: JournalEvent = sampleEvent('u', item, { time: at * minute, roles })
    engagements.add(event, i + 1)
  })
  return engagements
}

describe('engagements', () => {
  it('of one person with one item are one: click, finish and like, at the first time, with all roles', () => {
    const { count, times, seqs, roles, weights } = read(
      ['a', 0, Role.click],
      ['b', 1, Role.click],
      ['a', 90, Role.finish],
      ['a', 300, Role.positive],
    )
    const all = Role.click | Role.finish | Role.positive
    expect(count).toBe(2)
    expect([times[0], seqs[0], roles[0]]).toEqual([0, 1, all])
    expect(weights[0]).toBe(engagementWeight(all))
    expect([seqs[1], roles[1]]).toEqual([2, Role.click])
  })

  it('further apart than the window are two', () => {
    const { count, roles } = read(['a', 0, Role.click], ['a', 241, Role.positive], ['a', 242, Role.finish])
    expect(count).toBe(2)
    expect([...roles.subarray(0, 2)]).toEqual([Role.click, Role.positive | Role.finish])
  })

  it('that arrive late still belong together', () => {
    expect(read(['a', 100, Role.positive], ['b', 130, Role.click], ['a', 90, Role.click]).count).toBe(2)
  })

  it('are no impressions', () => {
    expect(read(['a', 0, Role.impression]).count).toBe(0)
  })
})
