import type { RandomSource } from '../algorithms/statistics/random.ts'
import { sampleUniform } from '../algorithms/statistics/samplers.ts'
import type { EventContext, InteractionEvent } from '../domain/event.ts'
import { Role } from '../domain/roles.ts'
import { devices, MINUTE_MS, regionLanguage, regions } from './segments.ts'
import { ShownMemory } from './shown-memory.ts'
import { deviceAt, Truth } from './truth.ts'
import { checkIndex, itemId, userId, type World } from './world.ts'

/** The types of event that people cause, and what they mean. */
export const simulatedRoles = {
  impression: Role.impression,
  click: Role.click,
  finish: Role.finish,
  like: Role.positive,
  dislike: Role.negative,
} as const
export type SimulatedType = keyof typeof simulatedRoles

/** Time between two impressions of a slate, and from one thing a person does to the next. */
const impressionMs = 120
const handMs = [1_500, 9_000] as const

/**
 * The people of a world, reacting to feeds, whoever made them. They remember what they were shown and opened.
 *
 * Invariants
 * 1. Events come in time order with strictly growing times; first the impressions of the whole slate in its order, so
 *    the rank of an impression among those of its request is its position, from 0; then what the person did, from the
 *    top to the bottom.
 * 2. Whether each thing happens follows `truth.outcomes` at the time of the request, with `known` as `knows` told
 *    before it.
 */
export class Audience {
  readonly world: World
  readonly truth: Truth
  private readonly memory: ShownMemory

  constructor(world: World) {
    this.world = world
    this.truth = new Truth(world)
    this.memory = new ShownMemory(world.userCount)
  }

  /** The person opened the title, as far as they remember. */
  knows(person: number, title: number): boolean {
    return this.memory.opened(person, title)
  }

  /** The person was shown the title, as far as they remember. */
  wasShown(person: number, title: number): boolean {
    return this.memory.shown(person, title)
  }

  /**
   * What the person does with `slate` (title numbers, first position first) at `time`, epoch ms. Titles that are not
   * available to the person are seen but never opened, liked or disliked. Event ids are `<requestId>-<number>`.
   * Throws RangeError for a person or title that is not of this world.
   */
  respond(
    person: number,
    slate: ArrayLike<number>,
    time: number,
    random: RandomSource,
    requestId: string,
  ): InteractionEvent[] {
    checkIndex(person, this.world.userCount, 'person')
    for (let position = 0; position < slate.length; position++) {
      checkIndex(slate[position], this.world.itemCount, 'title')
    }
    const log = new ReactionLog(this.world, person, time, requestId)
    for (let position = 0; position < slate.length; position++) {
      log.advance(impressionMs)
      log.emit('impression', slate[position])
    }
    for (let position = 0; position < slate.length; position++) {
      const title = slate[position]
      const opened = this.reactTo(person, title, position, time, random, log)
      this.memory.remember(person, title, opened)
    }
    return log.events
  }

  /** Returns whether the title was opened. */
  private reactTo(
    person: number,
    title: number,
    position: number,
    time: number,
    random: RandomSource,
    log: ReactionLog,
  ): boolean {
    const { truth } = this
    if (random.next() >= truth.examination(person, position)) return false
    if (!truth.available(person, title, time)) return false
    const chance = truth.reaction(person, title, time, this.knows(person, title))
    const pause = () => log.advance(sampleUniform(random, handMs[0], handMs[1]))
    pause()
    if (random.next() >= chance.open) {
      if (random.next() < chance.dislikeUnopened) log.emit('dislike', title)
      return false
    }
    log.emit('click', title)
    const finished = random.next() < chance.finish
    const watched = finished ? 1 : sampleUniform(random, 0.02, 0.8)
    log.advance(watched * this.world.groundTruth.titles.minutes[title] * MINUTE_MS)
    if (finished) log.emit('finish', title)
    pause()
    if (random.next() < (finished ? chance.likeFinished : chance.likeUnfinished)) log.emit('like', title)
    else if (random.next() < (finished ? chance.dislikeFinished : chance.dislikeUnfinished)) log.emit('dislike', title)
    return true
  }
}

/** Stamps the events of one request. */
class ReactionLog {
  readonly events: InteractionEvent[] = []
  private readonly user: string
  private readonly requestId: string
  private readonly context: EventContext
  private clock: number

  constructor(world: World, person: number, time: number, requestId: string) {
    const { people } = world.groundTruth
    const region = people.region[person]
    this.user = userId(person)
    this.requestId = requestId
    this.clock = time
    this.context = {
      device: devices[deviceAt(people, person, time)],
      region: regions[region],
      language: regionLanguage[region],
    }
  }

  /** At least one millisecond, so that no two events of a request share a time. */
  advance(ms: number): void {
    this.clock += Math.max(1, Math.floor(ms))
  }

  emit(type: SimulatedType, title: number): void {
    this.events.push({
      eventId: `${this.requestId}-${this.events.length}`,
      type,
      user: this.user,
      item: itemId(title),
      time: this.clock,
      requestId: this.requestId,
      context: this.context,
    })
  }
}
