import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DAY_MS } from '../../../simulator/segments.ts'
import { Truth } from '../../../simulator/truth.ts'
import { dot } from '../../../simulator/vectors.ts'
import { smallWorld } from './fixtures.ts'

const world = smallWorld({ people: 300 })
const at = (day: number) => world.startsAt + day * DAY_MS

/** Mean over people of the cosine between tastes at two times. */
function meanCosine(truth: Truth, first: number, second: number): number {
  let sum = 0
  for (let person = 0; person < 300; person++) sum += dot(truth.taste(person, first), truth.taste(person, second))
  return sum / 300
}

describe('tastes', () => {
  it('drift: the further apart two times are, the less alike the tastes', () => {
    const truth = new Truth(world)
    const [week, month, halfYear] = [7, 30, 180].map(days => meanCosine(truth, at(0), at(days)))
    expect(week).toBeGreaterThan(month + 0.02)
    expect(month).toBeGreaterThan(halfYear + 0.02)
    expect(halfYear).toBeGreaterThan(0.4)
  })

  it('move slowly from hour to hour of the same day', () => {
    expect(meanCosine(new Truth(world), at(10), at(10.9))).toBeGreaterThan(0.995)
  })

  it('have length one and depend on person and time only, not on what was asked before', () => {
    const truth = new Truth(world)
    const times = fc.double({ min: 0, max: 400, noNaN: true })
    fc.assert(
      fc.property(
        fc.nat(299),
        times,
        fc.array(fc.tuple(fc.nat(299), times), { maxLength: 6 }),
        (person, day, others) => {
          for (const [other, when] of others) truth.taste(other, at(when))
          const taste = truth.taste(person, at(day))
          expect(dot(taste, taste)).toBeCloseTo(1, 5)
          expect(taste).toEqual(new Truth(world).taste(person, at(day)))
        },
      ),
      { numRuns: 50 },
    )
  })
})
