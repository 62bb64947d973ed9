import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { InteractionEvent } from '../../../domain/event.ts'
import { Audience } from '../../../simulator/audience.ts'
import { events } from '../../../simulator/events.ts'
import { Truth } from '../../../simulator/truth.ts'
import { visits } from '../../../simulator/visits.ts'
import { itemIndex, userIndex } from '../../../simulator/world.ts'
import { byRequest, digest, smallWorld } from './fixtures.ts'

const world = smallWorld()
const log = [...events(world)]
const requests = byRequest(log)

describe('the simulated history', () => {
  it('is in order of time, inside the simulated days, and names every event once', () => {
    for (let i = 1; i < log.length; i++) expect(log[i].time).toBeGreaterThanOrEqual(log[i - 1].time)
    expect(log[0].time).toBeGreaterThanOrEqual(world.startsAt)
    expect(log.at(-1)!.time).toBeLessThan(world.endsAt)
    expect(new Set(log.map(event => event.eventId)).size).toBe(log.length)
  })

  it('has five types of events on known titles and people', () => {
    expect(new Set(log.map(event => event.type))).toEqual(new Set(['impression', 'click', 'finish', 'like', 'dislike']))
    for (const event of log) {
      expect(itemIndex(world, event.item)).toBeGreaterThanOrEqual(0)
      expect(userIndex(world, event.user)).toBeGreaterThanOrEqual(0)
    }
  })

  it('shows nothing before its release, after its expiry, outside its licence or above the age of the person', () => {
    for (const [first] of requests.values()) {
      const shown = requests.get(first.requestId!)!.filter(event => event.type === 'impression')
      const user = world.user(userIndex(world, first.user))
      for (const impression of shown) {
        const item = world.item(itemIndex(world, impression.item))
        expect(item.publishedAt!).toBeLessThanOrEqual(first.time)
        expect(item.expiresAt ?? Number.POSITIVE_INFINITY).toBeGreaterThan(first.time - 1_000)
        if (item.regions) expect(item.regions).toContain(user.region)
        expect(item.maturity!).toBeLessThanOrEqual(Number.parseInt(user.ageBand!, 10))
      }
    }
  })

  it('gives the impressions of a request first and at times of their own, so their order tells the positions', () => {
    for (const request of requests.values()) {
      const shown = request.filter(event => event.type === 'impression')
      expect(request.slice(0, shown.length)).toEqual(shown)
      expect(new Set(request.map(event => event.time)).size).toBe(request.length)
      expect(new Set(shown.map(event => event.item)).size).toBe(shown.length)
      expect(shown.length).toBeLessThanOrEqual(world.settings.slateSize)
    }
  })

  it('lets nobody finish or like what they did not open, nor like and dislike at once', () => {
    for (const request of requests.values()) {
      const types = (type: string) => new Set(request.filter(event => event.type === type).map(event => event.item))
      const opened = types('click')
      expect(types('finish').isSubsetOf(opened)).toBe(true)
      expect(types('like').isSubsetOf(opened)).toBe(true)
      expect(types('dislike').isDisjointFrom(types('like'))).toBe(true)
      expect(opened.isSubsetOf(types('impression'))).toBe(true)
    }
  })

  it('is the same in one window as in two that follow each other', () => {
    fc.assert(
      fc.property(fc.integer({ min: world.startsAt, max: world.endsAt }), cut => {
        const parts = [
          ...events(world, { from: world.startsAt, to: cut }),
          ...events(world, { from: cut, to: world.endsAt }),
        ]
        expect(digest(parts)).toBe(digest(log))
      }),
      { numRuns: 4 },
    )
  })

  it('starts a person only after they joined', () => {
    const { joinsAt } = world.groundTruth.people
    for (const event of log) expect(event.time).toBeGreaterThanOrEqual(joinsAt[userIndex(world, event.user)])
    expect(joinsAt.filter(time => time > world.startsAt).length).toBeGreaterThan(10)
  })

  it('can be read as far as one likes', () => {
    const stream = events(world)
    const first: InteractionEvent[] = []
    for (const event of stream) {
      first.push(event)
      if (first.length === 100) break
    }
    expect(first).toEqual(log.slice(0, 100))
  })

  it('leaves its audience with the memory of what was shown', () => {
    const audience = new Audience(world)
    const to = world.startsAt + (world.endsAt - world.startsAt) / 2
    const clicks = [...events(world, { from: world.startsAt, to }, audience)].filter(event => event.type === 'click')
    const remembered = clicks.filter(event =>
      audience.knows(userIndex(world, event.user), itemIndex(world, event.item)),
    )
    expect(remembered.length / clicks.length).toBeGreaterThan(0.9)
  })
})

describe('visits', () => {
  it('come in order of time and do not depend on the window asked for', () => {
    const middle = (world.startsAt + world.endsAt) / 2
    const all = [...visits(world, { from: world.startsAt, to: world.endsAt })]
    const parts = [
      ...visits(world, { from: world.startsAt, to: middle }),
      ...visits(world, { from: middle, to: world.endsAt }),
    ]
    expect(parts).toEqual(all)
    for (let i = 1; i < all.length; i++) expect(all[i].time).toBeGreaterThanOrEqual(all[i - 1].time)
  })

  it('go on after the end of the history, so that a live loop can follow', () => {
    const truth = new Truth(world)
    const later = [...visits(world, { from: world.endsAt, to: world.endsAt + 7 * 86_400_000 })]
    expect(later.length).toBeGreaterThan(20)
    expect(truth.idealRanking(later[0].person, later[0].time, 5)).toHaveLength(5)
  })
})
