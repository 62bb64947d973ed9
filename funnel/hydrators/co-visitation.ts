import { accumulateFromHistory } from '../../algorithms/retrieval/item-lists.ts'
import type { SparseAccumulator } from '../../algorithms/retrieval/sparse-accumulator.ts'
import type { CandidateSet } from '../../domain/candidate-set.ts'
import type { CoVisitationLists } from '../ports.ts'
import type { RequestFrame } from '../request-frame.ts'
import type { ItemToItemSettings } from '../sources/item-to-item.ts'

/** The part of a request that the affinity through item-to-item lists is a function of. */
export type HistoryColumns = Pick<RequestFrame, 'historyItem' | 'historyWeight'>

const weights = new Float32Array(256)

/**
 * Adds up, over the recent history, what each engagement says about its neighbours; recent engagements weigh more.
 * The source and the ranking feature both come from here, so they cannot differ.
 */
export function scatterHistory(
  { historyItem, historyWeight }: HistoryColumns,
  lists: CoVisitationLists,
  { recentItems, decayItems }: ItemToItemSettings,
  accumulator: SparseAccumulator,
): void {
  const count = Math.min(recentItems, historyItem.length, weights.length)
  for (let i = 0; i < count; i++) weights[i] = Math.max(0, historyWeight[i]) * 2 ** (-i / decayItems)
  accumulateFromHistory(lists, historyItem.subarray(0, count), weights.subarray(0, count), accumulator)
}

/** Fills the column `coVisitation` of the candidates. */
export function hydrateCoVisitation(
  query: HistoryColumns,
  lists: CoVisitationLists,
  settings: ItemToItemSettings,
  accumulator: SparseAccumulator,
  candidates: CandidateSet,
): void {
  scatterHistory(query, lists, settings, accumulator)
  for (let i = 0; i < candidates.count; i++) candidates.coVisitation[i] = accumulator.values[candidates.item[i]]
  accumulator.reset()
}
