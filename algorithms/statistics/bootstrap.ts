import { groupRows } from './grouping.ts'
import { quantileOfSorted } from './quantiles.ts'
import { createRandom, uniformInt } from './random.ts'

export interface PairedBootstrapInput {
  /** A metric per query under the baseline A and, in the same order, under the candidate B. */
  readonly perQueryA: ArrayLike<number>
  readonly perQueryB: ArrayLike<number>
  /** The user of each query: one user's queries are not independent and are drawn together. */
  readonly clusterIds: ArrayLike<number>
  readonly seed: number
  readonly rounds: number
}

export interface PairedBootstrap {
  /** The mean over queries of B - A. */
  readonly meanDifference: number
  /** The 95 % percentile interval. */
  readonly lower: number
  readonly upper: number
  /** Two-sided, at least 2 / (rounds + 1): twice the smaller share of resamples on either side of zero. */
  readonly pValue: number
  readonly queries: number
  readonly clusters: number
}

/**
 * Paired bootstrap of a mean difference, clusters (users) resampled with replacement: Efron and Tibshirani, "An
 * introduction to the bootstrap", 1993, chapters 13 and 16; clusters as in Field and Welsh, JRSS B 69(3), 2007. The sums per
 * cluster are taken once, so a round costs one draw per cluster. A query whose metric is NaN on both sides is undefined
 * and left out. Throws RangeError on unequal lengths, a metric that is not finite on one side only, or no clusters.
 */
export function pairedBootstrap(input: PairedBootstrapInput): PairedBootstrap {
  const { sums, counts, queries } = clusterSums(input)
  const clusters = sums.length
  if (clusters < 2) throw new RangeError(`a clustered bootstrap needs at least 2 users, got ${clusters}`)
  if (!(input.rounds >= 100)) throw new RangeError(`a 95 % interval needs at least 100 rounds, got ${input.rounds}`)
  const random = createRandom(input.seed)
  const means = new Float64Array(input.rounds)
  let notAbove = 0
  let notBelow = 0
  for (let round = 0; round < means.length; round++) {
    let sum = 0
    let count = 0
    for (let draw = 0; draw < clusters; draw++) {
      const cluster = uniformInt(random, clusters)
      sum += sums[cluster]
      count += counts[cluster]
    }
    means[round] = sum / count
    if (sum <= 0) notAbove++
    if (sum >= 0) notBelow++
  }
  means.sort()
  return {
    meanDifference: total(sums) / queries,
    lower: quantileOfSorted(means, 0.025),
    upper: quantileOfSorted(means, 0.975),
    pValue: Math.min(1, (2 * (Math.min(notAbove, notBelow) + 1)) / (means.length + 1)),
    queries,
    clusters,
  }
}

/** Sum of differences and number of defined queries per cluster; clusters without a defined query are dropped. */
function clusterSums(input: PairedBootstrapInput): { sums: Float64Array; counts: Uint32Array; queries: number } {
  const { perQueryA, perQueryB, clusterIds } = input
  if (perQueryA.length !== perQueryB.length) {
    throw new RangeError(
      `A has ${perQueryA.length} queries and B ${perQueryB.length}: a paired test needs the same ones`,
    )
  }
  const { groupOfRow, count } = groupRows(clusterIds, perQueryA.length)
  const sums = new Float64Array(count)
  const counts = new Uint32Array(count)
  let queries = 0
  for (let i = 0; i < perQueryA.length; i++) {
    const a = perQueryA[i]
    const b = perQueryB[i]
    if (Number.isNaN(a) && Number.isNaN(b)) continue
    if (!Number.isFinite(a - b))
      throw new RangeError(`query ${i} has ${a} under A and ${b} under B: leave it out of both`)
    sums[groupOfRow[i]] += b - a
    counts[groupOfRow[i]]++
    queries++
  }
  let used = 0
  for (let cluster = 0; cluster < count; cluster++) {
    if (counts[cluster] === 0) continue
    sums[used] = sums[cluster]
    counts[used++] = counts[cluster]
  }
  return { sums: sums.subarray(0, used), counts: counts.subarray(0, used), queries }
}

function total(values: Float64Array): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]
  return sum
}
