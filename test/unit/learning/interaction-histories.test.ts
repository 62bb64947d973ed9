import { expect, it } from 'vitest'
import type { JournalEvent } from '../../../domain/event.ts'
import { Role } from '../../../domain/roles.ts'
import { Engagements } from '../../../learning/engagements.ts'
import { historiesOf } from '../../../learning/interaction-histories.ts'

const minute = 60_000

function engagementsOf(events: readonly [user: string, item: string, time: number, roles: number][]): Engagements {
  const engagements = new Engagements(minute)
  events.forEach(([user, item, time, roles], i) => {
    engagements.add({ user, item, time: time * 10 * minute, roles } as JournalEvent, i + 1)
  })
  return engagements
}

it('a history holds what was engaged with in time order, late events in their place, without dislikes', () => {
  const engagements = engagementsOf([
    ['a', 'x', 3, Role.click],
    ['b', 'y', 1, Role.click],
    ['a', 'y', 1, Role.click],
    ['a', 'z', 2, Role.negative],
    ['a', 'x', 4, Role.finish],
    ['b', 'x', 9, Role.click],
  ])
  const { histories, weights } = historiesOf(engagements, 5)
  const { users, items, offsets, itemOf, timeOf } = histories
  const [x, y] = ['x', 'y'].map(id => engagements.itemIds.indexOf(id))
  expect([users, items]).toEqual([2, 3])
  expect([...offsets]).toEqual([0, 3, 4])
  expect([...itemOf]).toEqual([y, x, x, y])
  expect([...weights]).toEqual([1, 1, 1.5, 1])
  expect([...timeOf].map(time => time / (10 * minute))).toEqual([1, 3, 4, 1])
})
