/**
 * The whole hierarchy of actors and what each is given:
 *
 *   counters                   item counters, trending and popular lists
 *   user-shard-0 … U−1         user state, by hash of the user id
 *   index-shard-0 … R−1        a partition of the items, each with its own thread
 *   catalog                    items; the first to see what was committed
 *   journal                    numbers and stores everything
 *   model-manager              takes up promoted model sets
 *   requests                   the parent of one actor per request; carries no traffic itself
 *
 * Index threads and the pool of rank threads stand beside the tree, in `workers/`.
 */
import type { Settings } from '../config/settings.ts'
import type { CatalogState } from '../domain/catalog-state.ts'
import type { Clock, MonotonicClock, Random } from '../domain/ports.ts'
import { featureSchemaHash } from '../features/schema.ts'
import { featureSettings } from '../features/settings.ts'
import { CountersState } from '../funnel/counters-state.ts'
import { settingsText } from '../funnel/fragments.ts'
import { LiveModelSets } from '../funnel/live-model-sets.ts'
import { readModelSet } from '../funnel/model-set-files.ts'
import type { ModelSetHandles } from '../funnel/ports.ts'
import { indexSettings } from '../funnel/settings.ts'
import { loadArtefact, readPromoted } from '../models/artefact.ts'
import type { EventLog } from '../storage/event-log.ts'
import type { OnlineStore } from '../storage/online-store.ts'
import { type ActorRef, tell } from '../supervision/actor-ref.ts'
import type { RestartPolicy } from '../supervision/strategy.ts'
import { restartPolicy, supervisionSettings } from '../supervision/settings.ts'
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
import { deviceClassOf } from './device-class.ts'
import { engineSettings } from './engine-settings.ts'
import { indexShardActor } from './index-shard/actor.ts'
import type { IndexShardMessage } from './index-shard/protocol.ts'
import { journalActor } from './journal/actor.ts'
import type { JournalMessage } from './journal/protocol.ts'
import { journalSettings } from './journal/settings.ts'
import { modelManagerActor } from './model-manager/actor.ts'
import type { ModelManagerMessage } from './model-manager/protocol.ts'
import type { RequestParts } from './request/actor.ts'
import { RequestStages } from './request/stages.ts'
import { SharedTables } from './shared-tables.ts'
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

export function growTree(parts: TreeParts): Tree {
  const { settings, state, store, clock, monotonic, metrics } = parts
  const system = createSystem({
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
  const { shards: indexShardCount } = settings.of(indexSettings)
  const schemaHash = featureSchemaHash(settings.of(featureSettings))
  const applied = new Waiters(state.appliedSeq)
  const published = new Waiters(state.appliedSeq)

  const tables = new SharedTables(state.table.handles(), new CountersState(settings).latest)
  const pool = new RankPool(settings, tables.current)
  tables.subscribe(next => pool.setTables(next))
  const models = new LiveModelSets(state, settings.of(catalogSettings).rowsMax, generation => {
    pool.retire(generation)
    for (const shard of indexShards) tell(shard, { type: 'retire', generation })
  })
  const ownedItems = (shard: number) => itemsOf(shard, indexShardCount, state)
  const handlesFor = (handles: ModelSetHandles, shard: number) => ({ ...handles, owned: ownedItems(shard) })
  const requestEpoch = () => tell(journal, { type: 'append', records: [{ kind: 'epoch', at: clock.now() }] })

  const counters: ActorRef<CountersMessage> = system.spawn(
    'counters',
    countersActor({
      settings,
      clock,
      store,
      requestEpoch,
      publish: epoch => {
        tables.publish(epoch)
        published.reach(epoch.counters.epoch)
      },
    }),
  )
  const userShards: ActorRef<UserShardMessage>[] = range(settings.of(usersSettings).shards).map(shard =>
    system.spawn(
      `user-shard-${shard}`,
      userShardActor({ catalog: state, deviceClassOf: code => deviceClassOf(state.deviceName(code)), store, counters, settings }),
    ),
  )
  const indexShards: ActorRef<IndexShardMessage>[] = range(indexShardCount).map(shard =>
    system.spawn(
      `index-shard-${shard}`,
      indexShardActor({
        shard,
        startThread: events =>
          new IndexThreadProxy(
            { shard, shards: indexShardCount, settings: settingsText(settings), tables: tables.current },
            events,
          ),
        ownedItems: () => ownedItems(shard),
        liveModelSets: () => models.live().map(({ handles }) => handlesFor(handles, shard)),
        onPrepared: message => tell(modelManager, message),
      }),
    ),
  )
  tables.subscribe(next => {
    for (const shard of indexShards) tell(shard, { type: 'tables', tables: next })
  })
  const catalog: ActorRef<CatalogMessage> = system.spawn(
    'catalog',
    catalogActor({
      state,
      models,
      store,
      userShards,
      counters,
      indexShards,
      requestEpoch,
      onApplied: seq => applied.reach(seq),
      monotonic,
      settings,
    }),
    { policy: fatal },
  )
  const journal: ActorRef<JournalMessage> = system.spawn(
    'journal',
    journalActor({ log: parts.log, catalog, settings: settings.of(journalSettings) }),
    { policy: fatal },
  )
  const modelManager: ActorRef<ModelManagerMessage> = system.spawn(
    'model-manager',
    modelManagerActor({
      models,
      journal,
      indexShards,
      handlesFor,
      preparePool: handles => pool.prepare(handles),
      readPromoted: () => readPromoted(parts.modelsRoot),
      read: async id => readModelSet(await loadArtefact(parts.modelsRoot, id, schemaHash)),
      schemaHash,
      clock,
      monotonic,
      settings,
    }),
  )
  const requests: ActorRef<never> = system.spawn('requests', () => ({ receive() {} }))
  const requestParts: RequestParts = {
    settings,
    catalog: state,
    userShards,
    indexShards,
    ranking: new Ranking(pool),
    stages: new RequestStages(monotonic, metrics),
    tables: () => ({ version: tables.current.version, counterEpoch: tables.current.counters.epoch }),
    pinModelSet: () => models.pin(),
    releaseModelSet: pinned => models.release(pinned),
    schemaHash,
    logServed: served => tell(journal, { type: 'append', records: [{ kind: 'served', at: served.now, served }] }),
  }
  return { system, journal, catalog, userShards, indexShards, requests, requestParts, models, applied, published, pool }
}

/** What these own is the order of everything: after a defect the process ends, and starts from what is durable. */
const fatal: Partial<RestartPolicy> = { classify: () => 'fatal' }

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i)
}

function itemsOf(shard: number, shards: number, { ids, items }: CatalogState): Uint32Array {
  const owned: number[] = []
  for (let item = 0; item < items.itemCount; item++) if (ids.hashOf(item) % shards === shard) owned.push(item)
  return Uint32Array.from(owned)
}
