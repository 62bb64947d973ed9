import { chooseReasons, DEFAULT_REASON_POLICY } from '../algorithms/ranking/explanations.ts'
import type { MergedCandidates } from '../algorithms/retrieval/merge.ts'
import { TopK } from '../algorithms/retrieval/top-k.ts'
import { createRandom } from '../algorithms/statistics/random.ts'
import type { Settings } from '../config/settings.ts'
import type { CandidateSet } from '../domain/candidate-set.ts'
import type { CounterReader } from '../domain/counters.ts'
import { decodeFrame, encodeFrame } from '../domain/frame.ts'
import { objectiveCount } from '../domain/roles.ts'
import { hashFeatures } from '../features/feature-hash.ts'
import { featureCount } from '../features/schema.ts'
import { packCandidates } from './candidate-log.ts'
import { CandidateStage, type PreparedCandidates } from './candidate-stage.ts'
import { filters } from './filters/registry.ts'
import { gatherRemovals } from './gather.ts'
import { gatherEvidence } from './hydrators/reason-evidence.ts'
import type { LoadedModelSet } from './loaded-model-set.ts'
import { type RankingFrame, rankingLayout } from './ranking-frame.ts'
import { type RequestFrame, requestLayout, stopAfterCode } from './request-frame.ts'
import { type RetrievalFrame, retrievalLayout } from './retrieval-frame.ts'
import { scoreByMerge } from './scorers/merge-scorer.ts'
import { type Selection, SlateSelector } from './selectors/slate.ts'
import { funnelSettings } from './settings.ts'
import { freshSettings } from './sources/fresh.ts'
import { sources } from './sources/registry.ts'
import type { TableReaders } from './table-readers.ts'

/**
 * Ranking and re-ranking as a rank thread runs them: merge, features, model, value, slate. One request at a time; the
 * columns are reused.
 */
export class RankStage {
  private readonly settings: Settings
  private readonly tables: TableReaders
  private readonly monotonicMs: () => number
  private readonly stage: CandidateStage
  private readonly selector: SlateSelector
  private readonly top = new TopK()

  constructor(settings: Settings, tables: TableReaders, monotonicMs: () => number) {
    this.settings = settings
    this.tables = tables
    this.monotonicMs = monotonicMs
    this.stage = new CandidateStage(settings)
    this.selector = new SlateSelector(settings)
  }

  /**
   * @param models the pinned model set, or null while none is promoted: candidates then keep their merged order
   * @throws RangeError when a pinned version is gone
   */
  async rank(
    request: ArrayBufferLike,
    shards: readonly ArrayBufferLike[],
    models: LoadedModelSet | null,
  ): Promise<ArrayBuffer> {
    const started = this.monotonicMs()
    const query = decodeFrame(requestLayout, request)
    const replies = shards.map(shard => decodeFrame(retrievalLayout, shard))
    const { items } = this.tables
    const counters = this.tables.countersAt(query.counterEpoch)
    const prepared = this.stage.merge(query, replies, items)
    const mergedAt = this.monotonicMs()

    const matrix = this.stage.features(query, items, counters, models?.spaces ?? null)
    const featuresAt = this.monotonicMs()

    const { candidates, merged } = prepared
    const neural = (await models?.ranker?.score(matrix, candidates)) ?? false
    if (!neural) scoreByMerge(merged, candidates)
    const scoredAt = this.monotonicMs()

    const selection = this.select(query, candidates, counters, models)
    return encodeFrame(rankingLayout, {
      ...this.columns(query, selection, prepared, matrix, models),
      ...removalColumns(replies),
      neural: neural ? 1 : 0,
      generation: commonGeneration(replies, models),
      mergeMs: mergedAt - started,
      featuresMs: featuresAt - mergedAt,
      scoreMs: scoredAt - featuresAt,
      slateMs: this.monotonicMs() - scoredAt,
    })
  }

  private select(
    query: RequestFrame,
    candidates: CandidateSet,
    counters: CounterReader,
    models: LoadedModelSet | null,
  ): Selection {
    if (query.stopAfter === stopAfterCode.slate) {
      const tables = { items: this.tables.items, counters, content: models?.spaces.content ?? null }
      return this.selector.select(candidates, query.n, query.now, tables, createRandom(query.seed))
    }
    return query.stopAfter === stopAfterCode.ranked
      ? this.bestByValue(candidates, query.n)
      : firstMerged(candidates, query.n)
  }

