import { describe, expect, it } from 'vitest'
import { creatorName } from '../../../simulator/creators.ts'
import { events } from '../../../simulator/events.ts'
import { SimulatorSettingsError, simulatorSettings } from '../../../simulator/settings.ts'
import { themes } from '../../../simulator/vocabulary.ts'
import { itemIndex, userIndex, type World } from '../../../simulator/world.ts'
import { correlation, digest, smallWorld } from './fixtures.ts'

const everything = (world: World) => [digest(world.items()), digest(world.users()), digest(events(world))]

const publicItemFields = new Set(
  'id title text categories creators publishedAt expiresAt regions maturity language labels'.split(' '),
)
const publicUserFields = new Set('id region language ageBand device'.split(' '))
const publicEventFields = new Set('eventId type user item time requestId context'.split(' '))
const strayFields = (values: Iterable<object>, known: Set<string>) =>
  [...values].flatMap(Object.keys).filter(field => !known.has(field))

describe('a simulated world', () => {
  it('is the same to the byte for the same seed', () => {
    expect(everything(smallWorld())).toEqual(everything(smallWorld()))
  })

  it('differs in titles, people and events for another seed', () => {
    const other = everything(smallWorld({ seed: 2 }))
    for (const [part, hash] of everything(smallWorld()).entries()) expect(hash).not.toBe(other[part])
  })

  it('composes a title the same way whenever it is asked for', () => {
    const world = smallWorld()
    const last = world.item(399)
    for (let index = 0; index < 400; index += 7) world.item(index)
    expect(world.item(399)).toEqual(last)
  })

  it('lets only public fields out', () => {
    const world = smallWorld()
    const log = [...events(world)]
    expect(strayFields(world.items(), publicItemFields)).toEqual([])
    expect(strayFields(world.users(), publicUserFields)).toEqual([])
    expect(strayFields(log, publicEventFields)).toEqual([])
    expect(
      strayFields(
        log.map(event => event.context!),
        new Set(['device', 'region', 'language']),
      ),
    ).toEqual([])
  })

  it('gives no number of an item that correlates with its hidden quality or fame, its own number included', () => {
    const world = smallWorld({ titles: 5_000 })
    const { quality, fame } = world.groundTruth.titles
    const items = [...world.items()]
    const numbers = [
      items.map((_, index) => index),
      items.map(item => item.publishedAt!),
      items.map(item => item.maturity!),
    ]
    for (const column of numbers) {
      expect(Math.abs(correlation(column, quality))).toBeLessThan(0.06)
      expect(Math.abs(correlation(column, fame))).toBeLessThan(0.06)
    }
  })

  it('has titles of one to three different categories, some restricted, expiring, new or not for the young', () => {
    const world = smallWorld({ titles: 2_000 })
    const items = [...world.items()]
    const share = (holds: (item: (typeof items)[number]) => boolean) => items.filter(holds).length / items.length
    for (const item of items) {
      expect(item.categories.length).toBeGreaterThanOrEqual(1)
      expect(item.categories.length).toBeLessThanOrEqual(3)
      expect(new Set(item.categories).size).toBe(item.categories.length)
      expect(item.creators.length).toBeGreaterThanOrEqual(1)
      expect(item.expiresAt ?? Number.POSITIVE_INFINITY).toBeGreaterThan(item.publishedAt!)
    }
    expect(new Set(items.flatMap(item => item.categories)).size).toBe(19)
    expect(share(item => item.regions !== undefined)).toBeCloseTo(0.15, 1)
    expect(share(item => item.expiresAt !== undefined)).toBeCloseTo(0.08, 1)
    expect(share(item => item.publishedAt! > world.startsAt)).toBeCloseTo(0.3, 1)
    expect(share(item => item.maturity! > 13)).toBeGreaterThan(0.1)
  })

  it('has creators of unequal productivity, each with a name of their own', () => {
    expect(new Set(Array.from({ length: 30_000 }, (_, index) => creatorName(index))).size).toBe(30_000)
    const made = new Map<string, number>()
    for (const item of smallWorld({ titles: 2_000 }).items())
      made.set(item.creators[0], (made.get(item.creators[0]) ?? 0) + 1)
    const counts = [...made.values()].sort((a, b) => b - a)
    const median = counts[counts.length >> 1]
    expect(counts[0]).toBeGreaterThan(8 * median)
  })

  it('writes texts that tell something about the hidden vector, but not all', () => {
    const world = smallWorld({ titles: 1_000 })
    const { vectors } = world.groundTruth.titles
    const phrases = themes.map(({ people, things, places, deeds, tones }) =>
      [people, things, places, deeds, tones].flat(),
    )
    const mentions = [...world.items()].flatMap(item => {
      const text = `${item.title} ${item.text}`.toLowerCase()
      return phrases.map(list => list.filter(phrase => text.includes(phrase)).length)
    })
    expect(mentions).toHaveLength(vectors.length)
    expect(correlation(mentions, vectors)).toBeGreaterThan(0.4)
    expect(correlation(mentions, vectors)).toBeLessThan(0.85)
  })

  it('finds titles and people by their ids and nothing by other ids', () => {
    const world = smallWorld()
    expect(itemIndex(world, world.item(17).id)).toBe(17)
    expect(userIndex(world, world.user(3).id)).toBe(3)
    for (const id of ['t400', 't-1', 't1.5', 't01', 'u1', 't', '']) expect(itemIndex(world, id)).toBe(-1)
    expect(() => world.item(400)).toThrow('this world has no title 400')
  })

  it('refuses settings out of range and names them', () => {
    expect(() => simulatorSettings({ titles: 3 })).toThrow(SimulatorSettingsError)
    expect(() => simulatorSettings({ days: 1.5 })).toThrow(/days/)
    expect(() => simulatorSettings({ sessionsPerWeek: 0 })).toThrow(/sessionsPerWeek/)
  })
})
