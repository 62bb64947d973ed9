import { coverage, gini } from '../algorithms/statistics/catalogue-metrics.ts'
import { hitRateAt, meanOfDefined, ndcgAt, recallAt } from '../algorithms/statistics/ranking-metrics.ts'
import { type Arm, retrievedDepth, shownDepth } from './arms.ts'
import type { SavedArm } from './saved-queries.ts'

export interface ArmMetrics {
  readonly ndcgAt10: number
  readonly hitRateAt10: number
  /** Absent for arms that end after the items a person is shown. */
  readonly recallAt100?: number
  readonly recallAt500?: number
  /** Share of the live items that stand in any top 10. */
  readonly coverageAt10: number
  /** Of how often each live item stands in a top 10. */
  readonly giniAt10: number
}

/** What one arm answered to the queries of one kind, in the order they were asked. */
export class ArmScores {
  readonly arm: Arm
  readonly ndcgAt10: number[] = []
  private readonly recallAt100: number[] = []
  private readonly recallAt500: number[] = []
  private readonly hitRateAt10: number[] = []
  private readonly exposure = new Map<string, number>()

  constructor(arm: Arm) {
    this.arm = arm
  }

  /** @param place of the query among those of its kind */
  score(place: number, items: readonly string[], relevant: ReadonlySet<string>): void {
    const gains = Uint8Array.from(items, item => (relevant.has(item) ? 1 : 0))
    const relevantGains = new Uint8Array(relevant.size).fill(1)
    this.ndcgAt10[place] = ndcgAt(gains, relevantGains, shownDepth, 'truncated')
    this.hitRateAt10[place] = hitRateAt(gains, shownDepth)
    this.recallAt100[place] = recallAt(gains, relevant.size, 100, 'relevant')
    this.recallAt500[place] = recallAt(gains, relevant.size, retrievedDepth, 'relevant')
    for (const item of items.slice(0, shownDepth)) this.exposure.set(item, (this.exposure.get(item) ?? 0) + 1)
  }

  perQuery(): SavedArm {
    const { ndcgAt10, recallAt100, recallAt500 } = this
    return this.arm.depth >= retrievedDepth ? { ndcgAt10, recallAt100, recallAt500 } : { ndcgAt10 }
  }

  /** @param isLive whether an item can be shown at all when the walk has ended */
  metrics(liveItems: number, isLive: (item: string) => boolean): ArmMetrics {
    const counts = new Float64Array(liveItems)
    let place = 0
    for (const [item, count] of this.exposure) if (isLive(item)) counts[place++] = count
    return {
      ndcgAt10: meanOfDefined(this.ndcgAt10),
      hitRateAt10: meanOfDefined(this.hitRateAt10),
      ...(this.arm.depth >= retrievedDepth && {
        recallAt100: meanOfDefined(this.recallAt100),
        recallAt500: meanOfDefined(this.recallAt500),
      }),
      coverageAt10: coverage(counts),
      giniAt10: gini(counts),
    }
  }
}
