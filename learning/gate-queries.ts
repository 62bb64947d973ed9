import { setImmediate as nextTurn } from 'node:timers/promises'
import { TopK } from '../algorithms/retrieval/top-k.ts'
import { ndcgAt } from '../algorithms/statistics/ranking-metrics.ts'
import type { EventContext, JournalEvent } from '../domain/event.ts'
import type { LoadedModelSet } from '../funnel/loaded-model-set.ts'
import type { ModelSetContents } from '../funnel/model-set-files.ts'
import { scoreByMerge } from '../funnel/scorers/merge-scorer.ts'
import { OfflineFunnel } from './offline-funnel.ts'
import type { RankerQuery } from './ranker-queries.ts'
import type { TrainingTask } from './training-task.ts'

const slateLength = 10

/** What the feeds of one set were worth on each query. */
export interface AskedSet {
  /** nDCG@10 over everything that was engaged with; NaN where nothing that still exists was. */
  readonly ndcg: Float64Array
  /** Share of the live items that were in a feed. */
  readonly coverage: number
}

/**
 * Replays the journal and asks every set the same queries, each through its own retrieval and its own ranker, with the
 * ten best by value as the feed.
 *
 * @param queries in journal order
 */
export async function askQueries(
  { journal, settings, limits, progress }: TrainingTask,
  queries: readonly RankerQuery[],
  sets: readonly ModelSetContents[],
  toSeq: number,
): Promise<AskedSet[]> {
  const funnel = new OfflineFunnel(settings, limits)
  const asking = new Asking(funnel, queries.length, sets)
  let next = 0
  progress.step('Asking the gate’s queries', queries.length)
  for (const numbered of journal.read(journal.firstSeq, { toSeq })) {
    if (next === queries.length) break
    if (numbered.seq === queries[next].seq && numbered.record.kind === 'event') {
      await asking.ask(next, queries[next], numbered.record.event)
      progress.advance()
      // The process hears that it is no longer wanted between two queries.
      if (++next % 16 === 0) await nextTurn()
    }
    funnel.apply(numbered)
  }
  progress.done()
  return asking.outcome()
}

class Asking {
  private readonly funnel: OfflineFunnel
  private readonly sets: readonly ModelSetContents[]
  private readonly ndcg: readonly Float64Array[]
  private readonly shown: readonly Set<number>[]
  private loaded: readonly LoadedModelSet[] = []

  constructor(funnel: OfflineFunnel, queries: number, sets: readonly ModelSetContents[]) {
    this.funnel = funnel
    this.sets = sets
    this.ndcg = sets.map(() => new Float64Array(queries))
    this.shown = sets.map(() => new Set())
  }

  /** Loads the sets at the first query: items that came before it have their vectors then. */
  async ask(place: number, query: RankerQuery, { time, context }: JournalEvent): Promise<void> {
    if (this.loaded.length === 0) {
      const loaded: LoadedModelSet[] = []
      for (const contents of this.sets) loaded.push(await this.funnel.use(contents))
      this.loaded = loaded
    }
    for (const [s, models] of this.loaded.entries()) {
      const slate = await slateOf(this.funnel, query.userId, time, context, models)
      this.ndcg[s][place] = ndcgOf(this.funnel, query, slate)
      for (const item of slate) this.shown[s].add(item)
    }
  }

  outcome(): AskedSet[] {
    const { items } = this.funnel.replay.catalog
    let live = 0
    for (let item = 0; item < items.itemCount; item++) {
      const row = items.currentRow(item)
      if (row >= 0 && !items.isDeleted(row)) live++
    }
    return this.ndcg.map((ndcg, s) => ({ ndcg, coverage: this.shown[s].size / Math.max(1, live) }))
  }
}

async function slateOf(
  funnel: OfflineFunnel,
  userId: string,
  time: number,
  context: EventContext | undefined,
  models: LoadedModelSet,
): Promise<Uint32Array> {
  const { candidates, merged, features } = await funnel.candidates(userId, time, context, models)
  const isRanked = (await models.ranker?.score(features, candidates)) ?? false
  if (!isRanked) scoreByMerge(merged, candidates)
  const length = Math.min(slateLength, candidates.count)
  const top = new TopK()
  top.begin(length)
  for (let i = 0; i < candidates.count; i++) top.offer(i, candidates.value[i])
  const order = new Uint32Array(length)
  top.drain(order, new Float32Array(length))
  return order.map(i => candidates.item[i])
}

function ndcgOf(funnel: OfflineFunnel, { wanted, undecided }: RankerQuery, slate: Uint32Array): number {
  const { catalog } = funnel.replay
  const relevant = new Set(Array.from(wanted.keys(), id => catalog.findLiveItem(id)).filter(item => item >= 0))
  const unknown = new Set(Array.from(undecided, id => catalog.findItem(id)))
  const gains = Array.from(
    slate.filter(item => !unknown.has(item)),
    item => (relevant.has(item) ? 1 : 0),
  )
  return ndcgAt(gains, new Array(relevant.size).fill(1), slateLength, 'truncated')
}
