import { sampleCategorical } from '../algorithms/statistics/discrete-samplers.ts'
import { createRandom, type RandomSource, splitSeed, uniformInt } from '../algorithms/statistics/random.ts'
import { sampleExponential, sampleNormal, sampleUniform } from '../algorithms/statistics/samplers.ts'
import { ageBands, ageShare, DAY_MS, dayDeviceShare, eveningDeviceShare, regionShare, regions } from './segments.ts'
import type { SimulatorSettings } from './settings.ts'
import { normalise } from './vectors.ts'
import { themeCount } from './vocabulary.ts'

/** Standard deviation of the log of a person's activity, which makes it heavy-tailed. */
const activitySpread = 0.68
export const favouritesPerPerson = 3
const favouriteShare = [1, 0.6, 0.35]

/** All people as columns. Only the segments are public. */
export interface People {
  readonly count: number
  /** [count × themes], unit rows: the taste around which the person drifts. */
  readonly home: Float32Array
  /** [count × 3] themes that the person likes most. */
  readonly favourites: Uint8Array
  readonly region: Uint8Array
  readonly ageBand: Uint8Array
  readonly eveningDevice: Uint8Array
  readonly dayDevice: Uint8Array
  readonly sessionsPerDay: Float32Array
  /** Mean number of requests per session, at least one. */
  readonly requestsPerSession: Float32Array
  /** Hour of the day, UTC, around which sessions lie. */
  readonly peakHour: Float32Array
  readonly weekendOnly: Uint8Array
  /** Log-odds of opening something, before anything is known about it. */
  readonly appetite: Float32Array
  /** How much fame puts off (positive) or attracts (negative). */
  readonly novelty: Float32Array
  /** Exponent of the examination curve. */
  readonly positionDecay: Float32Array
  /** Generous (positive) or critical (negative) rating habit, in log-odds. */
  readonly generosity: Float32Array
  /** Epoch ms before which the person does not exist. */
  readonly joinsAt: Float64Array
}

export function createPeople(settings: SimulatorSettings): People {
  const count = settings.people
  const people: People = {
    count,
    home: new Float32Array(count * themeCount),
    favourites: new Uint8Array(count * favouritesPerPerson),
    region: new Uint8Array(count),
    ageBand: new Uint8Array(count),
    eveningDevice: new Uint8Array(count),
    dayDevice: new Uint8Array(count),
    sessionsPerDay: new Float32Array(count),
    requestsPerSession: new Float32Array(count),
    peakHour: new Float32Array(count),
    weekendOnly: new Uint8Array(count),
    appetite: new Float32Array(count),
    novelty: new Float32Array(count),
    positionDecay: new Float32Array(count),
    generosity: new Float32Array(count),
    joinsAt: new Float64Array(count),
  }
  const random = createRandom(splitSeed(settings.seed, 'people'))
  const regionLean = leanings(random, regions.length, 0.6)
  const ageLean = leanings(random, ageBands.length, 0.9)
  for (let person = 0; person < count; person++) {
    people.region[person] = sampleCategorical(random, regionShare)
    people.ageBand[person] = sampleCategorical(random, ageShare)
    people.eveningDevice[person] = sampleCategorical(random, eveningDeviceShare)
    people.dayDevice[person] = sampleCategorical(random, dayDeviceShare)
    drawTaste(people, person, regionLean[people.region[person]], ageLean[people.ageBand[person]], random)
    drawHabits(people, person, settings, random)
  }
  return people
}

/** Per segment, log-weights with which its people come to like each theme. */
function leanings(random: RandomSource, segments: number, deviation: number): Float32Array[] {
  return Array.from({ length: segments }, () =>
    new Float32Array(themeCount).map(() => sampleNormal(random, 0, deviation)),
  )
}

/** A few favourite themes, one that the person avoids, and a little of everything. */
function drawTaste(
  people: People,
  person: number,
  region: Float32Array,
  age: Float32Array,
  random: RandomSource,
): void {
  const weights = region.map((lean, k) => Math.exp(lean + age[k]))
  const taste = people.home.subarray(person * themeCount, (person + 1) * themeCount)
  for (let k = 0; k < themeCount; k++) taste[k] = sampleNormal(random, 0, 0.08)
  for (let slot = 0; slot < favouritesPerPerson; slot++) {
    const theme = sampleCategorical(random, weights)
    weights[theme] = 0
    people.favourites[person * favouritesPerPerson + slot] = theme
    taste[theme] += favouriteShare[slot] * sampleUniform(random, 0.6, 1.4)
  }
  let avoided = uniformInt(random, themeCount)
  while (weights[avoided] === 0) avoided = uniformInt(random, themeCount)
  taste[avoided] -= 0.6
  normalise(taste)
}

function drawHabits(people: People, person: number, settings: SimulatorSettings, random: RandomSource): void {
  const activity = Math.exp(sampleNormal(random, -(activitySpread ** 2) / 2, activitySpread))
  people.sessionsPerDay[person] = (settings.sessionsPerWeek / 7) * activity
  people.requestsPerSession[person] = 1 + sampleExponential(random, 1)
  people.peakHour[person] = random.next() < 0.7 ? sampleNormal(random, 20, 1.5) : sampleUniform(random, 7, 18)
  people.weekendOnly[person] = random.next() < 0.2 ? 1 : 0
  people.appetite[person] = sampleNormal(random, 0, 0.35)
  people.novelty[person] = sampleNormal(random, 0, 0.25)
  people.positionDecay[person] = sampleUniform(random, 0.15, 0.5)
  people.generosity[person] = sampleNormal(random, 0, 0.7)
  const joinedDuring = random.next() < 0.3 ? random.next() * 0.9 : 0
  people.joinsAt[person] = Math.floor(settings.startsAt + joinedDuring * settings.days * DAY_MS)
}
