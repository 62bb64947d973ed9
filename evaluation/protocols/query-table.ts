/** Metrics of single queries, and what is made of them: means, means over segments, paired comparisons. */
import { pairedBootstrap } from '../../algorithms/statistics/bootstrap.ts'
import { meanOfDefined } from '../../algorithms/statistics/ranking-metrics.ts'

/** One row per query; a column per metric, NaN where a query has no value. */
export interface QueryTable {
  /** [queries] */
  readonly users: Uint32Array
  readonly columns: Readonly<Record<string, Float64Array>>
  /** The same metrics with long-tail items alone as relevant. */
  readonly longTail: Readonly<Record<string, Float64Array>>
  /** [queries], 1 for users with the fewest training interactions. */
  readonly newUser: Uint8Array
}

export interface Segment {
  readonly queries: number
  readonly metrics: Readonly<Record<string, number>>
}

export interface MetricDifference {
  /** The mean over queries of the model minus that of the one it is compared with. */
  readonly mean: number
  readonly lower: number
  readonly upper: number
  readonly pValue: number
}

const bootstrapRounds = 2_000

export const comparisonDescription =
  `paired bootstrap of the mean difference per query, users resampled, ${bootstrapRounds} rounds, 95 % percentile ` +
  'interval; positive where --model is better'

export function means(columns: Readonly<Record<string, Float64Array>>): Record<string, number> {
  return Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, rounded(meanOfDefined(values))]))
}

/** Results for new users, and for items that few met. */
export function segments({ columns, longTail, newUser }: QueryTable): Record<'newUsers' | 'longTailItems', Segment> {
  const own = Object.fromEntries(
    Object.entries(columns).map(([name, values]) => [name, values.filter((_, query) => newUser[query] === 1)]),
  )
  return { newUsers: segment(own), longTailItems: segment(longTail) }
}

/** @returns the mean difference of each metric with its interval */
export function compare(model: QueryTable, baseline: QueryTable, seed: number): Record<string, MetricDifference> {
  return Object.fromEntries(
    Object.entries(model.columns).map(([name, perQueryB]) => {
      const { meanDifference, lower, upper, pValue } = pairedBootstrap({
        perQueryA: baseline.columns[name],
        perQueryB,
        clusterIds: model.users,
        seed,
        rounds: bootstrapRounds,
      })
      return [name, { mean: rounded(meanDifference), lower: rounded(lower), upper: rounded(upper), pValue }]
    }),
  )
}

/** The rows of several splits under each other. */
export function stacked(tables: readonly QueryTable[]): QueryTable {
  const together = (part: 'columns' | 'longTail') =>
    Object.fromEntries(
      Object.keys(tables[0][part]).map(name => [
        name,
        Float64Array.from(tables.flatMap(table => [...table[part][name]])),
      ]),
    )
  return {
    users: Uint32Array.from(tables.flatMap(({ users }) => [...users])),
    columns: together('columns'),
    longTail: together('longTail'),
    newUser: Uint8Array.from(tables.flatMap(({ newUser }) => [...newUser])),
  }
}

/** Six digits are more than any of these figures is sure of. */
export function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6
}

function segment(columns: Readonly<Record<string, Float64Array>>): Segment {
  const defined = Object.values(columns).map(values => values.filter(value => !Number.isNaN(value)).length)
  return { queries: Math.max(0, ...defined), metrics: means(columns) }
}
