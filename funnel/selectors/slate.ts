import { exploreSlate, slotsForRate } from '../../algorithms/ranking/exploration.ts'
import { applyFreshness } from '../../algorithms/ranking/freshness.ts'
import { contentSimilarity } from '../../algorithms/ranking/similarity.ts'
import { buildSlate } from '../../algorithms/ranking/slate.ts'
import { TopK } from '../../algorithms/retrieval/top-k.ts'
import type { Settings } from '../../config/settings.ts'
import type { CandidateSet } from '../../domain/candidate-set.ts'
import { CounterColumn, type CounterReader } from '../../domain/counters.ts'
import { categoriesPerItemMax, type ItemReader, type VectorReader } from '../../domain/item-table/item-reader.ts'
import type { Random } from '../../domain/ports.ts'
import { diversitySettings, explorationSettings, freshnessSettings, rerankSettings } from './settings.ts'

export interface SelectionTables {
  readonly items: ItemReader
  readonly counters: CounterReader
  readonly content: VectorReader | null
}

/** Candidates by index, in the order in which they are returned. */
export interface Selection {
  /** The slate, followed by the reserve. */
  readonly candidates: Int32Array
  readonly slateLength: number
  /** P(shown at this place), exact for the slate; 1 for the reserve, which stands in only when an item disappears. */
  readonly propensities: Float32Array
  readonly explored: Uint8Array
  /** Whether the category rules had to weaken to fill the slate. */
  readonly relaxed: boolean
}

/**
 * Re-ranking: the values are lifted by freshness, the best go through diversity and category rules, and exploration
 * slots are drawn last, so that their propensities are exact.
 */
export class SlateSelector {
  private readonly settings: Settings
  private readonly top = new TopK()

  constructor(settings: Settings) {
    this.settings = settings
  }

  select(candidates: CandidateSet, n: number, now: number, tables: SelectionTables, random: Random): Selection {
    const { depth, reserve } = this.settings.of(rerankSettings)
    const lifted = this.liftFresh(candidates, now, tables.items)
    const order = this.bestFirst(lifted, Math.max(depth, n + reserve))
    const content = this.contentOf(candidates, order, tables)
    const { lambda, maxRun, categoryMax, minCategories } = this.settings.of(diversitySettings)
    const rules = { maxRun, categoryMax, minCategories }
    const values = Float32Array.from(order, i => lifted[i])
    const slate = buildSlate({
      relevance: values,
      similarity: content.similarity,
      lambda,
      primaryCategories: content.primaryCategories,
      size: n,
      rules,
    })
    const { rate, epsilon, temperature, poolSize } = this.settings.of(explorationSettings)
    const explored = exploreSlate(
      {
        slate: slate.candidates,
        pool: this.leastShown(candidates, order, tables.counters, poolSize),
        scores: values,
        primaryCategories: content.primaryCategories,
        rules: slate.rulesKept,
        slots: slotsForRate(slate.candidates.length, rate),
        policy: { epsilon, temperature },
      },
      random,
    )
    return withReserve(explored, order, reserve, slate.rulesKept.maxRun > maxRun)
  }

  private liftFresh(candidates: CandidateSet, now: number, items: ItemReader): Float32Array {
    const lifted = candidates.value.slice(0, candidates.count)
    const ages = Float64Array.from({ length: candidates.count }, (_, i) => now - items.publishedAt(candidates.row[i]))
    applyFreshness(lifted, ages, { mode: 'multiply', ...this.settings.of(freshnessSettings) })
    return lifted
  }

  private bestFirst(values: Float32Array, count: number): Int32Array {
    this.top.begin(Math.min(count, values.length))
    for (let i = 0; i < values.length; i++) this.top.offer(i, values[i])
    const order = new Uint32Array(Math.min(count, values.length))
    const found = this.top.drain(order, new Float32Array(order.length))
    return Int32Array.from(order.subarray(0, found))
  }

  private contentOf(candidates: CandidateSet, order: Int32Array, { items, content }: SelectionTables) {
    const dimension = content?.dimension ?? 1
    const vectors = new Float32Array(order.length * dimension)
    const rows = new Int32Array(order.length)
    const categories = new Int32Array(order.length * categoriesPerItemMax).fill(-1)
    const primaryCategories = new Int32Array(order.length).fill(-1)
    for (let i = 0; i < order.length; i++) {
      const row = candidates.row[order[i]]
      rows[i] = content?.copyInto(row, vectors, i * dimension) ? i : -1
      const count = items.categoryCount(row)
      for (let c = 0; c < count; c++) categories[i * categoriesPerItemMax + c] = items.categoryAt(row, c)
      if (count > 0) primaryCategories[i] = items.categoryAt(row, 0)
    }
    const { categoryWeight } = this.settings.of(diversitySettings)
    const similarity = contentSimilarity({
      vectors,
      dimension,
      rows,
      categories,
      categoryWidth: categoriesPerItemMax,
      categoryWeight,
    })
    return { similarity, primaryCategories }
  }

  /** Places in `order` of what has been shown and clicked least: where a try teaches most. */
  private leastShown(candidates: CandidateSet, order: Int32Array, counters: CounterReader, count: number): Int32Array {
    this.top.begin(Math.min(count, order.length))
    for (let place = 0; place < order.length; place++) {
      const item = candidates.item[order[place]]
      const shown = counters.value(item, CounterColumn.impressions) + counters.value(item, CounterColumn.clicks)
      this.top.offer(place, -shown)
    }
    const places = new Uint32Array(Math.min(count, order.length))
    this.top.drain(places, new Float32Array(places.length))
    return Int32Array.from(places)
  }
}

interface ExploredPlaces {
  readonly candidates: Int32Array
  readonly propensities: Float64Array
  readonly explored: Uint8Array
}

/** Appends the best candidates that the slate did not take. */
function withReserve(slate: ExploredPlaces, order: Int32Array, reserve: number, relaxed: boolean): Selection {
  const taken = new Set(slate.candidates)
  const places = Array.from(slate.candidates)
  for (let place = 0; place < order.length && places.length < taken.size + reserve; place++) {
    if (!taken.has(place)) places.push(place)
  }
  const propensities = new Float32Array(places.length).fill(1)
  propensities.set(slate.propensities)
  const explored = new Uint8Array(places.length)
  explored.set(slate.explored)
  return {
    candidates: Int32Array.from(places, place => order[place]),
    slateLength: slate.candidates.length,
    propensities,
    explored,
    relaxed,
  }
}
