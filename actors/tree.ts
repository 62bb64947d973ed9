/**
 * The whole hierarchy of actors and what each is given:
 *
 *   counters                   item counters, trending and popular lists
 *   user-shard-0 … U−1         user state, by hash of the user id
 *   index-shard-0 … R−1        a partition of the items, each with its own thread
 *   catalog                    items; the first to see what was committed
 *   journal                    numbers and stores everything
 *   model-manager              takes up promoted model sets
 *   trainer                    trains on what has happened since, and promotes what passes the gates
 *   requests                   the parent of one actor per request; carries no traffic itself
 *
 * Index threads and the pool of rank threads stand beside the tree, in `workers/`.
 */
import type { Settings } from '../config/settings.ts'
import type { CatalogState } from '../domain/catalog-state.ts'
import type { Clock, MonotonicClock, Random } from '../domain/ports.ts'
import { deviceClassOf } from '../features/device-class.ts'
import { CountersState, type PublishedEpoch } from '../funnel/counters-state.ts'
import { settingsText } from '../funnel/fragments.ts'
import { LastResort } from '../funnel/last-resort.ts'
import { LiveModelSets } from '../funnel/live-model-sets.ts'
import { readModelSet } from '../funnel/model-set-files.ts'
import type { ModelSetHandles } from '../funnel/ports.ts'
import { schemaHashOf } from '../funnel/schema-hash.ts'
import { indexSettings } from '../funnel/settings.ts'
import { loadArtefact, readPromoted } from '../models/artefact/artefact.ts'
import type { EventLog } from '../storage/event-log.ts'
import type { OnlineStore } from '../storage/online-store.ts'
import { type ActorRef, tell } from '../supervision/actor-ref.ts'
import { restartPolicy, supervisionSettings } from '../supervision/settings.ts'
import type { RestartPolicy } from '../supervision/strategy.ts'
import { type ActorSystem, createSystem } from '../supervision/system.ts'
import type { Logger } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { IndexThreadProxy } from '../workers/index-thread/proxy.ts'
import { RankPool } from '../workers/rank-pool/pool.ts'
import { Ranking } from '../workers/rank-pool/ranking.ts'
import { catalogActor } from './catalog/actor.ts'
import type { CatalogMessage } from './catalog/protocol.ts'
import { catalogSettings } from './catalog/settings.ts'
import { countersActor } from './counters/actor.ts'
import type { CountersMessage } from './counters/protocol.ts'
import { engineSettings } from './engine-settings.ts'
import { indexShardActor } from './index-shard/actor.ts'
import type { IndexShardMessage } from './index-shard/protocol.ts'
import { journalActor } from './journal/actor.ts'
import type { AppendReply, JournalMessage } from './journal/protocol.ts'
import { journalSettings } from './journal/settings.ts'
import { modelManagerActor } from './model-manager/actor.ts'
import type { ModelManagerMessage } from './model-manager/protocol.ts'
import type { RequestParts } from './request/parts.ts'
import { RequestStages } from './request/stages.ts'
import { SharedTables } from './shared-tables.ts'
import { trainerActor } from './trainer/actor.ts'
import { ContinuousTraining } from './trainer/continuous-training.ts'
import { continuousSettings } from './trainer/settings.ts'
import { userShardActor } from './user-shard/actor.ts'
import type { UserShardMessage } from './user-shard/protocol.ts'
import { usersSettings } from './user-shard/settings.ts'
import { Waiters } from './waiters.ts'

export interface TreeParts {
  readonly settings: Settings
  readonly state: CatalogState
  readonly log: EventLog
  readonly store: OnlineStore
  /** Folder of the model sets. */
  readonly modelsRoot: string
  /** Folder of the journal, for a process that reads it. */
  readonly journalRoot: string
  readonly clock: Clock
  readonly monotonic: MonotonicClock
  readonly random: Random
  readonly logger: Logger
  readonly metrics: Metrics
  /** An actor gave up with something that the process must not go on with. */
  readonly onFailure: (error: Error) => void
}

/** The running actors, and what stands beside them. */
export interface Tree {
  readonly system: ActorSystem
  readonly journal: ActorRef<JournalMessage>
  readonly catalog: ActorRef<CatalogMessage>
  readonly counters: ActorRef<CountersMessage>
  readonly userShards: readonly ActorRef<UserShardMessage>[]
  readonly indexShards: readonly ActorRef<IndexShardMessage>[]
  readonly requests: ActorRef<never>
  readonly requestParts: RequestParts
  readonly models: LiveModelSets
  /** Journal numbers that have been applied by the catalog, and published by the counters. */
  readonly applied: Waiters
  readonly published: Waiters
  readonly pool: RankPool
}

