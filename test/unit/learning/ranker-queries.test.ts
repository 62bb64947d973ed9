import { describe, expect, it } from 'vitest'
import { Role } from '../../../domain/roles.ts'
import { Engagements } from '../../../learning/engagements.ts'
import type { History } from '../../../learning/history.ts'
import { drawQueries, type RankerQuery } from '../../../learning/ranker-queries.ts'
import { Showings } from '../../../learning/showings.ts'
import { sampleEvent } from '../../fakes/samples.ts'

const minute = 60_000
const limits = { queriesMax: 100, queriesPerUserMax: 100, horizonEvents: 5, sessionGapMs: 30 * minute }
const { impression, click, positive } = Role

type Told = readonly [roles: number, item: string, atMinute: number, requestId?: string]

/** One person's events, numbered from 1. */
function historyOf(...told: readonly Told[]): History {
  const engagements = new Engagements(240 * minute)
  const showings = new Showings(limits.sessionGapMs)
  told.forEach(([roles, item, at, requestId], i) => {
    const event = sampleEvent('u', item, { roles, time: at * minute, requestId })
    engagements.add(event, i + 1, showings.add(event, i + 1))
  })
  return { engagements, showings }
}

const draw = (history: History, from = 0) => drawQueries(history, from, limits, 1)
const plain = ({ seq, wanted, undecided, shown }: RankerQuery) => ({
  seq,
  wanted: Object.fromEntries(wanted),
  undecided: [...undecided],
  shown: [...shown],
})

describe('a query about what a request showed', () => {
  const feed: readonly Told[] = [
    [impression, 'a', 0, 'r1'],
    [impression, 'b', 0, 'r1'],
    [impression, 'c', 0, 'r1'],
    [click, 'b', 1, 'r1'],
    [positive, 'b', 2, 'r1'],
    [click, 'c', 3, 'r1'],
  ]

  it('stands before the first impression of its feed, and there is one of it', () => {
    const all = click | positive
    expect(draw(historyOf(...feed)).map(plain)).toEqual([
      { seq: 1, wanted: { b: all, c: click }, undecided: [], shown: ['a', 'b', 'c'] },
    ])
  })

  it('is left out when the feed began before the engagements that may be asked about', () => {
    const history = historyOf([click, 'x', 0], ...feed.slice(0, 3), [click, 'y', 1], ...feed.slice(3))
    expect(draw(history, 1).map(({ seq }) => seq)).toEqual([2, 5])
    expect(draw(history, 2)).toEqual([])
  })

  it('wants what later feeds of the session were engaged with, and all of its own, however late', () => {
    const history = historyOf(...feed, [impression, 'd', 4, 'r2'], [click, 'd', 5, 'r2'], [click, 'a', 500, 'r1'])
    expect(draw(history)[0].wanted).toEqual(
      new Map([
        ['b', click | positive],
        ['c', click],
        ['d', click],
        ['a', click],
      ]),
    )
  })

  it('does not decide about what an earlier feed had shown', () => {
    const history = historyOf(
      [impression, 'a', 0, 'r1'],
      [impression, 'b', 1, 'r2'],
      [impression, 'a', 1, 'r2'],
      [click, 'a', 2, 'r1'],
      [click, 'b', 3, 'r2'],
    )
    expect(draw(history).map(plain)).toEqual([
      { seq: 1, wanted: { a: click, b: click }, undecided: [], shown: ['a'] },
      { seq: 2, wanted: { b: click }, undecided: ['a'], shown: ['b', 'a'] },
    ])
  })
})

describe('a query about what no request is known to have shown', () => {
  it('stands before the impressions of the item that led up to the engagement', () => {
    const history = historyOf(
      [impression, 'a', 0],
      [impression, 'b', 50],
      [impression, 'a', 51],
      [impression, 'a', 70],
      [click, 'a', 75],
    )
    expect(draw(history).map(plain)).toEqual([{ seq: 3, wanted: { a: click }, undecided: [], shown: [] }])
  })

  it('stands before the feed that showed the item, when only the impressions name it', () => {
    const history = historyOf([impression, 'a', 0, 'r1'], [impression, 'b', 0, 'r1'], [click, 'b', 1])
    expect(draw(history).map(plain)).toEqual([{ seq: 1, wanted: { b: click }, undecided: [], shown: ['a', 'b'] }])
  })

  it('stands before the engagements of one time where there are no impressions', () => {
    const history = historyOf([click, 'a', 0], [click, 'b', 0], [click, 'c', 1], [click, 'd', 90])
    expect(draw(history).map(plain)).toEqual([
      { seq: 1, wanted: { a: click, b: click, c: click }, undecided: [], shown: [] },
      { seq: 3, wanted: { c: click }, undecided: [], shown: [] },
      { seq: 4, wanted: { d: click }, undecided: [], shown: [] },
    ])
  })

  it('looks no further than the horizon', () => {
    const clicks = Array.from({ length: 9 }, (_, i): Told => [click, `i${i}`, i])
    expect(draw(historyOf(...clicks))[0].wanted.size).toBe(limits.horizonEvents)
  })
})
