/**
 * The history of a simulated world as a log of impressions, with the truth beside it. What the world hides (tastes, vectors,
 * quality, the length of a title) takes no part: columns are made of what its items and users say of themselves. A real product
 * would know as much.
 */
import type { InteractionEvent } from '../../domain/event.ts'
import { Audience, type SimulatedType } from '../../simulator/audience.ts'
import { events } from '../../simulator/events.ts'
import { devices } from '../../simulator/segments.ts'
import { ShownMemory } from '../../simulator/shown-memory.ts'
import { itemIndex, userIndex, type World } from '../../simulator/world.ts'
import type { RankingLog } from './ranking-log.ts'
import { simulatedCategories, simulatedNumbers } from './simulated-columns.ts'

export const simulatedSignals = ['click', 'finish', 'positive', 'negative'] as const
type Signal = (typeof simulatedSignals)[number]

const signalOfType: Readonly<Partial<Record<SimulatedType, Signal>>> = {
  click: 'click',
  finish: 'finish',
  like: 'positive',
  dislike: 'negative',
}

export interface SimulatedRanking {
  readonly log: RankingLog
  /** [rows, signals]: the probability of each outcome at that moment, had the title stood in the first place. */
  readonly truth: Float32Array
}

/** One feed that was shown. */
interface Shown {
  readonly person: number
  /** Of the first impression, epoch ms: the rows of a request share it, so that they do not see each other's outcomes. */
  readonly time: number
  readonly device: number
  /** By position. */
  readonly titles: number[]
  /** By position, the signals that followed. */
  readonly outcomes: Set<Signal>[]
}

const dayMs = 86_400_000

export function simulatedRanking(world: World): SimulatedRanking {
  const audience = new Audience(world)
  const feeds = shownFeeds(world, audience)
  const width = simulatedSignals.length
  const rows = feeds.reduce((sum, { titles }) => sum + titles.length, 0)
  const column = () => new Int32Array(rows)
  const [users, items, requests, positions, usedDevices] = [column(), column(), column(), column(), column()]
  const times = new Float64Array(rows)
  const outcomes = new Float32Array(rows * width)
  const truth = new Float32Array(rows * width)
  const memory = new ShownMemory(world.userCount)
  let row = 0
  for (const [request, { person, time, device, titles, outcomes: followed }] of feeds.entries()) {
    for (const [position, title] of titles.entries()) {
      users[row] = person
      items[row] = title
      requests[row] = request
      positions[row] = position
      usedDevices[row] = device
      times[row] = time
      const chances = audience.truth.outcomes(person, title, time, 0, memory.opened(person, title))
      for (const [index, signal] of simulatedSignals.entries()) {
        outcomes[row * width + index] = Number(followed[position].has(signal))
        truth[row * width + index] = chances[signal]
      }
      row++
    }
    for (const [position, title] of titles.entries()) memory.remember(person, title, followed[position].has('click'))
  }
  const log: RankingLog = {
    rows,
    times,
    users,
    items,
    userCount: world.userCount,
    itemCount: world.itemCount,
    signals: simulatedSignals,
    outcomes,
    context: { name: 'device', of: 'impression', values: usedDevices, size: devices.length, perUser: false },
    categories: simulatedCategories(world, users, items),
    numbers: simulatedNumbers(world, users, items, times),
    requests,
    requestMeaning: 'a feed that the simulated incumbent showed',
    positions,
    earlier: [],
  }
  return { log, truth }
}

/** In order of time. Events are taken from one more day than the history has, so that the last feeds keep their outcomes. */
function shownFeeds(world: World, audience: Audience): Shown[] {
  const feeds = new Map<string, Shown>()
  for (const event of events(world, { from: world.startsAt, to: world.endsAt + dayMs }, audience)) {
    const request = event.requestId!
    const title = itemIndex(world, event.item)
    if (event.type === 'impression') {
      if (!feeds.has(request)) feeds.set(request, feedOf(world, event))
      const { titles, outcomes } = feeds.get(request)!
      titles.push(title)
      outcomes.push(new Set())
    }
    const signal = signalOfType[event.type as SimulatedType]
    const feed = feeds.get(request)!
    if (signal) feed.outcomes[feed.titles.indexOf(title)].add(signal)
  }
  return [...feeds.values()].filter(({ time }) => time < world.endsAt)
}

function feedOf(world: World, { user, time, context }: InteractionEvent): Shown {
  const device = devices.indexOf(context!.device as (typeof devices)[number])
  return { person: userIndex(world, user), time, device, titles: [], outcomes: [] }
}
