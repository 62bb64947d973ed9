import { createRandom, splitSeed, uniformInt } from '../algorithms/statistics/random.ts'
import { sampleNormal } from '../algorithms/statistics/samplers.ts'
import { favouritesPerPerson, type People } from './people.ts'
import { DAY_MS } from './segments.ts'
import { addScaled, normalise } from './vectors.ts'
import { themeCount } from './vocabulary.ts'

const KNOT_MS = 7 * DAY_MS
/** The drift forgets its past with this time constant. */
const driftDays = 60
const keep = Math.exp(-KNOT_MS / (driftDays * DAY_MS))
const innovation = Math.sqrt((1 - keep * keep) / themeCount)
/** Length of the drift relative to the unit vector of the home taste. */
const driftSize = 0.55
const moodShare = 0.6
const moodSize = 0.4

/**
 * What a person likes at a time: the home taste, plus a drift (an Ornstein-Uhlenbeck process per theme, exact at weekly
 * knots and linear between them), plus the mood of the day, scaled to length one.
 *
 * Invariants
 * 1. The taste at a time depends on the seed, the person and the time, never on what was asked before.
 * 2. Memory is two knots per person, however long the history.
 */
export class Tastes {
  private readonly driftSeed: number
  private readonly moodSeed: number
  private readonly people: People
  private readonly startsAt: number
  /** Number of the left knot that is held, -1 for none. */
  private readonly knot: Int32Array
  private readonly left: Float32Array
  private readonly right: Float32Array
  private readonly current = new Float32Array(themeCount)
  private currentPerson = -1
  private currentTime = Number.NaN

  constructor(seed: number, people: People, startsAt: number) {
    this.driftSeed = splitSeed(seed, 'drift')
    this.moodSeed = splitSeed(seed, 'mood')
    this.people = people
    this.startsAt = startsAt
    this.knot = new Int32Array(people.count).fill(-1)
    this.left = new Float32Array(people.count * themeCount)
    this.right = new Float32Array(people.count * themeCount)
  }

  /** A unit vector over the themes, valid until the next call. Times before the start count as the start. */
  at(person: number, time: number): Float32Array {
    if (person === this.currentPerson && time === this.currentTime) return this.current
    const weeks = Math.max(0, time - this.startsAt) / KNOT_MS
    const knot = Math.floor(weeks)
    this.moveTo(person, knot)
    const offset = person * themeCount
    this.current.fill(0)
    addScaled(this.current, this.people.home, 1, offset)
    addScaled(this.current, this.left, driftSize * (1 - (weeks - knot)), offset)
    addScaled(this.current, this.right, driftSize * (weeks - knot), offset)
    this.addMood(person, time)
    normalise(this.current)
    this.currentPerson = person
    this.currentTime = time
    return this.current
  }

  private moveTo(person: number, knot: number): void {
    if (this.knot[person] < 0 || this.knot[person] > knot) {
      const offset = person * themeCount
      const random = this.knotRandom(person, 0)
      for (let k = 0; k < themeCount; k++) this.left[offset + k] = sampleNormal(random, 0, 1 / Math.sqrt(themeCount))
      this.fillRight(person, 0)
    }
    while (this.knot[person] < knot) {
      const offset = person * themeCount
      this.left.set(this.right.subarray(offset, offset + themeCount), offset)
      this.fillRight(person, this.knot[person] + 1)
    }
  }

  /** The step of the autoregression from the left knot, number `knot`, to the right one. */
  private fillRight(person: number, knot: number): void {
    const offset = person * themeCount
    const random = this.knotRandom(person, knot + 1)
    for (let k = 0; k < themeCount; k++) {
      this.right[offset + k] = keep * this.left[offset + k] + sampleNormal(random, 0, innovation)
    }
    this.knot[person] = knot
  }

  private knotRandom(person: number, knot: number) {
    return createRandom(splitSeed(splitSeed(this.driftSeed, person), knot))
  }

  /** On most days one theme is in the foreground, usually one of the person's own. */
  private addMood(person: number, time: number): void {
    const day = Math.floor(time / DAY_MS)
    const random = createRandom(splitSeed(splitSeed(this.moodSeed, person), day))
    if (random.next() >= moodShare) return
    const theme =
      random.next() < 0.75
        ? this.people.favourites[person * favouritesPerPerson + uniformInt(random, favouritesPerPerson)]
        : uniformInt(random, themeCount)
    this.current[theme] += moodSize
  }
}
