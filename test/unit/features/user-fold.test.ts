import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Role } from '../../../domain/roles.ts'
import { Affinity, affinityWidth } from '../../../features/affinity.ts'
import type { FoldedEvent } from '../../../features/folded-event.ts'
import type { FeatureSettings } from '../../../features/settings.ts'
import { applyEvent, applyProfile } from '../../../features/user-fold.ts'
import { Engagement, engagementWidth, Scalar, UserList, UserState } from '../../../features/user-state.ts'
import { encodeUserState } from '../../../features/user-state-codec.ts'
import { catalogue, eventsArbitrary, smallSettings } from './arbitraries.ts'
import { defaultSettings, event, type FakeItem, FakeItems } from './fakes.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const start = 1_700_000_000_000
const clicked = Role.click
const finished = Role.click | Role.finish

const items = new FakeItems(
  Array.from({ length: 50 }, (_, i): FakeItem => ({ categories: [1 + i], creators: [500 + i] })),
)

function fold(events: readonly FoldedEvent[], settings: FeatureSettings = defaultSettings, reader = items): UserState {
  const state = new UserState()
  for (const event of events) applyEvent(state, event, reader, settings)
  return state
}

function historyOf({ records }: UserState) {
  return Array.from({ length: records.length(UserList.history) }, (_, i) => {
    const at = records.offset(UserList.history) + i * engagementWidth
    const [item, roles, time, value] = [Engagement.item, Engagement.roles, Engagement.time, Engagement.value].map(
      field => records.data[at + field],
    )
    return { item, roles, time, value }
  })
}

function affinityOf({ records }: UserState, list: number, code: number): number[] | undefined {
  for (let i = 0; i < records.length(list); i++) {
    const at = records.offset(list) + i * affinityWidth
    if (records.data[at + Affinity.code] === code) return [...records.data.subarray(at + 1, at + affinityWidth)]
  }
  return undefined
}

describe('applying an event', () => {
  it('tells a duplicate from an applied event and leaves the state as it was', () => {
    const state = fold([event({ seq: 1, item: 3, roles: clicked, time: start })])
    const before = encodeUserState(state)
    const again = event({ seq: 2, item: 4, roles: finished, time: start + 1, eventIdHash: 7919 })
    expect(applyEvent(state, again, items, defaultSettings)).toBe('duplicate')
    expect(encodeUserState(state)).toEqual(before)
  })

  it('knows an id only within the window', () => {
    const settings = { ...defaultSettings, eventIdWindow: 2 }
    const state = fold(
      [1, 2, 3].map(seq => event({ seq, item: seq, roles: clicked, time: start })),
      settings,
    )
    const repeat = (seq: number, id: number) =>
      applyEvent(state, event({ seq, item: 9, roles: clicked, time: start, eventIdHash: id * 7919 }), items, settings)
    expect(repeat(4, 3)).toBe('duplicate')
    expect(repeat(5, 1)).toBe('applied')
  })

  it('refuses an item that does not exist, is deleted, or came later in the journal', () => {
    const reader = new FakeItems([{}, { deleted: true }], 10)
    const state = new UserState()
    const before = encodeUserState(state)
    const apply = (item: number, seq: number) =>
      applyEvent(state, event({ seq, item, roles: clicked, time: start }), reader, defaultSettings)
    expect(apply(2, 11)).toBe('unknown-item')
    expect(apply(-1, 11)).toBe('unknown-item')
    expect(apply(1, 11)).toBe('unknown-item')
    expect(apply(0, 9)).toBe('unknown-item')
    expect(encodeUserState(state)).toEqual(before)
    expect(apply(0, 10)).toBe('applied')
    expect(state.userSeq).toBe(10)
  })

  it('gives the same bytes for the same events', () => {
    fc.assert(
      fc.property(eventsArbitrary, events => {
        const once = encodeUserState(fold(events, smallSettings, catalogue))
        expect(encodeUserState(fold(events, smallSettings, catalogue))).toEqual(once)
      }),
    )
  })

  it('keeps every number finite, and every list within its limit, however late or absurd the events', () => {
    fc.assert(
      fc.property(eventsArbitrary, events => {
        const state = fold(events, smallSettings, catalogue)
        const { records } = state
        const lengths = Object.values(UserList).map(list => records.length(list))
        expect(lengths[UserList.history]).toBeLessThanOrEqual(smallSettings.historyLength)
        expect(lengths[UserList.eventIds]).toBeLessThanOrEqual(smallSettings.eventIdWindow)
        expect(lengths[UserList.impressions]).toBeLessThanOrEqual(smallSettings.impressionCapacity)
        expect(lengths[UserList.categories]).toBeLessThanOrEqual(smallSettings.categoryCapacity)
        expect(lengths[UserList.creators]).toBeLessThanOrEqual(smallSettings.creatorCapacity)
        expect(state.seen.size).toBeLessThanOrEqual(smallSettings.seenLimit)
        for (const list of [UserList.categories, UserList.creators]) {
          const weights = records.data.subarray(
            records.offset(list),
            records.offset(list) + lengths[list] * affinityWidth,
          )
          expect(weights.every(weight => Number.isFinite(weight) && weight >= 0)).toBe(true)
        }
        for (const scalar of [Scalar.yearMean, Scalar.yearWeight, Scalar.yearSquares, Scalar.valueSum]) {
          expect(Number.isFinite(state.get(scalar))).toBe(true)
        }
      }),
    )
  })
})

