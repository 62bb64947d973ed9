import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeFrame, encodeFrame } from '../../../domain/frame.ts'
import { Role } from '../../../domain/roles.ts'
import { DeviceClass } from '../../../features/context-features.ts'
import { featureIndex } from '../../../features/schema.ts'
import type { FeatureSettings } from '../../../features/settings.ts'
import { applyEvent, applyProfile } from '../../../features/user-fold.ts'
import { UserState } from '../../../features/user-state.ts'
import { buildUserView, userFeatureCount, userViewLayout } from '../../../features/user-view.ts'
import { catalogue, eventsArbitrary, smallSettings } from './arbitraries.ts'
import { defaultSettings, event, FakeItems } from './fakes.ts'

const day = 86_400_000
const start = 1_700_000_000_000
const request = { region: 0, language: 0, device: 0, deviceClassOf: (device: number) => device % 5 }
const items = new FakeItems(Array.from({ length: 400 }, (_, i) => ({ categories: [1 + (i % 3)], creators: [1 + i] })))

function userOf(done: readonly (readonly [item: number, roles: number, time: number])[], settings = defaultSettings) {
  const state = new UserState()
  done.forEach(([item, roles, time], i) => {
    applyEvent(state, event({ seq: i + 1, item, roles, time }), items, settings)
  })
  return state
}

const viewAt = (state: UserState | undefined, now = start, settings: FeatureSettings = defaultSettings) =>
  buildUserView(state, request, now, settings)

describe('the view of a user', () => {
  it('has an empty history and full coldness for someone unknown', () => {
    const view = viewAt(undefined)
    expect(view).toMatchObject({ known: 0, userSeq: 0, engagements: 0, coldness: 1, age: Number.NaN })
    expect(view.historyItem.length + view.seen.length + view.category.length).toBe(0)
    expect(view.userFeatures.length).toBe(userFeatureCount)
    expect(view.userFeatures.every(Number.isFinite)).toBe(true)
    expect(view.userFeatures[featureIndex('userIdleLogMinutes')]).toBe(16)
  })

  it('survives the way through a frame', () => {
    fc.assert(
      fc.property(eventsArbitrary, events => {
        const state = new UserState()
        for (const event of events) applyEvent(state, event, catalogue, smallSettings)
        const view = viewAt(state, start, smallSettings)
        expect(decodeFrame(userViewLayout, encodeFrame(userViewLayout, view))).toEqual(view)
      }),
    )
  })

  it('lists the history newest first, up to its limit', () => {
    const settings = { ...defaultSettings, viewHistoryLength: 10 }
    const state = userOf(Array.from({ length: 30 }, (_, i) => [i, Role.click, start + i]))
    expect([...viewAt(state, start, settings).historyItem]).toEqual([29, 28, 27, 26, 25, 24, 23, 22, 21, 20])
  })

  it('weighs a like above a finish above a click, a dislike negatively, and halves with age', () => {
    const state = userOf([
      [5, Role.click, start - 30 * day],
      [1, Role.click, start],
      [2, Role.click | Role.finish, start],
      [3, Role.positive, start],
      [4, Role.click | Role.finish | Role.negative, start],
    ])
    const view = viewAt(state, start + 100 * day)
    const weight = new Map([...view.historyItem].map((item, i) => [item, view.historyWeight[i]]))
    expect(weight.get(3)!).toBeGreaterThan(weight.get(2)!)
    expect(weight.get(2)!).toBeGreaterThan(weight.get(1)!)
    expect(weight.get(4)!).toBeLessThan(0)
    expect(weight.get(5)!).toBeCloseTo(weight.get(1)! / 2, 6)
  })

  it('counts an item as seen at once after an engagement, after k impressions without one, and not before', () => {
    const shown = (item: number, times: number, from: number) =>
      Array.from({ length: times }, (_, i) => [item, Role.impression, from + i] as const)
    const state = userOf([
      ...shown(7, 5, start),
      ...shown(6, 4, start),
      [9, Role.negative, start],
      ...shown(3, 1, start),
    ])
    expect([...viewAt(state).seen]).toEqual([7, 9])
    expect([...viewAt(state, start, { ...defaultSettings, impressionsUntilSeen: 1 }).seen]).toEqual([3, 6, 7, 9])
    expect([...viewAt(state, start, { ...defaultSettings, impressionsUntilSeen: 0 }).seen]).toEqual([9])
    expect([...viewAt(state).impressedItem]).toEqual([3, 6, 7])
    expect([...viewAt(state).impressedCount]).toEqual([1, 4, 5])
  })

  it('forgets the impressions of an item that was then clicked', () => {
    const state = userOf([
      [7, Role.impression, start],
      [7, Role.click, start],
    ])
    expect(viewAt(state).impressedItem.length).toBe(0)
    expect([...viewAt(state).seen]).toEqual([7])
  })

  it('names a seen item once, however often it was shown again', () => {
    const again = Array.from({ length: 6 }, (_, i) => [7, Role.impression, start + i] as const)
    expect([...viewAt(userOf([[7, Role.click, start], ...again])).seen]).toEqual([7])
  })

  it('holds exactly the most recent seen items, in ascending order', () => {
    const settings = { ...defaultSettings, seenLimit: 100 }
    const state = userOf(
      Array.from({ length: 300 }, (_, i) => [(i * 7) % 300, Role.click, start]),
      settings,
    )
    const expected = Array.from({ length: 100 }, (_, i) => ((200 + i) * 7) % 300).sort((a, b) => a - b)
    expect([...viewAt(state, start, settings).seen]).toEqual(expected)
  })

  it('takes place, language and device from the request, else the profile, else the last event', () => {
    const state = new UserState()
    const codes = { region: 3, language: 4, device: 2 }
    applyEvent(state, event({ seq: 1, item: 1, roles: Role.click, time: start, ...codes }), items, defaultSettings)
    expect(viewAt(state)).toMatchObject(codes)
    applyProfile(state, { region: 5, language: 0, ageBand: 0, age: Number.NaN, device: 0, segment: 0 }, 2)
    expect(viewAt(state)).toMatchObject({ region: 5, language: 4, device: 2, deviceClass: DeviceClass.desktop })
    const asked = buildUserView(state, { ...request, region: 1, device: 4 }, start, defaultSettings)
    expect(asked).toMatchObject({ region: 1, device: 4, deviceClass: DeviceClass.tv })
    expect(asked.userFeatures[featureIndex('deviceTv')]).toBe(1)
  })

  it('grows warm from the fifth to the tenth engagement', () => {
    const coldnessAfter = (engagements: number) =>
      viewAt(userOf(Array.from({ length: engagements }, (_, i) => [i, Role.click, start]))).coldness
    expect([4, 5, 6, 9, 10, 20].map(coldnessAfter).map(c => Math.round(c * 10) / 10)).toEqual([1, 1, 0.8, 0.2, 0, 0])
  })

  it('decays affinities to the moment of the request', () => {
    const state = userOf([[0, Role.click, start]])
    expect(viewAt(state, start + 60 * day).categoryClicks[0]).toBeCloseTo(0.25, 6)
    expect(viewAt(state, start - day).categoryClicks[0]).toBe(1)
  })
})

