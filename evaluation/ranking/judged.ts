/** What judging a model comes to, of one training or of the mean of several. */
import type { RankingModelName } from './ranking-models.ts'

export interface RankingModelReport {
  readonly name: RankingModelName
  readonly settings: Readonly<Record<string, unknown>>
  readonly epochs: readonly number[]
  readonly parameters: number
}

export interface Judged {
  readonly report: RankingModelReport
  readonly metrics: Record<string, number>
  /** By objective the AUC of its user for each judged row. */
  readonly aucs: ReadonlyMap<string, ComparedRows>
  /** By `<objective>.<metric>`, what the truth says of each judged row. */
  readonly truths: ReadonlyMap<string, ComparedRows>
}

export interface ComparedRows {
  readonly values: Float64Array
  readonly users: ArrayLike<number>
}

/** Means over trainings, of every metric and of what each row says: intervals then tell of people, not of seeds. */
export function meanOf(judged: readonly Judged[]): Judged {
  const [first] = judged
  if (judged.length === 1) return first
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const rowMeans = (of: (one: Judged) => Judged['aucs']) =>
    new Map(
      [...of(first)].map(([name, { values, users }]) => [
        name,
        { users, values: values.map((_, row) => mean(judged.map(one => of(one).get(name)!.values[row]))) },
      ]),
    )
  return {
    report: { ...first.report, epochs: judged.flatMap(({ report }) => report.epochs) },
    metrics: Object.fromEntries(
      Object.keys(first.metrics).map(name => [name, mean(judged.map(({ metrics }) => metrics[name]))]),
    ),
    aucs: rowMeans(({ aucs }) => aucs),
    truths: rowMeans(({ truths }) => truths),
  }
}
