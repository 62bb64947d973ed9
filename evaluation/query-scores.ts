import { pairedBootstrap } from '../algorithms/statistics/bootstrap.ts'
import { type ArmMetrics, ArmScores } from './arm-metrics.ts'
import { arms, baselineNames } from './arms.ts'
import type { DiversityMetrics, ListDiversity } from './list-diversity.ts'
import type { PlannedQuery } from './query-plan.ts'

/** What every arm answered at one point of the walk: ids, best first. */
export type Answers = ReadonlyMap<string, readonly string[]>

/** Mean difference over queries, with the 95 % bounds of a bootstrap over people. */
export interface Comparison {
  readonly mean: number
  readonly lower: number
  readonly upper: number
}

export interface QueryMetrics {
  readonly queries: number
  readonly users: number
  readonly arms: Readonly<Record<string, ArmMetrics>>
  /** What re-ranking does to the lists that people see. */
  readonly diversity: Readonly<Record<'ranked' | 'slate', DiversityMetrics>>
}

const bootstrapRounds = 2000

/** Scores the answers to the queries of one kind. Queries keep their order, whichever is answered first. */
export class QueryScores {
  private readonly scores = new Map(arms.map(arm => [arm.name, new ArmScores(arm)]))
  private readonly users: number[] = []
  private readonly ranked: ListDiversity
  private readonly slate: ListDiversity

  constructor(newDiversity: () => ListDiversity) {
    this.ranked = newDiversity()
    this.slate = newDiversity()
  }

  /** @returns the query's place among those of its kind, to be scored once it is answered */
  admit({ user }: PlannedQuery): number {
    return this.users.push(user) - 1
  }

  score(place: number, relevant: ReadonlySet<string>, answers: Answers): void {
    for (const [name, scores] of this.scores) scores.score(place, answers.get(name)!, relevant)
    this.ranked.measure(place, answers.get('ranked')!)
    this.slate.measure(place, answers.get('slate')!)
  }

  metrics(liveItems: number, isLive: (item: string) => boolean): QueryMetrics {
    const perArm = [...this.scores].map(([name, scores]) => [name, scores.metrics(liveItems, isLive)] as const)
    return {
      queries: this.users.length,
      users: new Set(this.users).size,
      arms: Object.fromEntries(perArm),
      diversity: { ranked: this.ranked.metrics(), slate: this.slate.metrics() },
    }
  }

  /** NDCG@10 of the ranked order less that of each baseline, and what re-ranking costs of it; none for a single person. */
  comparisons(seed: number): Record<string, Comparison> {
    if (new Set(this.users).size < 2) return {}
    const pairs = [...baselineNames.map(name => ['ranked', name] as const), ['slate', 'ranked'] as const]
    return Object.fromEntries(pairs.map(([arm, base]) => [`${arm} - ${base}`, this.compare(arm, base, seed)]))
  }

  private compare(arm: string, base: string, seed: number): Comparison {
    const { meanDifference, lower, upper } = pairedBootstrap({
      perQueryA: this.scores.get(base)!.ndcgAt10,
      perQueryB: this.scores.get(arm)!.ndcgAt10,
      clusterIds: this.users,
      seed,
      rounds: bootstrapRounds,
    })
    return { mean: meanDifference, lower, upper }
  }
}
