import { describe, expect, it } from 'vitest'
import type { JournalEvent } from '../../../domain/event.ts'
import { Role } from '../../../domain/roles.ts'
import { readEventColumns } from '../../../evaluation/event-columns.ts'
import { isBefore, planQueries, type QueryPlan, type QueryPlanOptions } from '../../../evaluation/query-plan.ts'
import { sampleEvent } from '../../fakes/samples.ts'

const minute = 60_000
const liked = Role.click | Role.positive
const start = Date.UTC(2024, 0, 1)

const options: QueryPlanOptions = {
  seed: 1,
  trainShare: 0.5,
  queriesPerUserMax: 100,
  usersMax: 100,
  sessionGapMs: 30 * minute,
}

/** Events at minutes after the start, in journal order. */
function plan(events: readonly (readonly [user: string, item: string, minutes: number, roles: number])[], more = {}) {
  const journal = events.map(([user, item, minutes, roles], i) => ({
    seq: i + 1,
    record: { kind: 'event', at: 0, event: eventAt(user, item, minutes, roles) } as const,
  }))
  const columns = readEventColumns(journal)
  return { columns, plan: planQueries(columns, { ...options, ...more }) }
}

function eventAt(user: string, item: string, minutes: number, roles: number): JournalEvent {
  return sampleEvent(user, item, { time: start + minutes * minute, roles })
}

/** What is asked before each event number, as `kind user: items`. */
function asked({ columns, plan: { queries } }: { columns: ReturnType<typeof readEventColumns>; plan: QueryPlan }) {
  return Object.fromEntries(
    [...queries].map(([seq, list]) => [
      seq,
      list.map(({ kind, user, relevant }) => {
        return `${kind} ${columns.userIds[user]}: ${relevant.map(item => columns.itemIds[item]).join(' ')}`
      }),
    ]),
  )
}

describe('planning the queries of a walk', () => {
  it('asks before the first event of each second, and before each session', () => {
    const planned = plan(
      [
        ['u', 'old', 0, liked],
        ['v', 'old', 1, liked],
        ['u', 'b', 100, liked],
        ['u', 'c', 100, liked],
        ['u', 'd', 110, liked],
        ['u', 'e', 200, liked],
      ],
      { trainShare: 0.34 },
    )
    expect(planned.plan.trainEvents).toBe(2)
    expect(asked(planned)).toEqual({
      3: ['group u: b c', 'session u: b c d'],
      5: ['group u: d'],
      6: ['group u: e', 'session u: e'],
    })
  })

  it('counts as relevant what was liked, not what was only met', () => {
    const planned = plan(
      [
        ['u', 'old', 0, liked],
        ['u', 'b', 100, Role.click],
        ['u', 'c', 101, Role.click | Role.negative],
        ['u', 'd', 102, liked],
      ],
      { trainShare: 0.25 },
    )
    expect(asked(planned)).toEqual({ 2: ['session u: d'], 4: ['group u: d'] })
  })

  it('leaves out what the person had engaged with before the query, which no order could find', () => {
    const planned = plan(
      [
        ['u', 'old', 0, Role.click],
        ['u', 'old', 100, liked],
        ['u', 'b', 101, Role.click],
        ['u', 'b', 102, liked],
      ],
      { trainShare: 0.25 },
    )
    // `b` was clicked within the session and before the second in which it was liked.
    expect(asked(planned)).toEqual({ 2: ['session u: b'] })
  })

  it('splits by time and then by journal order, whatever order the events came in', () => {
    const { plan: planned } = plan([
      ['u', 'late', 50, liked],
      ['u', 'a', 1, liked],
      ['u', 'b', 2, liked],
      ['u', 'c', 50, liked],
    ])
    expect(planned.cut).toEqual({ time: start + 50 * minute, seq: 1 })
    expect([...planned.window]).toEqual([0, 3])
    expect(isBefore(start + 2 * minute, 3, planned.cut)).toBe(true)
    expect(isBefore(start + 50 * minute, 4, planned.cut)).toBe(false)
  })

  it('asks at most so many queries of one kind of a person, and the same ones again', () => {
    const history = Array.from({ length: 40 }, (_, i) => ['u', `i${i}`, i * 60, liked] as const)
    const few = () => plan(history, { queriesPerUserMax: 3, trainShare: 0.1 })
    expect(few().plan.queryCounts).toEqual({ group: 3, session: 3 })
    expect(asked(few())).toEqual(asked(few()))
    const others = plan(history, { queriesPerUserMax: 3, trainShare: 0.1, seed: 2 })
    expect(asked(others)).not.toEqual(asked(few()))
  })

  it('asks about at most so many people', () => {
    const history = Array.from({ length: 40 }, (_, i) => [`u${i % 10}`, `i${i}`, i, liked] as const)
    expect(plan(history, { usersMax: 4 }).plan.usersAsked).toBe(4)
  })

  it('refuses a history that is too short to split', () => {
    expect(() => plan([['u', 'a', 0, liked]])).toThrow(/1 events cannot be split/)
  })
})
