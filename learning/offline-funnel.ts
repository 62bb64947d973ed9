import type { Settings } from '../config/settings.ts'
import type { EventContext } from '../domain/event.ts'
import { decodeFrame } from '../domain/frame.ts'
import { hashId } from '../domain/identity/id-dictionary.ts'
import type { ItemTableLimits } from '../domain/item-table/item-table-writer.ts'
import type { Numbered } from '../domain/journal.ts'
import { CounterEpochReader } from '../domain/shared/counter-epochs.ts'
import { CandidateStage, type PreparedCandidates } from '../funnel/candidate-stage.ts'
import { contextCodes } from '../funnel/context-codes.ts'
import { exhaust } from '../funnel/exhaust.ts'
import { settingsFromText, settingsText } from '../funnel/fragments.ts'
import { queryHistory } from '../funnel/hydrators/query-history.ts'
import { LiveModelSets } from '../funnel/live-model-sets.ts'
import { type LoadedModelSet, loadModelSet } from '../funnel/loaded-model-set.ts'
import type { ModelSetContents } from '../funnel/model-set-files.ts'
import type { ModelSpaces } from '../funnel/model-spaces.ts'
import { packRequest } from '../funnel/recommend.ts'
import { type RequestFrame, requestLayout } from '../funnel/request-frame.ts'
import { type RetrievalFrame, retrievalLayout } from '../funnel/retrieval-frame.ts'
import { RetrievalStage } from '../funnel/retrieve.ts'
import { Replay } from './replay.ts'

/** Candidates of one query; their columns and features are reused by the next. */
export interface OfflineCandidates extends PreparedCandidates {
  /** Of all candidates, [candidates × featureCount]; computed when they are first asked for. */
  readonly features: Float32Array<ArrayBuffer>
  /** Of the candidates at these places alone, in this order, the very same numbers; reused by the next call. */
  featuresOf(places: readonly number[]): Float32Array
}

/** So few items are compared one by one in less time than a graph is walked, and there is no graph to build. */
const exactItemsMax = 16_384

/**
 * The funnel up to the features, over a replayed journal instead of a running system: the same folds, sources, filters,
 * merging and features, in one thread and one partition.
 */
export class OfflineFunnel {
  readonly replay: Replay
  private readonly settings: Settings
  private readonly models: LiveModelSets
  private readonly stage: CandidateStage
  private readonly partStage: CandidateStage
  private readonly retrieval: RetrievalStage
  private loaded: LoadedModelSet | null = null
  private counters: CounterEpochReader
  private version = 0

  constructor(settings: Settings, limits: ItemTableLimits) {
    this.settings = settings
    this.replay = new Replay(settings, limits, {
      onItem: (item, row) => this.itemChanged(item, row),
      onEpoch: () => this.publish(),
    })
    this.models = new LiveModelSets(this.replay.catalog, limits.rowsMax, () => {})
    this.stage = new CandidateStage(settings)
    this.partStage = new CandidateStage(settings)
    this.retrieval = new RetrievalStage(0, 1, searchingExactly(settings), () => 0)
    this.counters = new CounterEpochReader(this.replay.epoch)
    this.publish()
  }

  apply(record: Numbered): void {
    this.replay.apply(record)
  }

  /** From here on candidates come from this model set, unless another one is asked for. */
  async use(contents: ModelSetContents): Promise<LoadedModelSet> {
    const { handles } = exhaust(this.models.load('offline', contents, ''))
    const owned = Uint32Array.from({ length: this.replay.catalog.items.itemCount }, (_, item) => item)
    const { partition } = this.retrieval
    exhaust(partition.update(owned))
    exhaust(partition.prepare({ ...handles, owned }))
    this.loaded = await loadModelSet(handles, this.settings)
    return this.loaded
  }

  /**
   * What a request of this person at this time and from there would rank, as of the records applied so far.
   * @param models one that `use` gave; the last one if not given
   */
  async candidates(
    userId: string,
    now: number,
    context: EventContext = {},
    models: LoadedModelSet = this.loaded!,
  ): Promise<OfflineCandidates> {
    const { catalog } = this.replay
    const { generation, spaces, encoder } = models
    const view = this.replay.view(userId, contextCodes(context, catalog), now)
    const history = queryHistory(view, { generation, tablesVersion: 0, querySeq: catalog.appliedSeq }, catalog)
    const pins = {
      generation,
      tablesVersion: this.version,
      catalogSeq: catalog.appliedSeq,
      counterEpoch: this.counters.epoch,
      seed: hashId(userId),
      globalShard: 0,
    }
    const request = { requestId: '', userId, n: 10, context: {}, exclude: [], categories: [], explain: false }
    const vectors = await encoder.encode(history, catalog.items)
    const frame = packRequest(request, view, vectors, pins, this.settings, catalog)
    const query = decodeFrame(requestLayout, frame)
    const reply = decodeFrame(retrievalLayout, this.retrieval.retrieve(frame))
    return this.prepared(query, reply, spaces)
  }

  private prepared(query: RequestFrame, reply: RetrievalFrame, spaces: ModelSpaces): OfflineCandidates {
    const { stage, partStage, counters } = this
    const { items } = this.replay.catalog
    const prepared = stage.merge(query, [reply], items)
    const { bestRank, proposers, item } = prepared.candidates
    let features: Float32Array<ArrayBuffer> | null = null
    return {
      ...prepared,
      get features() {
        features ??= stage.features(query, items, counters, spaces)
        return features
      },
      featuresOf(places) {
        const part = {
          items: Uint32Array.from(places, place => item[place]),
          bestRank: Uint16Array.from(places, place => bestRank[place]),
          proposers: Uint32Array.from(places, place => proposers[place]),
        }
        partStage.admit(part, query, items)
        return partStage.features(query, items, counters, spaces)
      },
    }
  }

  /** At its epoch, as a server does: lists that were made when somebody asks would know what came since. */
  private publish(): void {
    const { epoch, counters, catalog } = this.replay
    counters.releaseBefore(epoch.epoch)
    this.counters = new CounterEpochReader(epoch)
    this.retrieval.partition.setTables({
      version: ++this.version,
      items: catalog.table.handles(),
      counters: epoch,
      popular: counters.lists(epoch.epoch, epoch.at),
    })
  }

  private itemChanged(item: number, row: number): void {
    const { catalog } = this.replay
    const document = catalog.document(item)
    if (document === undefined) this.models.clear(row)
    else this.models.admit(row, document)
    if (this.loaded !== null) exhaust(this.retrieval.partition.update(Uint32Array.of(item)))
    // Nobody asks about the past here, and a long history would have more versions than there is room for.
    for (const superseded of catalog.table.reclaim(catalog.appliedSeq + 1)) this.models.clear(superseded)
  }
}

function searchingExactly(settings: Settings): Settings {
  return settingsFromText({ ...settingsText(settings), 'index.exactItemsMax': String(exactItemsMax) })
}