/** @throws what a part threw that could not be made; the others are stopped then */
export function growTree(parts: TreeParts): Tree {
  const grower = new Grower(parts)
  try {
    return grower.grow()
  } catch (error) {
    void grower.stop()
    throw error
  }
}

/** A partition that is out makes feeds partial; it never gives up, and never waits long. */
const tireless: Partial<RestartPolicy> = { restartsMax: Number.POSITIVE_INFINITY, backoffMaxMs: 2000 }

/** What these own is the order of everything: after a defect the process ends, and starts from what is durable. */
const fatal: Partial<RestartPolicy> = { classify: () => 'fatal' }

/** Actors refer to each other in circles, so they are spawned one by one and found through these fields. */
class Grower {
  private readonly parts: TreeParts
  private readonly settings: Settings
  private readonly system: ActorSystem
  private readonly schemaHash: string
  private readonly tables: SharedTables
  private readonly pool: RankPool
  private readonly lastResort: LastResort
  private readonly models: LiveModelSets
  private readonly applied: Waiters
  private readonly published: Waiters
  private indexShards: readonly ActorRef<IndexShardMessage>[] = []
  private readonly shardsUp = new Set<number>()
  private journal!: ActorRef<JournalMessage>
  private modelManager!: ActorRef<ModelManagerMessage>

  constructor(parts: TreeParts) {
    const { settings, state, clock, monotonic, metrics } = parts
    this.parts = parts
    this.settings = settings
    this.system = createSystem({
      name: 'sluice',
      clock,
      monotonic,
      random: parts.random,
      log: parts.logger,
      metrics,
      policy: restartPolicy(settings.of(supervisionSettings)),
      mailboxDepthMax: settings.of(engineSettings).mailboxDepthMax,
      onFailure: parts.onFailure,
    })
    this.schemaHash = schemaHashOf(settings)
    this.applied = new Waiters(state.appliedSeq)
    this.published = new Waiters(state.appliedSeq)
    this.tables = new SharedTables(state.table.handles(), new CountersState(settings).latest)
    this.pool = new RankPool(settings, this.tables.current, parts.logger)
    this.lastResort = new LastResort(settings, () => monotonic.ms())
    this.lastResort.setTables(this.tables.current)
    this.models = new LiveModelSets(state, settings.of(catalogSettings).rowsMax, generation => {
      this.pool.retire(generation)
      for (const shard of this.indexShards) tell(shard, { type: 'retire', generation })
    })
    this.tables.subscribe(next => {
      this.pool.setTables(next)
      this.lastResort.setTables(next)
      for (const shard of this.indexShards) tell(shard, { type: 'tables', tables: next })
    })
  }

  grow(): Tree {
    const { system, models, applied, published, pool } = this
    const counters = this.spawnCounters()
    const userShards = this.spawnUserShards(counters)
    const indexShards = this.spawnIndexShards()
    this.indexShards = indexShards
    const catalog = this.spawnCatalog(counters, userShards)
    const journal = this.spawnJournal(catalog)
    this.journal = journal
    this.modelManager = this.spawnModelManager()
    this.spawnTrainer()
    const requests: ActorRef<never> = system.spawn('requests', () => ({ receive() {} }))
    const requestParts = this.requestParts(userShards)
    return {
      system,
      journal,
      catalog,
      counters,
      userShards,
      indexShards,
      requests,
      requestParts,
      models,
      applied,
      published,
      pool,
    }
  }

  async stop(): Promise<void> {
    await this.system.stop()
    await this.pool.stop()
  }

  private spawnCounters(): ActorRef<CountersMessage> {
    const { settings, parts } = this
    const publish = (epoch: PublishedEpoch) => {
      this.tables.publish(epoch)
      this.published.reach(epoch.counters.epoch)
    }
    const { store } = parts
    return this.system.spawn(
      'counters',
      countersActor({ settings, store, requestEpoch: replyTo => this.requestEpoch(replyTo), publish }),
    )
  }

  private spawnUserShards(counters: ActorRef<CountersMessage>): ActorRef<UserShardMessage>[] {
    const { settings, parts } = this
    const { state: catalog, store } = parts
    const classOf = (code: number) => deviceClassOf(catalog.deviceName(code))
    return range(settings.of(usersSettings).shards).map(shard =>
      this.system.spawn(
        `user-shard-${shard}`,
        userShardActor({ catalog, deviceClassOf: classOf, store, counters, settings }),
      ),
    )
  }

