import type { VectorIndex } from './vector-index.ts'
import { createSearchResult } from './vector-index.ts'

/** What an index answered to a set of queries: for query q, `labels[q * k ... q * k + counts[q])`, best first. */
export interface Neighbours {
  readonly k: number
  readonly labels: Uint32Array
  readonly counts: Uint32Array
}

/** @param queries row after row, each of the index's dimension */
export function neighboursOf(index: VectorIndex, queries: Float32Array, k: number): Neighbours {
  const { dimension } = index
  if (queries.length % dimension !== 0) {
    throw new RangeError(`${queries.length} numbers are not a whole number of queries of ${dimension} dimensions`)
  }
  const queryCount = queries.length / dimension
  const labels = new Uint32Array(queryCount * k)
  const counts = new Uint32Array(queryCount)
  const out = createSearchResult(k)
  for (let query = 0; query < queryCount; query++) {
    const count = index.search(queries.subarray(query * dimension, (query + 1) * dimension), k, out)
    labels.set(out.labels.subarray(0, count), query * k)
    counts[query] = count
  }
  return { k, labels, counts }
}

/** Share of `truth` that is also in `found`, over all queries together; 1 when there was nothing to find. */
export function overlap(found: Neighbours, truth: Neighbours): number {
  let hits = 0
  let relevant = 0
  for (let query = 0; query < truth.counts.length; query++) {
    const row = truth.labels.subarray(query * truth.k, query * truth.k + truth.counts[query]!)
    const wanted = new Set(row)
    relevant += row.length
    for (let at = 0; at < found.counts[query]!; at++) {
      if (wanted.has(found.labels[query * found.k + at]!)) hits++
    }
  }
  return relevant === 0 ? 1 : hits / relevant
}

/** Recall@k of an index: the share of the exact index's `k` nearest that it finds, over a set of queries. */
export function recallAtK(index: VectorIndex, exact: VectorIndex, queries: Float32Array, k: number): number {
  return overlap(neighboursOf(index, queries, k), neighboursOf(exact, queries, k))
}
