/**
 * Recall of the approximate search against the exact one, as production asks it: the same partitions, sources, filters,
 * widths and merging, with real query vectors of people.
 */

import type { Settings } from '../config/settings.ts'
import type { CatalogState } from '../domain/catalog-state.ts'
import type { PublishedEpoch } from '../funnel/counters-state.ts'
import { exhaust } from '../funnel/exhaust.ts'
import { filters } from '../funnel/filters/registry.ts'
import { gatherProposals } from '../funnel/gather.ts'
import { IndexPartition } from '../funnel/index-partition.ts'
import type { Partition, RankedItems } from '../funnel/partition.ts'
import { type ModelSetHandles, type SpaceName, spaceNames } from '../funnel/ports.ts'
import { Proposals } from '../funnel/proposals.ts'
import type { RequestFrame } from '../funnel/request-frame.ts'
import type { RetrievalFrame } from '../funnel/retrieval-frame.ts'
import { indexSettings } from '../funnel/settings.ts'
import { commonSettings } from '../funnel/source-settings.ts'
import { sources } from '../funnel/sources/registry.ts'

export interface IndexRecallInput {
  readonly settings: Settings
  readonly catalog: CatalogState
  readonly epoch: PublishedEpoch
  /** A model set whose vectors are filled for all items of the catalogue. */
  readonly handles: ModelSetHandles
  /** People's requests, with their query vectors. */
  readonly requests: readonly RequestFrame[]
}

export interface SpaceRecall {
  /** Items with a vector, over all partitions. */
  readonly items: number
  /** Requests with a query vector in this space. */
  readonly requests: number
  /** Searches of one partition that went through the graph, and those that were scanned exactly instead. */
  readonly searches: number
  readonly scans: number
  /** Neighbours that a search of the graph asked for. */
  readonly meanK: number
  readonly largestK: number
  /** Share of each partition's true k nearest that its graph found, over all its searches; NaN without one. */
  readonly recallPerSearch: number
  /** Share of what an exact search of the whole catalogue proposes that the source proposed. */
  readonly recallMerged: number
}

export interface IndexRecall {
  readonly partitions: number
  readonly linksPerPoint: number
  readonly buildWidth: number
  readonly searchWidthFactor: number
  readonly spaces: Readonly<Record<SpaceName, SpaceRecall>>
}

export function measureIndexRecall(input: IndexRecallInput): IndexRecall {
  const { linksPerPoint, buildWidth, searchWidthFactor } = input.settings.of(indexSettings)
  const partitions = buildPartitions(input)
  const spaces = spaceNames.map(space => [space, measureSpace(space, partitions, input)] as const)
  return {
    partitions: partitions.length,
    linksPerPoint,
    buildWidth,
    searchWidthFactor,
    spaces: Object.fromEntries(spaces) as Record<SpaceName, SpaceRecall>,
  }
}

function buildPartitions({ settings, catalog, epoch, handles }: IndexRecallInput): IndexPartition[] {
  const { shards } = settings.of(indexSettings)
  return Array.from({ length: shards }, (_, shard) => {
    const owned = Uint32Array.from({ length: catalog.items.itemCount }, (_, item) => item).filter(
      item => catalog.ids.hashOf(item) % shards === shard,
    )
    const partition = new IndexPartition(shards, settings)
    partition.setTables({ version: 1, items: catalog.table.handles(), ...epoch })
    exhaust(partition.update(owned))
    exhaust(partition.prepare({ ...handles, owned }))
    return partition
  })
}

function measureSpace(space: SpaceName, partitions: readonly IndexPartition[], input: IndexRecallInput): SpaceRecall {
  const source = sources.findIndex(({ name }) => name === space)
  const budgets = new Uint16Array(sources.length)
  budgets[source] = commonSettings(input.settings, sources[source].settings).budget
  const found = partitions.map(partition => new ProbedPartition(partition))
  const exact = partitions.map(partition => new ExactPartition(partition))
  const proposals = new Proposals(budgets[source], sources.length, filters, 0)
  let requests = 0
  let wanted = 0
  let hits = 0
  for (const request of input.requests) {
    if ((space === 'collaborative' ? request.collaborativeQuery : request.contentQuery).length === 0) continue
    requests++
    const answer = (asked: readonly DelegatedPartition[]) =>
      gatherProposals(
        asked.map(partition => propose(source, budgets[source], request, partition, proposals)),
        budgets,
      )[source].items
    const truth = new Set(answer(exact))
    wanted += truth.size
    for (const item of answer(found)) if (truth.has(item)) hits++
  }
  const tally = found.map(partition => partition.tally).reduce(sumOf)
  return {
    items: partitions.reduce((sum, partition) => sum + partition.sizeOf(space), 0),
    requests,
    searches: tally.searches,
    scans: tally.scans,
    meanK: tally.asked / tally.searches,
    largestK: tally.largestK,
    recallPerSearch: tally.hits / tally.wanted,
    recallMerged: hits / wanted,
  }
}

