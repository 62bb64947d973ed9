import {
  emptyEvidence,
  REASON,
  type ReasonCode,
  type ReasonEvidence,
  recordContributions,
  recordEvidence,
} from '../../algorithms/ranking/explanations.ts'
import type { CandidateSet } from '../../domain/candidate-set.ts'
import type { ItemReader } from '../../domain/item-table/item-reader.ts'
import { findSegment, type PopularLists, type ScoredItems } from '../../domain/popular-lists.ts'
import type { ModelSpaces } from '../model-spaces.ts'
import type { CoVisitationLists } from '../ports.ts'
import type { RequestFrame } from '../request-frame.ts'

export interface EvidenceTables {
  readonly items: ItemReader
  readonly popular: PopularLists
  readonly spaces: ModelSpaces | null
  readonly launchWindowMs: number
}

/** How far back a reason may reach: people do not recall what they watched long ago. */
const historyReach = 30
/** Places of a list of popular titles that are worth mentioning. */
const listReach = 50
/** A power of two: by an item's low bits, whether it may be among the chosen. */
const maybeChosenLength = 4096

/** What the funnel really knows about why each returned candidate is there. */
export function gatherEvidence(
  candidates: CandidateSet,
  chosen: Int32Array,
  query: RequestFrame,
  tables: EvidenceTables,
): ReasonEvidence {
  const evidence = emptyEvidence(chosen.length)
  const segment = query.segment === 0 ? -1 : findSegment(tables.popular, query.segment)
  if (tables.spaces !== null) recordWatched(evidence, candidates, chosen, query, tables.spaces.coVisitation)
  for (let i = 0; i < chosen.length; i++) {
    const item = candidates.item[chosen[i]]
    const row = candidates.row[chosen[i]]
    if (tables.spaces !== null) {
      recordSimilar(evidence, i, row, query, tables.items, tables.spaces)
      recordTaste(evidence, i, row, query, tables.spaces)
    }
    recordCreator(evidence, i, row, query, tables.items)
    recordNewness(evidence, i, row, query.now, tables)
    recordPopularity(evidence, i, item, segment, tables.popular)
  }
  return evidence
}

/** Walks each list of the history once for all the chosen, because nearly everything in the lists is not among them. */
function recordWatched(
  evidence: ReasonEvidence,
  { item }: CandidateSet,
  chosen: Int32Array,
  { historyItem, historyWeight }: RequestFrame,
  { offsets, neighbours, scores }: CoVisitationLists,
): void {
  const reach = Math.min(historyReach, historyItem.length)
  const placeOf = new Map<number, number>()
  const maybeChosen = new Uint8Array(maybeChosenLength)
  chosen.forEach((candidate, i) => {
    placeOf.set(item[candidate], i)
    maybeChosen[item[candidate] & (maybeChosenLength - 1)] = 1
  })
  const contributions = new Float32Array(chosen.length * reach)
  for (let h = 0; h < reach; h++) {
    const from = historyItem[h]
    if (!(historyWeight[h] > 0) || from + 1 >= offsets.length) continue
    for (let at = offsets[from]; at < offsets[from + 1]; at++) {
      if (maybeChosen[neighbours[at] & (maybeChosenLength - 1)] === 0) continue
      const i = placeOf.get(neighbours[at])
      if (i !== undefined) contributions[i * reach + h] = scores[at]
    }
  }
  const history = historyItem.subarray(0, reach)
  for (let i = 0; i < chosen.length; i++)
    recordContributions(evidence, i, contributions.subarray(i * reach, (i + 1) * reach), history)
}

function recordSimilar(
  evidence: ReasonEvidence,
  i: number,
  row: number,
  query: RequestFrame,
  items: ItemReader,
  spaces: ModelSpaces,
): void {
  let best = 0
  let like = -1
  for (let h = 0; h < Math.min(10, query.historyItem.length); h++) {
    if (!(query.historyWeight[h] > 0)) continue
    const past = items.rowAt(query.historyItem[h], query.catalogSeq)
    const similarity = past < 0 ? 0 : spaces.content.dotRows(row, past)
    if (similarity > best) {
      best = similarity
      like = query.historyItem[h]
    }
  }
  if (like >= 0) recordEvidence(evidence, i, REASON.similarContent, best, like)
}

function recordCreator(evidence: ReasonEvidence, i: number, row: number, query: RequestFrame, items: ItemReader): void {
  const creators = items.creatorCount(row)
  if (creators === 0) return
  let titles = 0
  let latest = -1
  for (let h = 0; h < Math.min(historyReach, query.historyItem.length); h++) {
    if (!(query.historyWeight[h] > 0)) continue
    const past = items.rowAt(query.historyItem[h], query.catalogSeq)
    if (past < 0 || !sharesCreator(items, row, past)) continue
    titles++
    if (latest < 0) latest = query.historyItem[h]
  }
  if (titles > 0) recordEvidence(evidence, i, REASON.fromCreator, titles, latest)
}

function sharesCreator(items: ItemReader, a: number, b: number): boolean {
  for (let i = 0; i < items.creatorCount(a); i++) {
    for (let j = 0; j < items.creatorCount(b); j++) if (items.creatorAt(a, i) === items.creatorAt(b, j)) return true
  }
  return false
}

function recordNewness(evidence: ReasonEvidence, i: number, row: number, now: number, tables: EvidenceTables): void {
  const age = now - tables.items.publishedAt(row)
  if (age >= 0 && age < tables.launchWindowMs) {
    recordEvidence(evidence, i, REASON.newItem, 1 - age / tables.launchWindowMs)
  }
}

function recordTaste(
  evidence: ReasonEvidence,
  i: number,
  row: number,
  query: RequestFrame,
  { collaborative }: ModelSpaces,
): void {
  if (query.collaborativeQuery.length === 0 || !collaborative.has(row)) return
  recordEvidence(evidence, i, REASON.tasteMatch, collaborative.dot(row, query.collaborativeQuery))
}

/** A segment is named only where the title stands higher in it than it does with everybody. */
function recordPopularity(
  evidence: ReasonEvidence,
  i: number,
  item: number,
  segment: number,
  { trending, popular, segmentItems, segmentOffsets }: PopularLists,
): void {
  const everywhere = placeIn(trending, 0, listReach, item)
  if (segment >= 0) {
    const [from, to] = [segmentOffsets[segment], segmentOffsets[segment + 1]]
    const place = placeIn(segmentItems, from, Math.min(to, from + listReach), item)
    if (everywhere < 0 || place < everywhere) recordPlace(evidence, i, REASON.popularInSegment, place)
  }
  recordPlace(evidence, i, REASON.trending, everywhere)
  recordPlace(evidence, i, REASON.popular, placeIn(popular, 0, listReach, item))
}

function recordPlace(evidence: ReasonEvidence, i: number, reason: ReasonCode, place: number): void {
  if (place >= 0) recordEvidence(evidence, i, reason, 1 - place / listReach)
}

/** Place of the item within [from, to) of a list, −1 when it is not there. */
function placeIn(list: ScoredItems, from: number, to: number, item: number): number {
  const end = Math.min(to, list.items.length)
  for (let at = from; at < end; at++) if (list.items[at] === item) return at - from
  return -1
}
