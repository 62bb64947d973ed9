import { describe, expect, it } from 'vitest'
import { createRandom, uniformInt } from '../../../algorithms/statistics/random.ts'
import { objectives } from '../../../domain/roles.ts'
import { Audience, type SimulatedType, simulatedRoles } from '../../../simulator/audience.ts'
import { events } from '../../../simulator/events.ts'
import { DAY_MS } from '../../../simulator/segments.ts'
import { Truth } from '../../../simulator/truth.ts'
import { itemIndex, userIndex } from '../../../simulator/world.ts'
import { byRequest, smallWorld } from './fixtures.ts'

const world = smallWorld({ titles: 1_000, people: 300 })
const truth = new Truth(world)
const noon = world.startsAt + 12.5 * DAY_MS
const typeOf = { click: 'click', finish: 'finish', positive: 'like', negative: 'dislike' } as const

/** Observed minus expected count, in standard deviations of a sum of independent trials. */
class Excess {
  private observed = 0
  private expected = 0
  private variance = 0
  add(happened: boolean, probability: number): void {
    this.observed += happened ? 1 : 0
    this.expected += probability
    this.variance += probability * (1 - probability)
  }
  deviations(): number {
    return (this.observed - this.expected) / Math.sqrt(this.variance)
  }
}

describe('the truth', () => {
  it('gives the frequencies with which people react to random slates, per objective and position', () => {
    const audience = new Audience(world)
    const random = createRandom(11)
    const total = objectives.map(() => new Excess())
    const byPosition = Array.from({ length: 10 }, () => new Excess())
    for (let round = 0; round < 6_000; round++) {
      const person = uniformInt(random, 300)
      const slate = Array.from({ length: 10 }, () => uniformInt(random, 1_000))
      if (new Set(slate).size < slate.length) continue
      const time = noon + round * 60_000
      const expected = slate.map((title, p) => truth.outcomes(person, title, time, p, audience.knows(person, title)))
      const reactions = audience.respond(person, slate, time, random, `q${round}`)
      slate.forEach((title, position) => {
        const id = world.item(title).id
        objectives.forEach((objective, o) => {
          const happened = reactions.some(event => event.item === id && event.type === typeOf[objective])
          total[o].add(happened, expected[position][objective])
          if (objective === 'click') byPosition[position].add(happened, expected[position].click)
        })
      })
    }
    for (const excess of [...total, ...byPosition]) expect(Math.abs(excess.deviations())).toBeLessThan(4)
  })

  it('explains the clicks of the logged history at every position', () => {
    const audience = new Audience(world)
    const byPosition = Array.from({ length: world.settings.slateSize }, () => new Excess())
    const past = new Set<string>()
    for (const request of byRequest(events(world, undefined, audience)).values()) {
      const clicked = new Set(request.filter(event => event.type === 'click').map(event => event.item))
      request
        .filter(event => event.type === 'impression')
        .forEach((impression, position, shown) => {
          const key = `${impression.user} ${impression.item}`
          const [person, title] = [userIndex(world, impression.user), itemIndex(world, impression.item)]
          const { click } = truth.outcomes(person, title, shown[0].time - 120, position, past.has(key))
          byPosition[position].add(clicked.has(impression.item), click)
          if (clicked.has(impression.item)) past.add(key)
        })
    }
    for (const excess of byPosition) expect(Math.abs(excess.deviations())).toBeLessThan(4)
  })

  it('shows a position bias in the click rate of slates in random order', () => {
    const audience = new Audience(world)
    const random = createRandom(12)
    const clicks = new Float64Array(10)
    for (let round = 0; round < 4_000; round++) {
      const slate = Array.from({ length: 10 }, () => uniformInt(random, 1_000))
      const reactions = audience.respond(uniformInt(random, 300), slate, noon + round * 60_000, random, `q${round}`)
      for (const event of reactions) if (event.type === 'click') clicks[slate.indexOf(itemIndex(world, event.item))]++
    }
    expect(clicks[0]).toBeGreaterThan(1.5 * clicks[9])
    expect(clicks[0] + clicks[1]).toBeGreaterThan(clicks[4] + clicks[5])
    expect(clicks[4] + clicks[5]).toBeGreaterThan(clicks[8] + clicks[9])
  })

  it('is zero for what is not available, and nobody opens it', () => {
    const audience = new Audience(world)
    const unavailable: (readonly [number, number])[] = []
    for (let person = 0; person < 300; person++) {
      for (let title = person % 7; title < 1_000; title += 50) {
        if (!truth.available(person, title, noon)) unavailable.push([person, title])
      }
    }
    expect(unavailable.length).toBeGreaterThan(100)
    for (const [person, title] of unavailable) {
      expect(objectives.map(objective => truth.outcomes(person, title, noon, 0)[objective])).toEqual([0, 0, 0, 0])
      const types = audience.respond(person, [title], noon, createRandom(title), 'q').map(event => event.type)
      expect(types).toEqual(['impression'])
    }
  })

  it('lets nobody react to a title that does not exist', () => {
    expect(() => new Audience(world).respond(0, [1_000], noon, createRandom(1), 'q')).toThrow(/no title 1000/)
  })

  it('ranks ideally: the available titles of highest preference, best first', () => {
    for (const person of [0, 7, 42]) {
      const scored = Array.from({ length: 1_000 }, (_, title) => title)
        .filter(title => truth.available(person, title, noon))
        .sort((a, b) => truth.preference(person, b, noon) - truth.preference(person, a, noon))
      expect([...truth.idealRanking(person, noon, 20)]).toEqual(scored.slice(0, 20))
      expect(truth.idealRanking(person, noon, 5_000)).toHaveLength(scored.length)
    }
  })

  it('orders probabilities as behaviour does: examined before click before finish, and less at later positions', () => {
    for (let title = 0; title < 1_000; title += 9) {
      if (!truth.available(5, title, noon)) continue
      const first = truth.outcomes(5, title, noon, 0)
      const tenth = truth.outcomes(5, title, noon, 9)
      expect(first.examined).toBe(1)
      expect(first.click).toBeLessThan(first.examined)
      expect(first.finish).toBeLessThan(first.click)
      expect(first.positive).toBeLessThan(first.click)
      for (const objective of objectives) expect(tenth[objective]).toBeLessThan(first[objective])
      expect(truth.outcomes(5, title, noon, 0, true).click).toBeLessThan(first.click)
    }
  })

  it('names a role for every type of event it makes', () => {
    for (const event of events(smallWorld())) expect(simulatedRoles[event.type as SimulatedType]).toBeGreaterThan(0)
  })
})
