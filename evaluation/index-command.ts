/**
 * `evaluate index`: recall of the approximate search on a simulated catalogue of a chosen size. Vectors are really
 * trained, on what simulated people did, because recall depends on how norms and neighbourhoods are spread.
 */
import { catalogSettings } from '../actors/catalog/settings.ts'
import type { Settings } from '../config/settings.ts'
import type { JournalEvent } from '../domain/event.ts'
import type { Item } from '../domain/item.ts'
import type { JournalRecord } from '../domain/journal.ts'
import { createEventRoles, eventSettings } from '../features/event-roles.ts'
import { featureSettings } from '../features/settings.ts'
import { Engagements } from '../learning/engagements.ts'
import { Replay } from '../learning/replay.ts'
import { fitRetrievalModels } from '../learning/retrieval-models.ts'
import { events } from '../simulator/events.ts'
import { simulatorSettings } from '../simulator/settings.ts'
import { createWorld } from '../simulator/world.ts'
import type { Progress } from '../telemetry/progress.ts'
import type { IndexRecall } from './index-recall.ts'
import { Stopwatch } from './stopwatch.ts'
import { measureTrainedIndex } from './trained-index.ts'

export interface IndexEvaluationOptions {
  readonly settings: Settings
  /** Titles of the simulated catalogue. */
  readonly items: number
  /** The history ends after so many events; 40 per title when absent. */
  readonly eventsMax?: number
  /** People whose vectors are searched for. */
  readonly queries?: number
  readonly seed?: number
  readonly progress: Progress
}

export interface IndexReport {
  readonly protocol: string
  readonly data: {
    readonly items: number
    readonly people: number
    readonly events: number
    readonly engagements: number
    /** Items that anybody engaged with, which is what gives them a collaborative vector. */
    readonly engagedItems: number
  }
  readonly seed: number
  readonly metrics: { readonly index: IndexRecall }
  readonly seconds: Readonly<Record<string, number>>
}

/** Titles for each simulated person. */
const titlesPerPerson = 5
const peopleMin = 500
const eventsPerTitle = 40
const days = 60
const sessionsPerWeek = 3

/** @throws RangeError when the simulated history is too short to give anybody a vector */
export async function evaluateIndex(options: IndexEvaluationOptions): Promise<IndexReport> {
  const { settings, queries = 1000, seed = 1, progress } = options
  const clock = new Stopwatch()
  const history = simulate(options, seed)
  const { replay, engagements, items } = history
  clock.lap('simulate')
  const { count } = engagements
  if (count === 0) throw new RangeError(`nobody engaged with anything in ${history.events} simulated events`)
  const { contents } = await fitRetrievalModels({ engagements, count, items, settings, seed, progress })
  clock.lap('train')
  const index = await measureTrainedIndex(settings, replay, contents, queries, seed)
  clock.lap('search')
  return {
    protocol:
      'simulated titles and people; iALS and content vectors trained on the engagements; each source searched as ' +
      'production does (partitions, widths, filters, merging) and compared with an exact search',
    data: {
      items: items.length,
      people: history.people,
      events: history.events,
      engagements: count,
      engagedItems: engagements.itemIds.length,
    },
    seed,
    metrics: { index },
    seconds: clock.seconds,
  }
}

interface SimulatedHistory {
  readonly replay: Replay
  readonly engagements: Engagements
  readonly items: readonly Item[]
  readonly people: number
  readonly events: number
}

function simulate(
  { settings, items: titles, eventsMax = titles * eventsPerTitle, progress }: IndexEvaluationOptions,
  seed: number,
): SimulatedHistory {
  const people = Math.max(peopleMin, Math.round(titles / titlesPerPerson))
  const world = createWorld(simulatorSettings({ seed, titles, people, days, sessionsPerWeek }))
  const items = [...world.items()]
  const rolesOf = createEventRoles(settings.of(eventSettings))
  const replay = new Replay(settings, settings.of(catalogSettings))
  const engagements = new Engagements(settings.of(featureSettings).engagementWindowMs)
  let seq = 0
  const apply = (record: JournalRecord) => replay.apply({ seq: ++seq, record })
  for (const item of items) apply({ kind: 'item', at: world.startsAt, item })
  for (const user of world.users()) apply({ kind: 'user', at: world.startsAt, user })
  progress.step('Simulating', eventsMax)
  let count = 0
  for (const interaction of events(world)) {
    if (count === eventsMax) break
    const roles = rolesOf(interaction.type, interaction.value)!
    const event: JournalEvent = { ...interaction, roles, receivedAt: interaction.time }
    apply({ kind: 'event', at: event.time, event })
    engagements.add(event, seq)
    count++
    progress.advance()
  }
  progress.done()
  apply({ kind: 'epoch', at: replay.catalog.lastEventAt })
  return { replay, engagements, items, people, events: count }
}
