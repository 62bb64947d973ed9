import { type MergedCandidates, ProposalMerger } from '../algorithms/retrieval/merge.ts'
import { SparseAccumulator } from '../algorithms/retrieval/sparse-accumulator.ts'
import type { Settings } from '../config/settings.ts'
import { CandidateSet } from '../domain/candidate-set.ts'
import type { CounterReader } from '../domain/counters.ts'
import type { ItemReader } from '../domain/item-table/item-reader.ts'
import { FeatureAssembler } from '../features/assemble.ts'
import { featureCount } from '../features/schema.ts'
import { featureSettings } from '../features/settings.ts'
import { gatherProposals, type SourceProposals } from './gather.ts'
import { hydrateCoVisitation } from './hydrators/co-visitation.ts'
import type { ModelSpaces } from './model-spaces.ts'
import { queryVectorsOf, type RequestFrame } from './request-frame.ts'
import type { RetrievalFrame } from './retrieval-frame.ts'
import { commonSettings } from './source-settings.ts'
import { itemToItemSettings } from './sources/item-to-item.ts'
import { sources } from './sources/registry.ts'

/** Candidates of one request with their features; the columns belong to the stage and are reused. */
export interface PreparedCandidates {
  readonly candidates: CandidateSet
  readonly proposals: readonly SourceProposals[]
  readonly merged: MergedCandidates
}

/** What a candidate brings from retrieval. */
export type MergedColumns = Pick<MergedCandidates, 'items' | 'bestRank' | 'proposers'>

/**
 * From the answers of the partitions to candidates with features. Rank threads, the making of training rows and the
 * check of served feeds all come here, so a model sees in training what it will see when it serves.
 */
export class CandidateStage {
  private readonly settings: Settings
  private readonly merger = new ProposalMerger()
  private readonly assembler: FeatureAssembler
  private readonly weights: Float32Array
  private accumulator = new SparseAccumulator(1024)
  private candidates = new CandidateSet(1024)
  private matrix = new Float32Array(1024 * featureCount)

  constructor(settings: Settings) {
    this.settings = settings
    this.assembler = new FeatureAssembler(settings.of(featureSettings))
    this.weights = Float32Array.from(sources, source => commonSettings(settings, source.settings).weight)
  }

  /** Puts the partitions together and merges the sources, best first, cut to the request's candidate limit. */
  merge(query: RequestFrame, replies: readonly RetrievalFrame[], items: ItemReader): PreparedCandidates {
    const proposals = gatherProposals(replies, query.budgets)
    const merged = this.merger.merge(proposals, query.candidateLimit, this.weights)
    return { candidates: this.admit(merged, query, items), proposals, merged }
  }

  /** Takes candidates in their merged order; those of a served feed come from its record. */
  admit(merged: MergedColumns, query: RequestFrame, items: ItemReader): CandidateSet {
    const count = merged.items.length
    if (count > this.candidates.capacity) {
      this.candidates = new CandidateSet(count)
      this.matrix = new Float32Array(count * featureCount)
    }
    const { candidates } = this
    candidates.count = count
    candidates.item.set(merged.items)
    candidates.bestRank.set(merged.bestRank)
    candidates.proposers.set(merged.proposers)
    // All proposals passed the filters at `catalogSeq`, so each has a row there.
    for (let i = 0; i < count; i++) candidates.row[i] = items.rowAt(merged.items[i], query.catalogSeq)
    return candidates
  }

  /** Features of what was taken last, [candidates × featureCount]; zeros while there is no model set. */
  features(
    query: RequestFrame,
    items: ItemReader,
    counters: CounterReader,
    spaces: ModelSpaces | null,
  ): Float32Array<ArrayBuffer> {
    const { candidates } = this
    const matrix = this.matrix.subarray(0, candidates.count * featureCount)
    if (spaces === null) return matrix.fill(0)
    if (this.accumulator.capacity < items.itemCount) this.accumulator = new SparseAccumulator(items.itemCount * 2)
    const lists = spaces.coVisitation
    hydrateCoVisitation(query, lists, this.settings.of(itemToItemSettings), this.accumulator, candidates)
    this.assembler.assemble(
      query,
      candidates,
      { items, catalogSeq: query.catalogSeq, counters, spaces: spaces.readers },
      queryVectorsOf(query),
      matrix,
    )
    return matrix
  }
}
