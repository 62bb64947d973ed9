/**
 * Recall of the approximate search against the exact one, as production asks it: the same partitions, sources, filters,
 * widths and merging, with real query vectors of people.
 */

import type { Settings } from '../config/settings.ts'
import type { CatalogState } from '../domain/catalog-state.ts'
import { type PerSpace, type SpaceName, spaceNames } from '../features/vector-spaces.ts'
import type { PublishedEpoch } from '../funnel/counters-state.ts'
import { exhaust } from '../funnel/exhaust.ts'
import { filters } from '../funnel/filters/registry.ts'
import { gatherProposals } from '../funnel/gather.ts'
import { IndexPartition } from '../funnel/index-partition.ts'
import type { Partition, RankedItems } from '../funnel/partition.ts'
import type { ModelSetHandles } from '../funnel/ports.ts'
import { Proposals } from '../funnel/proposals.ts'
import { queryVectorsOf, type RequestFrame } from '../funnel/request-frame.ts'
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
  /** Of the spaces that the set was trained for. */
  readonly spaces: Readonly<Partial<Record<SpaceName, SpaceRecall>>>
}

const sourceOf: PerSpace<string> = {
  collaborative: 'collaborative',
  content: 'content',
  twoTower: 'two-tower',
  sequence: 'sequence',
}

export function measureIndexRecall(input: IndexRecallInput): IndexRecall {
  const { linksPerPoint, buildWidth, searchWidthFactor } = input.settings.of(indexSettings)
  const partitions = buildPartitions(input)
  const trained = spaceNames.filter(space => input.handles.spaces[space].dimension > 0)
  const spaces = trained.map(space => [space, measureSpace(space, partitions, input)] as const)
  return {
    partitions: partitions.length,
    linksPerPoint,
    buildWidth,
    searchWidthFactor,
    spaces: Object.fromEntries(spaces),
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
  const source = sources.findIndex(({ name }) => name === sourceOf[space])
  const budgets = new Uint16Array(sources.length)
  budgets[source] = commonSettings(input.settings, sources[source].settings).budget
  const probes = partitions.map(partition => new Probe(partition))
  const exact = partitions.map(exactly)
  const proposals = new Proposals(budgets[source], sources.length, filters, 0)
  let requests = 0
  let wanted = 0
  let hits = 0
  for (const request of input.requests) {
    if (queryVectorsOf(request)[space].length === 0) continue
    requests++
    const answer = (stands: readonly Stand[]) =>
      gatherProposals(
        stands.map(stand => propose(source, budgets[source], request, stand, proposals)),
        budgets,
      )[source].items
    const truth = new Set(answer(exact))
    wanted += truth.size
    for (const item of answer(probes.map(({ stand }) => stand))) if (truth.has(item)) hits++
  }
  const tally = probes.map(({ tally }) => tally).reduce(sumOf)
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
  { inner, asked }: Stand,
  proposals: Proposals,
): RetrievalFrame {
  inner.begin(request)
  proposals.begin(request, asked)
  proposals.beginSource(source, inner.shareOf(budget), inner)
  sources[source].propose(request, asked, proposals)
  return {
    shard: 0,
    elapsedMs: 0,
    generation: inner.generation,
    counts: proposals.counts.slice(),
    items: proposals.items.slice(0, proposals.total),
    scores: proposals.scores.slice(0, proposals.total),
    removedCounts: proposals.removedCounts,
    removedItems: proposals.removedItems,
    removedBy: proposals.removedBy,
    removedFrom: proposals.removedFrom,
  }
}

/** A partition, and what a source is given in its stead. */
interface Stand {
  readonly inner: IndexPartition
  readonly asked: Partition
}

/** Answers as the partition does, but for what is replaced: everything else is found through the prototype. */
function standFor(inner: IndexPartition, replaced: Partial<Pick<Partition, 'nearest' | 'scan'>>): Stand {
  return { inner, asked: Object.assign(Object.create(inner) as Partition, replaced) }
}

/** Every search is exact. */
function exactly(inner: IndexPartition): Stand {
  return standFor(inner, { nearest: (space, query, k) => inner.scan(space, query, k) })
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
class Probe {
  readonly stand: Stand
  tally: Tally = { searches: 0, scans: 0, asked: 0, largestK: 0, wanted: 0, hits: 0 }
  private readonly inner: IndexPartition

  constructor(inner: IndexPartition) {
    this.inner = inner
    this.stand = standFor(inner, {
      nearest: (space, query, k) => this.nearest(space, query, k),
      scan: (space, query, k) => {
        this.tally = { ...this.tally, scans: this.tally.scans + 1 }
        return inner.scan(space, query, k)
      },
    })
  }

  private nearest(space: SpaceName, query: Float32Array, k: number): RankedItems {
    const exact = this.inner.scan(space, query, k)
    const truth = new Set(exact.items.subarray(0, exact.count))
    const found = this.inner.nearest(space, query, k)
    let hits = 0
    for (let i = 0; i < found.count; i++) if (truth.has(found.items[i])) hits++
    this.tally = sumOf(this.tally, { searches: 1, scans: 0, asked: k, largestK: k, wanted: truth.size, hits })
    return found
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
