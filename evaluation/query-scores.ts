import { meanOfDefined } from '../algorithms/statistics/ranking-metrics.ts'
import { type ArmMetrics, ArmScores } from './arm-metrics.ts'
import { type Arm, baselineNames, sourceNames } from './arms.ts'
import { type Comparison, compareByPerson } from './comparison.ts'
import type { DiversityMetrics, ListDiversity } from './list-diversity.ts'
import type { PlannedQuery } from './query-plan.ts'
import type { SavedArm } from './saved-queries.ts'

/** What every arm answered at one point of the walk: ids, best first. */
export type Answers = ReadonlyMap<string, readonly string[]>

export interface QueryMetrics {
  readonly queries: number
  readonly users: number
  /** The source with the highest NDCG@10 on these very queries, so that a difference to it is rather too small. */
  readonly bestSource: string
  readonly arms: Readonly<Record<string, ArmMetrics>>
  /** What re-ranking does to the lists that people see. */
  readonly diversity: Readonly<Record<'ranked' | 'slate', DiversityMetrics>>
}

/** Scores the answers to the queries of one kind. Queries keep their order, whichever is answered first. */
export class QueryScores {
  readonly asked: PlannedQuery[] = []
  private readonly scores: ReadonlyMap<string, ArmScores>
  private readonly ranked: ListDiversity
  private readonly slate: ListDiversity

  constructor(arms: readonly Arm[], newDiversity: () => ListDiversity) {
    this.scores = new Map(arms.map(arm => [arm.name, new ArmScores(arm)]))
    this.ranked = newDiversity()
    this.slate = newDiversity()
  }

  /** @returns the query's place among those of its kind, to be scored once it is answered */
  admit(query: PlannedQuery): number {
    return this.asked.push(query) - 1
  }

  score(place: number, relevant: ReadonlySet<string>, answers: Answers): void {
    for (const [name, scores] of this.scores) scores.score(place, answers.get(name)!, relevant)
    this.ranked.measure(place, answers.get('ranked')!)
    this.slate.measure(place, answers.get('slate')!)
  }

  metrics(liveItems: number, isLive: (item: string) => boolean): QueryMetrics {
    const perArm = [...this.scores].map(([name, scores]) => [name, scores.metrics(liveItems, isLive)] as const)
    return {
      queries: this.asked.length,
      users: new Set(this.users()).size,
      bestSource: this.bestSource(),
      arms: Object.fromEntries(perArm),
      diversity: { ranked: this.ranked.metrics(), slate: this.slate.metrics() },
    }
  }

  /** NDCG@10 of the ranked order less that of each baseline, and what re-ranking costs of it; none for a single person. */
  comparisons(seed: number): Record<string, Comparison> {
    if (new Set(this.users()).size < 2) return {}
    const baselines = baselineNames.filter(name => this.scores.has(name))
    const pairs = [...baselines.map(name => ['ranked', name] as const), ['slate', 'ranked'] as const]
    return Object.fromEntries(pairs.map(([arm, base]) => [`${arm} - ${base}`, this.compare(arm, base, seed)]))
  }

  /** Each arm's metrics of each query, in the order of `asked`. */
  perQuery(): Record<string, SavedArm> {
    return Object.fromEntries([...this.scores].map(([name, scores]) => [name, scores.perQuery()]))
  }

  private users(): number[] {
    return this.asked.map(({ user }) => user)
  }

  private bestSource(): string {
    const worth = (name: string) => meanOfDefined(this.scores.get(name)!.ndcgAt10)
    return sourceNames.reduce((best, name) => (worth(name) > worth(best) ? name : best))
  }

  private compare(arm: string, base: string, seed: number): Comparison {
    return compareByPerson(this.scores.get(base)!.ndcgAt10, this.scores.get(arm)!.ndcgAt10, this.users(), seed)
  }
}
