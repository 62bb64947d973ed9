import type { Engine } from '../../actors/engine.ts'
import { openEngine } from '../../actors/open-engine.ts'
import { buildCoVisitation } from '../../algorithms/retrieval/co-visitation.ts'
import { createRandom, uniformInt } from '../../algorithms/statistics/random.ts'
import { sampleNormal } from '../../algorithms/statistics/samplers.ts'
import { CONTENT_ENCODER_DEFAULTS, ContentEncoder } from '../../algorithms/text/content-encoder.ts'
import type { Settings } from '../../config/settings.ts'
import type { EventContext, JournalEvent } from '../../domain/event.ts'
import type { Item } from '../../domain/item.ts'
import { systemMonotonicClock } from '../../domain/ports.ts'
import { createEventRoles, eventSettings } from '../../features/event-roles.ts'
import { featureSchemaHash } from '../../features/schema.ts'
import { featureSettings } from '../../features/settings.ts'
import { contentDocument } from '../../funnel/content-document.ts'
import { type ModelSetContents, writeModelSet } from '../../funnel/model-set-files.ts'
import { promote } from '../../models/artefact.ts'
import { events } from '../../simulator/events.ts'
import { simulatorSettings } from '../../simulator/settings.ts'
import { createWorld } from '../../simulator/world.ts'
import { createLogger } from '../../telemetry/log.ts'
import { createMetrics } from '../../telemetry/metrics.ts'

const dimension = 16
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
    await promoteModelSet(
      modelsRoot,
      'first',
      schemaHashOf(settings),
      1,
      this.items.slice(0, 200),
      history.slice(0, half),
    )
    await until(() => engine.modelSet === 'first')
  }

  /** Promotes a set of other vectors while traffic goes on; some of it is served by either. */
  async promoteAnother(engine: Engine, settings: Settings, modelsRoot: string): Promise<void> {
    const served = this.serve(engine, 100)
    await promoteModelSet(modelsRoot, 'second', schemaHashOf(settings), 2, this.knownItems(engine), this.upcoming)
    await served
    await until(() => engine.modelSet === 'second')
  }

  private knownItems(engine: Engine): Item[] {
    return this.items.flatMap(({ id }) => engine.getItem(id) ?? [])
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

function schemaHashOf(settings: Settings): string {
  return featureSchemaHash(settings.of(featureSettings))
}

/** A model set that nothing was trained for: parity is about bits, and these are as good as any. */
async function promoteModelSet(
  root: string,
  id: string,
  schemaHash: string,
  seed: number,
  items: readonly Item[],
  events: readonly JournalEvent[],
): Promise<void> {
  const description = {
    id,
    createdAt: seed,
    schemaHash,
    dataRange: { fromSeq: 1, toSeq: 1, fromTime: 0, toTime: 0 },
    parent: null,
    seed,
    metrics: {},
    settings: {},
    spaces: {},
    objectives: {},
  }
  await writeModelSet(root, description, contentsOf(seed, items, events))
  await promote(root, id)
}

function contentsOf(seed: number, items: readonly Item[], events: readonly JournalEvent[]): ModelSetContents {
  const random = createRandom(seed)
  const vocabulary = items.filter(() => random.next() < 0.8).map(({ id }) => id)
  const placeOf = new Map(vocabulary.map((id, place) => [id, place]))
  const userOf = new Map<string, number>()
  for (const { user } of events) if (!userOf.has(user)) userOf.set(user, userOf.size)
  const met = events.filter(({ item }) => placeOf.has(item)).sort((a, b) => a.time - b.time)
  return {
    vocabulary,
    collaborative: {
      dimension,
      vectors: Float32Array.from({ length: vocabulary.length * dimension }, () => sampleNormal(random, 0, 0.3)),
      foldIn: { regularisation: 0.01, frequencyExponent: 1, unobservedWeight: 0.1 },
    },
    content: ContentEncoder.fit(
      items.map(contentDocument),
      { ...CONTENT_ENCODER_DEFAULTS, dimension: 24, buckets: 2048 },
      seed,
    ),
    coVisitation: buildCoVisitation(
      {
        users: Uint32Array.from(met, ({ user }) => userOf.get(user)!),
        items: Uint32Array.from(met, ({ item }) => placeOf.get(item)!),
        timesMs: Float64Array.from(met, ({ time }) => time),
        weights: new Float32Array(met.length).fill(1),
      },
      {
        itemCount: vocabulary.length,
        neighboursPerItem: 30,
        windowInteractions: 10,
        windowMs: Number.POSITIVE_INFINITY,
        positionDecay: 0.9,
        backwardWeight: 0.5,
        ownPopularityExponent: 0.5,
        neighbourPopularityExponent: 0.5,
      },
    ),
    ranker: null,
  }
}