  private spawnIndexShards(): ActorRef<IndexShardMessage>[] {
    const { settings, tables } = this
    const { shards, queueMax } = settings.of(indexSettings)
    return range(shards).map(shard =>
      this.system.spawn(
        `index-shard-${shard}`,
        indexShardActor({
          shard,
          queueMax,
          startThread: events =>
            new IndexThreadProxy({ shard, shards, settings: settingsText(settings), tables: tables.current }, events),
          ownedItems: () => this.ownedItems(shard),
          liveModelSets: () => this.models.live().map(({ handles }) => this.handlesFor(handles, shard)),
          onPrepared: message => tell(this.modelManager, message),
          onUp: isUp => (isUp ? this.shardsUp.add(shard) : this.shardsUp.delete(shard)),
        }),
        { policy: tireless },
      ),
    )
  }

  private spawnCatalog(
    counters: ActorRef<CountersMessage>,
    userShards: readonly ActorRef<UserShardMessage>[],
  ): ActorRef<CatalogMessage> {
    const { settings, models, indexShards, parts } = this
    const { state, store, monotonic } = parts
    const behaviour = catalogActor({
      state,
      models,
      store,
      userShards,
      counters,
      indexShards,
      requestEpoch: replyTo => this.requestEpoch(replyTo),
      onApplied: seq => this.applied.reach(seq),
      monotonic,
      settings,
    })
    return this.system.spawn('catalog', behaviour, { policy: fatal })
  }

  private spawnJournal(catalog: ActorRef<CatalogMessage>): ActorRef<JournalMessage> {
    const settings = this.settings.of(journalSettings)
    return this.system.spawn('journal', journalActor({ log: this.parts.log, catalog, settings }), { policy: fatal })
  }

  private spawnModelManager(): ActorRef<ModelManagerMessage> {
    const { settings, models, journal, indexShards, pool, schemaHash, parts } = this
    const { modelsRoot, clock, monotonic, state, log } = parts
    const recoverTo = log.lastSeq
    return this.system.spawn(
      'model-manager',
      modelManagerActor({
        models,
        journal,
        indexShards,
        handlesFor: (handles, shard) => this.handlesFor(handles, shard),
        preparePool: handles => pool.prepare(handles),
        readPromoted: () => readPromoted(modelsRoot),
        isRecovered: () => state.appliedSeq >= recoverTo,
        read: async id => readModelSet(await loadArtefact(modelsRoot, id, schemaHash)),
        schemaHash,
        clock,
        monotonic,
        settings,
      }),
    )
  }

  private spawnTrainer(): void {
    const { modelsRoot, journalRoot, log } = this.parts
    const settings = this.settings.of(continuousSettings)
    const training = new ContinuousTraining(this.settings, journalRoot, modelsRoot)
    this.system.spawn(
      'trainer',
      trainerActor({
        settings,
        lastSeq: () => log.lastSeq,
        trainedThrough: () => training.trainedThrough(),
        train: toSeq => training.train(toSeq),
      }),
    )
  }

  private requestParts(userShards: readonly ActorRef<UserShardMessage>[]): RequestParts {
    const { settings, tables, models, indexShards, shardsUp, schemaHash, parts } = this
    return {
      settings,
      catalog: parts.state,
      userShards,
      indexShards,
      shardIsUp: shard => shardsUp.has(shard),
      ranking: new Ranking(this.pool, this.lastResort),
      stages: new RequestStages(parts.monotonic, parts.metrics),
      tables: () => ({ version: tables.current.version, counterEpoch: tables.current.counters.epoch }),
      pinModelSet: () => models.pin(),
      releaseModelSet: pinned => models.release(pinned),
      schemaHash,
      logServed: served =>
        tell(this.journal, { type: 'append', records: [{ kind: 'served', at: served.now, served }] }),
    }
  }

  private requestEpoch(replyTo: ActorRef<AppendReply>): void {
    tell(this.journal, { type: 'append', records: [{ kind: 'epoch', at: this.parts.clock.now() }], replyTo })
  }

  private handlesFor(handles: ModelSetHandles, shard: number): ModelSetHandles {
    return { ...handles, owned: this.ownedItems(shard) }
  }

  private ownedItems(shard: number): Uint32Array {
    const { ids, items } = this.parts.state
    const { shards } = this.settings.of(indexSettings)
    const owned: number[] = []
    for (let item = 0; item < items.itemCount; item++) if (ids.hashOf(item) % shards === shard) owned.push(item)
    return Uint32Array.from(owned)
  }
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i)
}