  private bestByValue(candidates: CandidateSet, n: number): Selection {
    const count = Math.min(n, candidates.count)
    this.top.begin(count)
    for (let i = 0; i < candidates.count; i++) this.top.offer(i, candidates.value[i])
    const order = new Uint32Array(count)
    this.top.drain(order, new Float32Array(count))
    return plainSelection(Int32Array.from(order))
  }

  private columns(
    query: RequestFrame,
    selection: Selection,
    { candidates, merged, proposals }: PreparedCandidates,
    matrix: Float32Array,
    models: LoadedModelSet | null,
  ): Omit<
    RankingFrame,
    keyof ReturnType<typeof removalColumns> | 'neural' | 'generation' | 'mergeMs' | 'featuresMs' | 'scoreMs' | 'slateMs'
  > {
    const chosen = selection.candidates
    const evidence = gatherEvidence(candidates, chosen, query, {
      items: this.tables.items,
      popular: this.tables.popular,
      spaces: models?.spaces ?? null,
      launchWindowMs: this.settings.of(freshSettings).launchWindowMs,
    })
    const reasons = chooseReasons(evidence, DEFAULT_REASON_POLICY)
    const logged = query.stopAfter === stopAfterCode.slate && this.settings.of(funnelSettings).logCandidates
    return {
      ranked: candidates.count,
      slateLength: selection.slateLength,
      featureHash: hashFeatures(matrix, matrix.length),
      featureCount,
      sourceCount: sources.length,
      relaxed: selection.relaxed ? 1 : 0,
      items: Uint32Array.from(chosen, i => candidates.item[i]),
      values: Float32Array.from(chosen, i => candidates.value[i]),
      probabilities: takeRows(candidates.probabilities, chosen, objectiveCount),
      proposers: Uint32Array.from(chosen, i => candidates.proposers[i]),
      sourceRank: provenance(merged.ranks, merged, chosen, Uint16Array),
      sourceScore: provenance(merged.scores, merged, chosen, Float32Array),
      mergedRank: Uint16Array.from(chosen),
      rankedAt: placesByValue(candidates, chosen),
      propensity: selection.propensities,
      placedBy: selection.explored,
      reasonCode: reasons.codes,
      reasonReference: reasons.references,
      features: takeRows(matrix, chosen, featureCount),
      proposed: Uint16Array.from(proposals, ({ items }) => items.length),
      candidates: logged ? packCandidates(candidates) : new Uint8Array(0),
    }
  }
}

/** What proposed and what ranks say themselves which set they are of; −1 where they do not agree. */
function commonGeneration(replies: readonly RetrievalFrame[], models: LoadedModelSet | null): number {
  const generation = models?.generation ?? 0
  return replies.every(reply => reply.generation === generation) ? generation : -1
}

/** The place each chosen candidate has among all by value, before re-ranking. */
function placesByValue({ value, count }: CandidateSet, chosen: Int32Array): Uint16Array {
  return Uint16Array.from(chosen, i => {
    let better = 0
    for (let j = 0; j < count; j++) if (value[j] > value[i] || (value[j] === value[i] && j < i)) better++
    return better
  })
}

function firstMerged(candidates: CandidateSet, n: number): Selection {
  return plainSelection(Int32Array.from({ length: Math.min(n, candidates.count) }, (_, i) => i))
}

/** An order that re-ranking did not touch. */
function plainSelection(candidates: Int32Array): Selection {
  return {
    candidates,
    slateLength: candidates.length,
    propensities: new Float32Array(candidates.length).fill(1),
    explored: new Uint8Array(candidates.length),
    relaxed: false,
  }
}

function takeRows(matrix: Float32Array, rows: Int32Array, width: number): Float32Array {
  const taken = new Float32Array(rows.length * width)
  for (let i = 0; i < rows.length; i++) taken.set(matrix.subarray(rows[i] * width, (rows[i] + 1) * width), i * width)
  return taken
}

/** From [source][candidate] to [chosen × source]. */
function provenance<T extends Uint16Array | Float32Array>(
  columns: T,
  merged: MergedCandidates,
  chosen: Int32Array,
  Column: { new (length: number): T },
): T {
  const rows = new Column(chosen.length * merged.sourceCount)
  for (let i = 0; i < chosen.length; i++) {
    for (let s = 0; s < merged.sourceCount; s++)
      rows[i * merged.sourceCount + s] = columns[s * merged.count + chosen[i]]
  }
  return rows
}

function removalColumns(replies: Parameters<typeof gatherRemovals>[0]) {
  const { counts, items, by, from } = gatherRemovals(replies, filters.length)
  return { removedCounts: counts, removedItems: items, removedBy: by, removedFrom: from }
}