describe('user features', () => {
  const feature = (state: UserState, name: string, now: number) => viewAt(state, now).userFeatures[featureIndex(name)]

  it('know the session while it lasts', () => {
    const state = userOf([
      [1, Role.click, start],
      [2, Role.click, start + 600_000],
    ])
    expect(feature(state, 'sessionEngagementsLog', start + 700_000)).toBeCloseTo(Math.log(3), 6)
    expect(feature(state, 'userInSession', start + 700_000)).toBe(1)
    expect(feature(state, 'sessionEngagementsLog', start + day)).toBe(0)
    expect(feature(state, 'userInSession', start + day)).toBe(0)
  })

  it('tell an even interest from a narrow one', () => {
    const even = userOf([0, 1, 2].map(item => [item, Role.click, start] as const))
    const narrow = userOf([0, 3, 6, 9, 12, 1].map(item => [item, Role.click, start] as const))
    expect(feature(even, 'userCategoryEvenness', start)).toBeCloseTo(1, 6)
    expect(feature(narrow, 'userCategoryEvenness', start)).toBeLessThan(0.7)
  })

  it('tell regular habits from bursts', () => {
    const at = (times: number[]) => userOf(times.map((time, i) => [i, Role.click, start + time * day] as const))
    expect(feature(at([0, 1, 2, 3, 4]), 'recentGapRegularity', start + 5 * day)).toBe(1)
    expect(feature(at([0, 0.01, 0.02, 9, 9.01]), 'recentGapRegularity', start + 10 * day)).toBeLessThan(0.5)
  })

  it('place the time of day and the weekday on a circle', () => {
    const saturdayNoon = Date.UTC(2024, 5, 1, 12)
    const view = viewAt(undefined, saturdayNoon)
    const angle = (2 * Math.PI * 6) / 7
    const values = ['hourSin', 'hourCos', 'weekdaySin', 'weekdayCos'].map(name => view.userFeatures[featureIndex(name)])
    const expected = [0, -1, Math.sin(angle), Math.cos(angle)]
    values.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 6)
    })
  })
})
