import type { Settings } from '../config/settings.ts'
import { decodeFrame, encodeFrame } from '../domain/frame.ts'
import { filters } from './filters/registry.ts'
import { IndexPartition } from './index-partition.ts'
import { Proposals } from './proposals.ts'
import { requestLayout } from './request-frame.ts'
import { retrievalLayout } from './retrieval-frame.ts'
import { funnelSettings } from './settings.ts'
import { sources } from './sources/registry.ts'

/**
 * Retrieval as an index thread runs it: every enabled source over this partition, each proposal filtered as it is
 * offered. One call at a time; all scratch is reused.
 */
export class RetrievalStage {
  readonly partition: IndexPartition
  private readonly proposals: Proposals
  private readonly shard: number
  private readonly monotonicMs: () => number

  constructor(shard: number, shards: number, settings: Settings, monotonicMs: () => number) {
    this.shard = shard
    this.monotonicMs = monotonicMs
    this.partition = new IndexPartition(shards, settings)
    this.proposals = new Proposals(
      sources.length * 1000,
      sources.length,
      filters,
      settings.of(funnelSettings).removedInTraceMax,
    )
  }

  /** Packed request in, packed proposals out, see `request-frame.ts` and `retrieval-frame.ts`. */
  retrieve(request: ArrayBufferLike): ArrayBuffer {
    const started = this.monotonicMs()
    const query = decodeFrame(requestLayout, request)
    const { partition, proposals } = this
    partition.begin(query)
    proposals.begin(query, partition)
    for (let s = 0; s < sources.length; s++) {
      const budget = this.budgetOf(s, query.budgets[s], query.globalShard)
      if (budget === 0) continue
      proposals.beginSource(s, budget, sources[s].kind === 'partitioned' ? partition : null)
      sources[s].propose(query, partition, proposals)
    }
    return encodeFrame(retrievalLayout, {
      shard: this.shard,
      elapsedMs: this.monotonicMs() - started,
      generation: partition.generation,
      counts: proposals.counts,
      items: proposals.items.subarray(0, proposals.total),
      scores: proposals.scores.subarray(0, proposals.total),
      removedCounts: proposals.removedCounts,
      removedItems: proposals.removedItems.subarray(0, proposals.removedTotal),
      removedBy: proposals.removedBy.subarray(0, proposals.removedTotal),
      removedFrom: proposals.removedFrom.subarray(0, proposals.removedTotal),
    })
  }

  private budgetOf(source: number, budget: number, globalShard: number): number {
    if (sources[source].kind === 'global') return globalShard === this.shard ? budget : 0
    return this.partition.shareOf(budget)
  }
}