describe('the history', () => {
  it('keeps click, finish and like of one play as one engagement with the newest value', () => {
    const state = fold([
      event({ seq: 1, item: 1, roles: clicked, time: start }),
      event({ seq: 2, item: 2, roles: clicked, time: start + minute }),
      event({ seq: 3, item: 1, roles: finished, time: start + 110 * minute, value: 3 }),
      event({ seq: 4, item: 1, roles: Role.positive, time: start + 111 * minute, value: 5 }),
    ])
    expect(historyOf(state)).toEqual([
      { item: 2, roles: clicked, time: start + minute, value: Number.NaN },
      { item: 1, roles: finished | Role.positive, time: start + 111 * minute, value: 5 },
    ])
    expect(state.get(Scalar.clicks)).toBe(2)
    expect(state.get(Scalar.valueCount)).toBe(1)
    expect(state.get(Scalar.valueSum)).toBe(5)
    expect(state.get(Scalar.engagements)).toBe(2)
  })

  it('begins a new engagement when the same item comes back in another session', () => {
    const state = fold([
      event({ seq: 1, item: 1, roles: clicked, time: start }),
      event({ seq: 2, item: 1, roles: clicked, time: start + day }),
    ])
    expect(historyOf(state).map(entry => entry.time)).toEqual([start, start + day])
    expect(state.get(Scalar.clicks)).toBe(2)
  })

  it('keeps one engagement through a session longer than the window', () => {
    const settings = { ...defaultSettings, engagementWindowMs: 40 * minute }
    const state = fold(
      [0, 20, 40, 60].map((at, i) => event({ seq: i + 1, item: i % 3, roles: clicked, time: start + at * minute })),
      settings,
    )
    expect(historyOf(state).map(entry => entry.item)).toEqual([1, 2, 0])
  })

  it('stands in journal order, a late event last and with its own time', () => {
    const state = fold([
      event({ seq: 1, item: 1, roles: clicked, time: start + day }),
      event({ seq: 2, item: 2, roles: clicked, time: start }),
    ])
    expect(historyOf(state).map(({ item, time }) => [item, time])).toEqual([
      [1, start + day],
      [2, start],
    ])
    expect(state.get(Scalar.lastAt)).toBe(start + day)
    expect(state.get(Scalar.firstAt)).toBe(start)
  })

  it('keeps the newer time of an engagement that a late event joins', () => {
    const state = fold([
      event({ seq: 1, item: 1, roles: clicked, time: start }),
      event({ seq: 2, item: 1, roles: Role.positive, time: start - hour }),
    ])
    expect(historyOf(state)).toEqual([{ item: 1, roles: clicked | Role.positive, time: start, value: Number.NaN }])
  })

  it('finds the engagement to merge with whether or not the seen set is the longer memory', () => {
    fc.assert(
      fc.property(eventsArbitrary, events => {
        const long = fold(events, { ...smallSettings, seenLimit: 12 }, catalogue)
        const short = fold(events, { ...smallSettings, seenLimit: 11 }, catalogue)
        expect(historyOf(long)).toEqual(historyOf(short))
      }),
    )
  })
})