/** One source over one partition, as `RetrievalStage` runs it. */
function propose(
  source: number,
  budget: number,
  request: RequestFrame,
  partition: DelegatedPartition,
  proposals: Proposals,
): RetrievalFrame {
  partition.inner.begin(request)
  proposals.begin(request, partition)
  proposals.beginSource(source, partition.inner.shareOf(budget), partition.inner)
  sources[source].propose(request, partition, proposals)
  return {
    shard: 0,
    elapsedMs: 0,
    counts: proposals.counts.slice(),
    items: proposals.items.slice(0, proposals.total),
    scores: proposals.scores.slice(0, proposals.total),
    removedCounts: proposals.removedCounts,
    removedItems: proposals.removedItems,
    removedBy: proposals.removedBy,
    removedFrom: proposals.removedFrom,
  }
}

/** A partition that answers as another does. */
class DelegatedPartition implements Partition {
  readonly inner: IndexPartition

  constructor(inner: IndexPartition) {
    this.inner = inner
  }

  get settings() {
    return this.inner.settings
  }

  get partitions() {
    return this.inner.partitions
  }

  get items() {
    return this.inner.items
  }

  get counters() {
    return this.inner.counters
  }

  get popular() {
    return this.inner.popular
  }

  get exactScanShare() {
    return this.inner.exactScanShare
  }

  sample(): Uint32Array {
    return this.inner.sample()
  }

  sizeOf(space: SpaceName): number {
    return this.inner.sizeOf(space)
  }

  nearest(space: SpaceName, query: Float32Array, k: number): RankedItems {
    return this.inner.nearest(space, query, k)
  }

  scan(space: SpaceName, query: Float32Array, k: number): RankedItems {
    return this.inner.scan(space, query, k)
  }

  relatedToHistory(query: RequestFrame, k?: number): RankedItems {
    return this.inner.relatedToHistory(query, k)
  }

  newest(query: RequestFrame, since: number, scanMax: number): RankedItems {
    return this.inner.newest(query, since, scanMax)
  }
}

class ExactPartition extends DelegatedPartition {
  override nearest(space: SpaceName, query: Float32Array, k: number): RankedItems {
    return this.inner.scan(space, query, k)
  }
}

interface Tally {
  readonly searches: number
  readonly scans: number
  readonly asked: number
  readonly largestK: number
  readonly wanted: number
  readonly hits: number
}

/** Compares every search of the graph with the exact one. */
class ProbedPartition extends DelegatedPartition {
  tally: Tally = { searches: 0, scans: 0, asked: 0, largestK: 0, wanted: 0, hits: 0 }

  override nearest(space: SpaceName, query: Float32Array, k: number): RankedItems {
    const exact = this.inner.scan(space, query, k)
    const truth = new Set(exact.items.subarray(0, exact.count))
    const found = this.inner.nearest(space, query, k)
    let hits = 0
    for (let i = 0; i < found.count; i++) if (truth.has(found.items[i])) hits++
    this.tally = sumOf(this.tally, { searches: 1, scans: 0, asked: k, largestK: k, wanted: truth.size, hits })
    return found
  }

  override scan(space: SpaceName, query: Float32Array, k: number): RankedItems {
    this.tally = { ...this.tally, scans: this.tally.scans + 1 }
    return this.inner.scan(space, query, k)
  }
}

function sumOf(a: Tally, b: Tally): Tally {
  return {
    searches: a.searches + b.searches,
    scans: a.scans + b.scans,
    asked: a.asked + b.asked,
    largestK: Math.max(a.largestK, b.largestK),
    wanted: a.wanted + b.wanted,
    hits: a.hits + b.hits,
  }
}
