import type { Engine } from '../../actors/engine.ts'
import { openEngine } from '../../actors/open-engine.ts'
import { createRandom, uniformInt } from '../../algorithms/statistics/random.ts'
import type { Settings } from '../../config/settings.ts'
import type { EventContext, JournalEvent } from '../../domain/event.ts'
import { systemMonotonicClock } from '../../domain/ports.ts'
import { createEventRoles, eventSettings } from '../../features/event-roles.ts'
import { promote } from '../../models/artefact/artefact.ts'
import { events } from '../../simulator/events.ts'
import { simulatorSettings } from '../../simulator/settings.ts'
import { createWorld } from '../../simulator/world.ts'
import { createLogger } from '../../telemetry/log.ts'
import { createMetrics } from '../../telemetry/metrics.ts'
import { tinyModelSet, tinyRanker, withNeuralSpaces, writeTinyModelSet } from '../fakes/tiny-model-set.ts'

const hourMs = 3_600_000
const inFlightMax = 24

/** Opens an engine and waits until it serves, with a model set when one has been promoted. */
export async function openForTraffic(dataDir: string, settings: Settings): Promise<Engine> {
  const engine = await openEngine({
    dataDir,
    settings,
    log: createLogger({ name: 'test', level: 'error' }),
    metrics: createMetrics({ clock: systemMonotonicClock, latencyWindowMs: 60_000 }),
    faults: false,
    onFailure: error => {
      throw error
    },
  })
  await until(() => engine.notReadyReasons().length === 0)
  return engine
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => setTimeout(resolve, 5))
}

/** Everything that changes an answer, drawn from a seed: requests amid events, changes of items and of people. */
export class Traffic {
  private readonly random
  private readonly world = createWorld(
    simulatorSettings({ seed: 7, titles: 240, people: 60, days: 20, sessionsPerWeek: 4 }),
  )
  private readonly items = [...this.world.items()]
  private upcoming: JournalEvent[] = []
  private number = 0
  private readonly inFlight = new Set<Promise<unknown>>()

  constructor(seed: number) {
    this.random = createRandom(seed)
  }

  /** The first half of the history, and a model set. */
  async begin(engine: Engine, settings: Settings, modelsRoot: string): Promise<void> {
    const rolesOf = createEventRoles(settings.of(eventSettings))
    const history = [...events(this.world)].map(event => ({
      ...event,
      roles: rolesOf(event.type, event.value)!,
      receivedAt: event.time,
    }))
    const half = history.length >> 1
    await engine.putItems(this.items.slice(0, 200))
    await engine.putUsers([...this.world.users()].slice(0, 40))
    await engine.appendEvents(history.slice(0, half), 'applied')
    await engine.publishEpoch()
    this.upcoming = history.slice(half)
    await this.promote('first', 1, engine, modelsRoot)
    await until(() => engine.modelSet === 'first')
  }

  /** Promotes a set of other vectors while traffic goes on; some of it is served by either. */
  async promoteAnother(engine: Engine, modelsRoot: string): Promise<void> {
    const served = this.serve(engine, 100)
    await this.promote('second', 2, engine, modelsRoot)
    await served
    await until(() => engine.modelSet === 'second')
  }

  private async promote(id: string, seed: number, engine: Engine, modelsRoot: string): Promise<void> {
    const items = this.items.flatMap(item => engine.getItem(item.id) ?? [])
    await writeTinyModelSet(modelsRoot, id, withNeuralSpaces(tinyModelSet(items, seed, tinyRanker(seed)), seed))
    await promote(modelsRoot, id)
  }

  /** Resolves once so many feeds have been served, and everything that happened beside them is durable. */
  async serve(engine: Engine, feeds: number): Promise<void> {
    for (let asked = 0; asked < feeds; ) {
      const isRequest = this.random.next() < 0.4
      this.start(isRequest ? this.recommend(engine) : this.change(engine))
      if (isRequest) asked++
      if (this.inFlight.size >= inFlightMax) await Promise.race(this.inFlight)
      if (this.random.next() < 0.2) await new Promise(resolve => setImmediate(resolve))
    }
    await Promise.all(this.inFlight)
  }

  private start(work: Promise<unknown>): void {
    const tracked = work.finally(() => this.inFlight.delete(tracked))
    this.inFlight.add(tracked)
  }

  private recommend(engine: Engine): Promise<unknown> {
    return engine.recommend({
      requestId: `request-${++this.number}`,
      userId: this.userId(),
      n: 1 + this.below(12),
      context: this.random.next() < 0.5 ? {} : this.context(),
      exclude: [],
      categories: [],
      explain: false,
    })
  }

  private change(engine: Engine): Promise<unknown> {
    const kind = this.random.next()
    if (kind < 0.6) return engine.appendEvents(this.nextEvents(), this.random.next() < 0.5 ? 'applied' : 'received')
    if (kind < 0.85) return this.changeItem(engine)
    if (kind < 0.93)
      return engine.putUsers([{ id: this.userId(), ageBand: `${18 + this.below(40)}-99`, ...this.context() }])
    return kind < 0.995 ? engine.deleteUser(this.userId()) : engine.publishEpoch()
  }

  private changeItem(engine: Engine): Promise<unknown> {
    const item = this.items[this.below(this.items.length)]
    const kind = this.random.next()
    if (kind < 0.25) return engine.deleteItem(item.id)
    if (kind < 0.5) return engine.putItems([item])
    const changed = this.items[this.below(this.items.length)]
    return engine.putItems([
      { ...changed, id: item.id, hidden: kind < 0.65, regions: kind > 0.95 ? [this.region()] : [] },
    ])
  }

  /** In order of time but for late ones; some are told twice. */
  private nextEvents(): JournalEvent[] {
    const batch = this.upcoming.splice(0, 1 + this.below(5))
    return batch.flatMap(event => {
      const draw = this.random.next()
      const told = {
        ...event,
        context: this.context(),
        time: draw < 0.15 ? event.time - this.below(200) * hourMs : event.time,
      }
      return draw > 0.9 ? [told, told] : [told]
    })
  }

  /** Names that some profile or item introduces sooner or later. */
  private context(): EventContext {
    return { device: `${['phone', 'tv', 'tablet'][this.below(3)]} ${this.below(40)}`, region: this.region() }
  }

  private region(): string {
    return `region ${this.below(50)}`
  }

  private userId(): string {
    return `u${this.below(70)}`
  }

  private below(n: number): number {
    return uniformInt(this.random, n)
  }
}

/** A model set that nothing was trained for: parity is about bits, and these are as good as any. */