describe('sessions', () => {
  it('start after a pause, and count engagements and impressions', () => {
    const seen = Role.impression
    const state = fold([
      event({ seq: 1, item: 1, roles: clicked, time: start }),
      event({ seq: 2, item: 2, roles: seen, time: start + 29 * minute }),
      event({ seq: 3, item: 3, roles: seen, time: start + 60 * minute }),
      event({ seq: 4, item: 3, roles: clicked, time: start + 61 * minute }),
      event({ seq: 5, item: 4, roles: clicked, time: start + 2 * minute }),
    ])
    expect(state.get(Scalar.sessions)).toBe(2)
    expect(state.get(Scalar.sessionStart)).toBe(start + 60 * minute)
    expect(state.get(Scalar.sessionEngagements)).toBe(1)
    expect(state.get(Scalar.sessionImpressions)).toBe(1)
  })
})

describe('affinities', () => {
  it('halve every half-life and weigh a late event by its age', () => {
    const state = fold([
      event({ seq: 1, item: 0, roles: clicked, time: start }),
      event({ seq: 2, item: 1, roles: clicked | Role.positive, time: start + 30 * day }),
      event({ seq: 3, item: 2, roles: Role.negative, time: start }),
    ])
    expect(affinityOf(state, UserList.categories, 1)![0]).toBeCloseTo(0.5, 12)
    expect(affinityOf(state, UserList.categories, 2)).toEqual([1, 1, 0])
    expect(affinityOf(state, UserList.creators, 502)![2]).toBeCloseTo(0.5, 12)
  })

  it('give the place of the smallest to a new one, of equals the one met first', () => {
    const settings = { ...defaultSettings, categoryCapacity: 2 }
    const click = (seq: number, item: number, time: number) => event({ seq, item, roles: clicked, time })
    const decayed = fold([click(1, 0, start), click(2, 1, start + day), click(3, 2, start + day)], settings)
    expect(affinityOf(decayed, UserList.categories, 1)).toBeUndefined()
    const tied = fold([click(1, 5, start), click(2, 0, start), click(3, 2, start)], settings)
    expect(affinityOf(tied, UserList.categories, 6)).toBeUndefined()
    expect(affinityOf(tied, UserList.categories, 1)).toEqual([1, 0, 0])
  })

  it('count a role of one engagement once', () => {
    const state = fold([
      event({ seq: 1, item: 0, roles: clicked, time: start }),
      event({ seq: 2, item: 0, roles: finished, time: start }),
    ])
    expect(affinityOf(state, UserList.categories, 1)).toEqual([1, 0, 0])
    expect(state.gained).toBe(Role.finish)
  })

  it('keep the mean publication year of what was engaged with', () => {
    const years = [1990, 2010].map(year => ({ publishedAt: (year - 1970) * 365.2425 * day }))
    const reader = new FakeItems([...years, {}])
    const state = fold(
      [0, 1, 2].map(item => event({ seq: item + 1, item, roles: clicked, time: start })),
      defaultSettings,
      reader,
    )
    expect(state.get(Scalar.yearMean)).toBeCloseTo(2000, 9)
    expect(Math.sqrt(state.get(Scalar.yearSquares) / state.get(Scalar.yearWeight))).toBeCloseTo(10, 9)
  })
})

describe('a profile', () => {
  it('sets its codes and the number of the record', () => {
    const state = new UserState()
    applyProfile(state, { region: 2, language: 3, ageBand: 4, age: 25, device: 1, segment: 9 }, 17)
    expect(state.userSeq).toBe(17)
    expect([Scalar.region, Scalar.language, Scalar.ageBand, Scalar.age, Scalar.segment].map(s => state.get(s))).toEqual(
      [2, 3, 4, 25, 9],
    )
  })
})
