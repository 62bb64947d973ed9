import type { EventContext } from '../../domain/event.ts'
import type { ModelSetContents } from '../../funnel/model-set-files.ts'
import { type OfflineCandidates, OfflineFunnel } from '../offline-funnel.ts'
import type { RankerQuery } from '../ranker-queries.ts'
import type { QueryOutcome } from '../ranker-rows.ts'
import type { DataSetTask } from './data-set.ts'

export interface AskedQuery {
  readonly query: RankerQuery
  /** Time of the request, epoch ms. */
  readonly time: number
  readonly context: EventContext
  /** Valid until the next query is asked. */
  readonly candidates: OfflineCandidates
  readonly outcome: QueryOutcome
  /** The id of a candidate's item. */
  readonly itemId: (ordinal: number) => string
}

/**
 * Replays the journal once and asks the funnel at each query, as the request would have been made that the query's event
 * tells of: just before that event is applied, with its time and its context.
 *
 * @param queries in journal order, all behind `fitsThrough`
 * @param models fitted on nothing behind `fitsThrough`, from where on candidates come from them
 */
export async function* askQueries(
  { journal, settings, limits, toSeq }: Pick<DataSetTask, 'journal' | 'settings' | 'limits' | 'toSeq'>,
  queries: readonly RankerQuery[],
  models: ModelSetContents,
  fitsThrough: number,
): AsyncGenerator<AskedQuery> {
  const funnel = new OfflineFunnel(settings, limits)
  let next = 0
  for (const numbered of journal.read(journal.firstSeq, { toSeq })) {
    const { seq, record } = numbered
    if (next < queries.length && queries[next].seq === seq && record.kind === 'event') {
      const { time, context = {} } = record.event
      yield await ask(funnel, queries[next++], time, context)
      if (next === queries.length) return
    }
    funnel.apply(numbered)
    if (seq === fitsThrough) await funnel.use(models)
  }
}

async function ask(funnel: OfflineFunnel, query: RankerQuery, time: number, context: EventContext) {
  const { catalog } = funnel.replay
  const ordinal = (id: string) => catalog.findItem(id)
  const candidates = await funnel.candidates(query.userId, time, context)
  const outcome: QueryOutcome = {
    wanted: new Map(Array.from(query.wanted, ([id, roles]) => [ordinal(id), roles])),
    undecided: new Set(Array.from(query.undecided, ordinal)),
    shown: new Set(Array.from(query.shown, ordinal)),
  }
  return { query, time, context, candidates, outcome, itemId: (item: number) => catalog.itemId(item) }
}
