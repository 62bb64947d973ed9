/**
 * Merges the ranked proposals of several sources into one candidate list and keeps who proposed what. The order is
 * reciprocal rank fusion: score(i) = Σ over sources of weight / (60 + rank), ranks from 1 (Cormack, Clarke, Büttcher,
 * SIGIR 2009); it needs no comparison of scores between sources. Ties keep the order of first appearance, source by
 * source, so equal input gives equal output.
 *
 * Invariants
 * 1. While merging, `candidateOf` maps an item to its candidate, numbered by first appearance.
 * 2. `candidates` holds the candidate behind every proposal in the order the proposals are read, `REPEATED` where a
 *    source named an item again.
 * 3. Nothing of one merge is read by the next: the arrays kept are working memory only.
 */
import { TopK } from './top-k.ts'
import { Uint32Map } from './uint32-map.ts'

/** In `ranks` and `bestRank`: not proposed. */
export const NOT_PROPOSED = 0xffff
/** The bit mask of proposers has one bit per source. */
const SOURCES_MAX = 32
const RANK_CONSTANT = 60
const REPEATED = 0xffffffff

/** One source's answer, best first; parallel arrays. An item that stands there again is ignored. */
export interface Proposals {
  readonly items: Uint32Array
  readonly scores: Float32Array
}

/** Candidate columns, best candidate first. Ranks count from 0. */
export interface MergedCandidates {
  readonly count: number
  readonly sourceCount: number
  readonly items: Uint32Array
  readonly fusedScores: Float32Array
  /** The best rank any source gave. */
  readonly bestRank: Uint16Array
  /** Bit s is set when source s proposed the candidate. */
  readonly proposers: Uint32Array
  /** The source that gave the best rank; the first of several. */
  readonly firstSource: Uint8Array
  /** [source][candidate], source s from s * count; `NOT_PROPOSED` where it did not. */
  readonly ranks: Uint16Array
  /** [source][candidate], the source's own score; 0 where it did not propose. */
  readonly scores: Float32Array
}

export class ProposalMerger {
  private readonly candidateOf = new Uint32Map(1024)
  private readonly best = new TopK()
  private candidates = new Uint32Array(0)
  private items = new Uint32Array(0)
  private fused = new Float64Array(0)
  private lastSource = new Uint8Array(0)
  private order = new Uint32Array(0)
  private fusedInOrder = new Float32Array(0)
  private placeOf = new Int32Array(0)

  /**
   * Keeps at most `limit` candidates, the best by fused score. `weights` has one entry per source; without it all count
   * alike. The columns returned are new arrays, free to be transferred; the working memory is reused.
   * @throws RangeError for more than 32 sources, a source of 65,535 proposals or more, columns of unequal length, or
   * weights that are not one non-negative number per source
   */
  merge(sources: readonly Proposals[], limit: number, weights?: Float32Array): MergedCandidates {
    this.reserve(checkedTotal(sources, weights))
    const unique = this.fuse(sources, weights)
    this.best.begin(Math.min(limit, unique))
    for (let candidate = 0; candidate < unique; candidate++) this.best.offer(candidate, this.fused[candidate]!)
    const count = this.best.drain(this.order, this.fusedInOrder)
    this.placeOf.fill(-1, 0, unique)
    for (let place = 0; place < count; place++) this.placeOf[this.order[place]!] = place
    return this.columns(sources, count)
  }

  /** First pass: numbers the items and sums their reciprocal ranks. Returns the number of different items. */
  private fuse(sources: readonly Proposals[], weights: Float32Array | undefined): number {
    const { candidateOf, candidates, items, fused, lastSource } = this
    candidateOf.clear()
    let unique = 0
    for (let source = 0, at = 0; source < sources.length; source++) {
      const proposed = sources[source]!.items
      const weight = weights === undefined ? 1 : weights[source]!
      for (let rank = 0; rank < proposed.length; rank++, at++) {
        let candidate = candidateOf.get(proposed[rank]!)
        if (candidate === -1) {
          candidate = unique++
          candidateOf.set(proposed[rank]!, candidate)
          items[candidate] = proposed[rank]!
          fused[candidate] = 0
        } else if (lastSource[candidate] === source) {
          candidates[at] = REPEATED
          continue
        }
        candidates[at] = candidate
        lastSource[candidate] = source
        fused[candidate]! += weight / (RANK_CONSTANT + rank + 1)
      }
    }
    return unique
  }

  /** Second pass: fills the columns of the candidates that stayed. */
  private columns(sources: readonly Proposals[], count: number): MergedCandidates {
    const merged: MergedCandidates = {
      count,
      sourceCount: sources.length,
      items: new Uint32Array(count),
      fusedScores: this.fusedInOrder.slice(0, count),
      bestRank: new Uint16Array(count).fill(NOT_PROPOSED),
      proposers: new Uint32Array(count),
      firstSource: new Uint8Array(count),
      ranks: new Uint16Array(sources.length * count).fill(NOT_PROPOSED),
      scores: new Float32Array(sources.length * count),
    }
    for (let place = 0; place < count; place++) merged.items[place] = this.items[this.order[place]!]!
    for (let source = 0, at = 0; source < sources.length; source++) {
      const { scores } = sources[source]!
      for (let rank = 0; rank < scores.length; rank++, at++) {
        const place = this.candidates[at] === REPEATED ? -1 : this.placeOf[this.candidates[at]!]!
        if (place === -1) continue
        merged.ranks[source * count + place] = rank
        merged.scores[source * count + place] = scores[rank]!
        merged.proposers[place]! |= 1 << source
        if (rank < merged.bestRank[place]!) {
          merged.bestRank[place] = rank
          merged.firstSource[place] = source
        }
      }
    }
    return merged
  }

  private reserve(total: number): void {
    if (total <= this.candidates.length) return
    this.candidates = new Uint32Array(total)
    this.items = new Uint32Array(total)
    this.fused = new Float64Array(total)
    this.lastSource = new Uint8Array(total)
    this.order = new Uint32Array(total)
    this.fusedInOrder = new Float32Array(total)
    this.placeOf = new Int32Array(total)
  }
}

/** Number of proposals in all sources together. */
function checkedTotal(sources: readonly Proposals[], weights: Float32Array | undefined): number {
  if (sources.length > SOURCES_MAX) throw new RangeError(`at most ${SOURCES_MAX} sources can be merged`)
  if (weights !== undefined && (weights.length !== sources.length || !weights.every(weight => weight >= 0))) {
    throw new RangeError(`the weights must be ${sources.length} non-negative numbers, one per source`)
  }
  let total = 0
  for (const { items, scores } of sources) {
    if (items.length !== scores.length) throw new RangeError(`${items.length} items came with ${scores.length} scores`)
    if (items.length >= NOT_PROPOSED) throw new RangeError(`a source may propose at most ${NOT_PROPOSED - 1} items`)
    total += items.length
  }
  return total
}
