import type { Engine } from '../actors/engine.ts'
import type { ContentEncoder } from '../algorithms/text/content-encoder.ts'
import type { FunnelOverrides } from '../domain/recommendation.ts'
import { type Arm, arms, type BesideName, retrievedDepth } from './arms.ts'
import type { Comparison } from './comparison.ts'
import type { EaseBaseline } from './ease-baseline.ts'
import type { EventColumns } from './event-columns.ts'
import type { Baseline } from './filtered-ranking.ts'
import type { JournalFollower } from './journal-follower.ts'
import { ListDiversity } from './list-diversity.ts'
import { type PlannedQuery, type QueryKind, queryKinds } from './query-plan.ts'
import { type Answers, type QueryMetrics, QueryScores } from './query-scores.ts'
import { joinArms, type SavedQueries } from './saved-queries.ts'
import type { WalkQuery } from './walk.ts'

/** Asks the running system and the baselines, and scores what they answer. */
export class Inquiry {
  /** Feeds that the engine made, and those it made without a part of the system. */
  feeds = 0
  incompleteFeeds = 0
  private readonly engine: Engine
  private readonly follower: JournalFollower
  private readonly columns: EventColumns
  private readonly ease: EaseBaseline | null
  private readonly arms: readonly Arm[]
  private readonly scores: ReadonlyMap<QueryKind, QueryScores>

  /** @param ease null where there is none, which leaves its arm out */
  constructor(
    engine: Engine,
    follower: JournalFollower,
    columns: EventColumns,
    content: ContentEncoder,
    ease: EaseBaseline | null,
  ) {
    this.engine = engine
    this.follower = follower
    this.columns = columns
    this.ease = ease
    this.arms = arms.filter(({ name }) => name !== 'ease' || ease !== null)
    const newDiversity = () => new ListDiversity(content, id => engine.getItem(id))
    this.scores = new Map(queryKinds.map(kind => [kind, new QueryScores(this.arms, newDiversity)]))
  }

  /** All queries of one point are by one person: what is answered to one is the answer to the others. */
  at(queries: readonly PlannedQuery[] | undefined): WalkQuery | null {
    if (queries === undefined) return null
    const { user, time } = queries[0]
    const userId = this.columns.userIds[user]
    return {
      userId,
      ask: async () => {
        const scored = queries.map(query => ({ query, place: this.scores.get(query.kind)!.admit(query) }))
        const answers = await this.ask(userId, time)
        for (const { query, place } of scored) {
          const relevant = new Set(query.relevant.map(item => this.columns.itemIds[item]))
          this.scores.get(query.kind)!.score(place, relevant, answers)
        }
      },
    }
  }

  metrics(kind: QueryKind): QueryMetrics {
    return this.scores.get(kind)!.metrics(this.liveItems(), item => this.isLive(item))
  }

  comparisons(kind: QueryKind, seed: number): Record<string, Comparison> {
    return this.scores.get(kind)!.comparisons(seed)
  }

  /** What each arm was worth on each query, with all that names the query in another run. */
  perQuery(): Pick<SavedQueries, 'queries' | 'arms'> {
    const { columns } = this
    const kinds = queryKinds.map(kind => this.scores.get(kind)!)
    const asked = kinds.flatMap(scores => scores.asked)
    const perKind = kinds.map(scores => scores.perQuery())
    return {
      queries: {
        kind: asked.map(({ kind }) => kind),
        user: asked.map(({ user }) => columns.userIds[user]),
        time: asked.map(({ time }) => time),
        relevant: asked.map(({ relevant }) => relevant.length),
      },
      arms: Object.fromEntries(this.arms.map(({ name }) => [name, joinArms(perKind.map(arms => arms[name]))])),
    }
  }

  /** Items that are neither deleted nor hidden by now. */
  liveItems(): number {
    const { items } = this.engine.catalog
    let count = 0
    for (let item = 0; item < items.itemCount; item++) if (this.isVisible(item)) count++
    return count
  }

  private async ask(userId: string, time: number): Promise<Answers> {
    const { follower } = this
    const answers = new Map<string, readonly string[]>()
    for (const [name, baseline] of this.besides(userId)) {
      answers.set(name, follower.answer(baseline, userId, time, retrievedDepth))
    }
    await Promise.all(
      this.arms.map(async ({ name, overrides }) => {
        if (overrides !== null)
          answers.set(name, await this.recommend(`${userId} ${time} ${name}`, userId, time, overrides))
      }),
    )
    return answers
  }

  private besides(userId: string): [BesideName, Baseline][] {
    const { mostEngaged, mostLiked } = this.follower
    const popular: [BesideName, Baseline][] = [
      ['most-engaged', mostEngaged],
      ['most-liked', mostLiked],
    ]
    return this.ease === null ? popular : [...popular, ['ease', this.ease.for(userId)]]
  }

  private async recommend(
    requestId: string,
    userId: string,
    time: number,
    overrides: FunnelOverrides,
  ): Promise<string[]> {
    const { items, partial, degraded } = await this.engine.recommend({
      requestId,
      userId,
      n: overrides.depth!,
      context: { time },
      exclude: [],
      categories: [],
      explain: false,
      overrides,
    })
    this.feeds++
    if (partial || degraded !== null) this.incompleteFeeds++
    return items.map(({ id }) => id)
  }

  private isLive(id: string): boolean {
    const item = this.engine.catalog.findLiveItem(id)
    return item >= 0 && this.isVisible(item)
  }

  private isVisible(item: number): boolean {
    const { items } = this.engine.catalog
    const row = items.currentRow(item)
    return row >= 0 && !items.isDeleted(row) && !items.isHidden(row)
  }
}
