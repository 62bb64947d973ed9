import FlatQueue from 'flatqueue'
import { createRandom, splitSeed } from '../algorithms/statistics/random.ts'
import { sampleExponential, sampleNormal } from '../algorithms/statistics/samplers.ts'
import type { People } from './people.ts'
import { DAY_MS, HOUR_MS } from './segments.ts'
import type { World } from './world.ts'

const minimumPauseMs = 4 * HOUR_MS
const hourSpread = 2

/** Epoch ms; `from` is included, `to` is not. */
export interface TimeWindow {
  readonly from: number
  readonly to: number
}

/** A person opens the application and asks for feeds. */
export interface Visit {
  readonly person: number
  /** The person's visits count from 0. */
  readonly number: number
  readonly time: number
  /** Feeds asked for, at least one. */
  readonly requests: number
  /** Of everything random that happens during the visit. */
  readonly seed: number
}

/**
 * All visits of a window in order of time, also beyond the history's end. They depend on the seed alone, not on what is
 * served, so a log and a live loop see the same people come at the same times. Memory is O(people).
 */
export function* visits(world: World, window: TimeWindow): Generator<Visit> {
  const { people } = world.groundTruth
  const visitSeed = splitSeed(world.settings.seed, 'visits')
  const queue = new FlatQueue<number>(people.count)
  const numbers = new Uint32Array(people.count)
  const upcoming: Visit[] = new Array(people.count)
  const schedule = (person: number, after: number) => {
    upcoming[person] = planVisit(people, visitSeed, person, numbers[person]++, after)
    queue.push(person, upcoming[person].time)
  }
  for (let person = 0; person < people.count; person++) schedule(person, people.joinsAt[person] - minimumPauseMs)
  for (;;) {
    const visit = upcoming[queue.pop()!]
    if (visit.time >= window.to) return
    if (visit.time >= window.from) yield visit
    schedule(visit.person, visit.time)
  }
}

/** The pause is exponential; the hour follows the person's habit, and some people come mostly at weekends. */
function planVisit(people: People, visitSeed: number, person: number, number: number, after: number): Visit {
  const seed = splitSeed(splitSeed(visitSeed, person), number)
  const random = createRandom(seed)
  let day = Math.floor((after + sampleExponential(random, people.sessionsPerDay[person]) * DAY_MS) / DAY_MS)
  const weekday = (day + 4) % 7
  if (people.weekendOnly[person] === 1 && weekday >= 1 && weekday <= 5 && random.next() < 0.8) day += 6 - weekday
  const hour = (sampleNormal(random, people.peakHour[person], hourSpread) + 48) % 24
  const meanExtra = people.requestsPerSession[person] - 1
  const time = Math.max(Math.floor(day * DAY_MS + hour * HOUR_MS), after + minimumPauseMs)
  const requests = 1 + Math.floor(sampleExponential(random, 1) * meanExtra + random.next())
  return { person, number, time, requests, seed: splitSeed(seed, 'visit') }
}
