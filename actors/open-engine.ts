import { createRandom } from '../algorithms/statistics/random.ts'
import type { Settings } from '../config/settings.ts'
import type { CatalogState } from '../domain/catalog-state.ts'
import { systemMonotonicClock } from '../domain/ports.ts'
import { DataDirectory } from '../storage/data-directory.ts'
import { StorageError } from '../storage/errors.ts'
import type { EventLog } from '../storage/event-log.ts'
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
import { growTree, type Tree } from './tree.ts'

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
 * @throws DirectoryLockedError, StorageError, or why an actor gave up on the tail; nothing stays open or locked then
 */
export async function openEngine(options: EngineOptions): Promise<RunningEngine> {
  const directory = DataDirectory.open(options.dataDir, { now: () => Date.now() })
  const opened: (() => Promise<void>)[] = []
  try {
    return await openIn(directory, options, opened)
  } catch (error) {
    for (const close of opened.reverse()) await close()
    directory.close()
    throw error
  }
}

/** What it has opened goes on the list, to be closed should the rest fail. */
async function openIn(
  directory: DataDirectory,
  options: EngineOptions,
  opened: (() => Promise<void>)[],
): Promise<RunningEngine> {
  const { settings, metrics } = options
  const storage = settings.of(storageSettings)
  const { clock: mode } = settings.of(engineSettings)
  const clock = new DataClock(mode)
  const { layout } = directory
  const log = await openJournal(layout.journal, storage)
  opened.push(() => log.close())
  const store = await LmdbOnlineStore.open(layout.onlineStore, storage.onlineStoreMapBytes)
  opened.push(() => store.close())
  const documents = new ItemDocuments(store, storage.itemCacheEntries)
  const state = restoreCatalog(store, documents, settings.of(catalogSettings))
  if (state.appliedSeq > log.lastSeq) {
    const reason = `the snapshot stands at ${state.appliedSeq}, the journal ends at ${log.lastSeq}`
    const hint = `The journal is older than the state. Restore both from one backup, or remove ${layout.onlineStore}`
    throw new StorageError('corrupt', reason, hint)
  }
  clock.follow(() => state.lastEventAt)
  const failed = Promise.withResolvers<never>()
  let onFailure: EngineOptions['onFailure'] = failed.reject
  const tree = growTree({
    settings,
    state,
    log,
    store,
    modelsRoot: layout.models,
    journalRoot: layout.journal,
    clock,
    monotonic: systemMonotonicClock,
    random: createRandom(process.pid),
    logger: options.log,
    metrics,
    onFailure: error => onFailure(error),
  })
  opened.push(async () => {
    await tree.system.stop()
    await tree.pool.stop()
  })
  await Promise.race([recover(tree, state, log), failed.promise])
  if (state.settingsHash !== settings.hash) {
    const record = { kind: 'settings', at: clock.now(), hash: settings.hash, values: settings.answering } as const
    tell(tree.journal, { type: 'append', records: [record] })
  }
  const engine = new RunningEngine({ ...options, tree, state, clock, log, store, directory })
  onFailure = error => {
    engine.fail(error)
    options.onFailure(error)
  }
  return engine
}

async function recover(tree: Tree, state: CatalogState, log: EventLog): Promise<void> {
  await new Promise<void>(resolve => {
    const doneTo = callbackRef<Recovered>(() => resolve())
    tell(tree.journal, { type: 'recover', fromSeq: state.appliedSeq + 1, doneTo })
  })
  await tree.applied.until(log.lastSeq)
  // The first feed shall see what was trending before: folds are on their way, and this comes behind them.
  await new Promise(resolve => tell(tree.counters, { type: 'when-folded', replyTo: callbackRef(resolve) }))
  await tree.pool.started
}
