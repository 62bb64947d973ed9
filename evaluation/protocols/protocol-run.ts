import type { Histories } from '../../models/histories.ts'
import type { Progress } from '../../telemetry/progress.ts'
import type { QueryTable } from './query-table.ts'
import type { Recommender } from './recommender.ts'

/** What a protocol found for one fitted model. */
export interface Evaluated {
  readonly table: QueryTable
  /** Metrics of all lists together, which no single query has. */
  readonly listMetrics: Readonly<Record<string, number>>
}

/** One split of one protocol, ready to fit a model and to ask it. */
export interface ProtocolRun {
  readonly training: Histories
  /** Absent where the protocol gives models none. */
  readonly validation?: Histories
  /** Everything that a number of this run depends on, in words. */
  readonly protocol: Readonly<Record<string, string | number | boolean>>
  evaluate(recommender: Recommender, progress: Progress): Promise<Evaluated>
}
