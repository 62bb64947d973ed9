import { pairedBootstrap } from '../algorithms/statistics/bootstrap.ts'

/** Mean difference over queries, with the 95 % bounds of a bootstrap over people. */
export interface Comparison {
  readonly mean: number
  readonly lower: number
  readonly upper: number
}

const bootstrapRounds = 2000

/**
 * What `candidate` is better than `base` by, query by query; the queries of one person are drawn together.
 *
 * @param users of each query
 * @throws RangeError for fewer than two people
 */
export function compareByPerson(
  base: readonly number[],
  candidate: readonly number[],
  users: readonly number[],
  seed: number,
): Comparison {
  const { meanDifference, lower, upper } = pairedBootstrap({
    perQueryA: base,
    perQueryB: candidate,
    clusterIds: users,
    seed,
    rounds: bootstrapRounds,
  })
  return { mean: meanDifference, lower, upper }
}
