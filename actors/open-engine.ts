import { createRandom } from '../algorithms/statistics/random.ts'
import type { Settings } from '../config/settings.ts'
import { systemMonotonicClock } from '../domain/ports.ts'
import { DataDirectory } from '../storage/data-directory.ts'
import { ItemDocuments } from '../storage/item-documents.ts'
import { LmdbOnlineStore } from '../storage/lmdb-online-store.ts'
import { openJournal } from '../storage/open-journal.ts'
import { storageSettings } from '../storage/settings.ts'
import { callbackRef, tell } from '../supervision/actor-ref.ts'
import type { Logger } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { catalogSettings } from './catalog/settings.ts'
import { restoreCatalog } from './catalog/snapshot.ts'
import { DataClock } from './data-clock.ts'
import { engineSettings } from './engine-settings.ts'
import type { Recovered } from './journal/protocol.ts'
import { RunningEngine } from './running-engine.ts'
import { growTree } from './tree.ts'

export interface EngineOptions {
  readonly dataDir: string
  readonly settings: Settings
  readonly log: Logger
  readonly metrics: Metrics
  /** Allows faults on purpose. */
  readonly faults: boolean
  /** The engine cannot go on; it has stopped taking requests. */
  readonly onFailure: (error: Error) => void
}

/**
 * Opens a data directory: snapshots first, then the tail of the journal behind them. Resolves when everything that was
 * acknowledged as durable is in place again; model sets may still be loading, see `notReadyReasons`.
 *
 * @throws DirectoryLockedError, StorageError
 */
export async function openEngine(options: EngineOptions): Promise<RunningEngine> {
  const { settings, metrics } = options
  const storage = settings.of(storageSettings)
  const { clock: mode } = settings.of(engineSettings)
  const clock = new DataClock(mode)
  const directory = DataDirectory.open(options.dataDir, { now: () => Date.now() })
  const { layout } = directory
  const log = await openJournal(layout.journal, storage)
  const store = await LmdbOnlineStore.open(layout.onlineStore, storage.onlineStoreMapBytes)
  const documents = new ItemDocuments(store, storage.itemCacheEntries)
  const state = restoreCatalog(store, documents, settings.of(catalogSettings))
  clock.follow(() => state.lastEventAt)
  const tree = growTree({
    settings,
    state,
    log,
    store,
    modelsRoot: layout.models,
    clock,
    monotonic: systemMonotonicClock,
    random: createRandom(process.pid),
    logger: options.log,
    metrics,
    onFailure: options.onFailure,
  })
  await new Promise<void>(resolve => {
    const doneTo = callbackRef<Recovered>(() => resolve())
    tell(tree.journal, { type: 'recover', fromSeq: state.appliedSeq + 1, doneTo })
  })
  await tree.applied.until(log.lastSeq)
  await tree.pool.started
  return new RunningEngine({ ...options, tree, state, clock, log, store, directory })
}
