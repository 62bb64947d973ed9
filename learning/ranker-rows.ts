import { partialShuffle } from '../algorithms/statistics/random.ts'
import type { Random } from '../domain/ports.ts'
import { engagementRoles, objectiveCount, objectiveRole, objectives } from '../domain/roles.ts'
import { featureCount } from '../features/schema.ts'
import type { RankerRows } from '../models/ranker/ranker-data.ts'
import type { OfflineCandidates } from './offline-funnel.ts'

const click = objectives.indexOf('click')

/** What came of one query, by item ordinal. */
export interface QueryOutcome {
  /** Roles of what was engaged with. */
  readonly wanted: ReadonlyMap<number, number>
  /** Neither wanted nor not. */
  readonly undecided: ReadonlySet<number>
  /** What the feed showed, first place first; empty when that is not known. */
  readonly shown: ReadonlySet<number>
}

export interface GroupLimits {
  readonly groupSize: number
  readonly positivesMax: number
  /** Training rows of a group that nobody saw, at most, where it is known what was shown. */
  readonly randomNegatives: number
  /** Places of a feed that rows tell apart; later ones count as the last of them. */
  readonly placesMax: number
}

/**
 * Collects labelled rows, one group of constant size per query.
 *
 * 1. A candidate that was engaged with, however, counts as clicked and is labelled for every objective; the other
 *    objectives are conditional on an engagement, so they are masked (weight 0) where there was none.
 * 2. A candidate that was shown and not engaged with is kept. Of those that nobody saw, a uniform sample fills the
 *    group; where it is known what was shown, training sees only `randomNegatives` of it. What was shown teaches to
 *    tell good candidates apart, the rest teaches what the system before used to show.
 * 3. A row says at which place the feed showed it. What was not shown, or by another feed, says the first place: the term of
 *    a place is what it takes off compared with the first one, so it must not explain that something was shown at all.
 * 4. Each row counts 1 in training; `population` keeps how many candidates it stands for where only a sample of its
 *    kind had room, which calibration needs to give probabilities over all candidates.
 */
export class RankerRowCollector {
  private readonly limits: GroupLimits
  private readonly random: Random
  private readonly features: Float32Array
  private readonly labels: Float32Array
  private readonly weights: Float32Array
  private readonly population: Float32Array
  private readonly places: Int32Array
  /** 1 for rows that training does not see. */
  private readonly isSpare: Uint8Array
  private groups = 0

  constructor(groupsMax: number, limits: GroupLimits, random: Random) {
    const rows = groupsMax * limits.groupSize
    this.limits = limits
    this.random = random
    this.features = new Float32Array(rows * featureCount)
    this.labels = new Float32Array(rows * objectiveCount)
    this.weights = new Float32Array(rows * objectiveCount)
    this.population = new Float32Array(rows)
    this.places = new Int32Array(rows)
    this.isSpare = new Uint8Array(rows)
  }

  get count(): number {
    return this.groups
  }

  /** Whether any row was shown at another place than the first. */
  get knowsPlaces(): boolean {
    return this.places.some(place => place > 0)
  }

  /** Adds the group of one query; false when none of the wanted items is among the candidates, which teaches nothing. */
  add(
    { candidates, featuresOf }: Pick<OfflineCandidates, 'candidates' | 'featuresOf'>,
    { wanted, undecided, shown }: QueryOutcome,
  ): boolean {
    const positives: number[] = []
    const passedOver: number[] = []
    const unseen: number[] = []
    for (let i = 0; i < candidates.count; i++) {
      const item = candidates.item[i]
      if (wanted.has(item)) positives.push(i)
      else if (!undecided.has(item)) (shown.has(item) ? passedOver : unseen).push(i)
    }
    if (positives.length === 0 || passedOver.length + unseen.length === 0) return false
    const { groupSize, positivesMax, randomNegatives, placesMax } = this.limits

    const first = this.groups++ * groupSize
    const taken: number[] = []
    const placeOf = new Map(Array.from(shown, (item, place) => [item, Math.min(place, placesMax - 1)]))
    const take = (kind: number[], max: number) => {
      const kept = Math.min(kind.length, max)
      if (kept < kind.length) partialShuffle(kind, kept, this.random)
      for (let k = 0; k < kept; k++) {
        const row = first + taken.length
        const item = candidates.item[kind[k]]
        this.label(row, wanted.get(item) ?? 0, kind.length / kept)
        this.places[row] = placeOf.get(item) ?? 0
        taken.push(kind[k])
      }
    }
    take(positives, positivesMax)
    take(passedOver, groupSize - taken.length - Math.min(unseen.length, randomNegatives))
    const seen = taken.length
    take(unseen, groupSize - taken.length)
    if (shown.size > 0)
      this.isSpare.fill(1, first + Math.min(seen + randomNegatives, taken.length), first + taken.length)
    // Of a few hundred candidates a group keeps some dozens: only they need features.
    this.features.set(featuresOf(taken), first * featureCount)
    return true
  }

  /** The groups [from, to). */
  rows(from: number, to: number): RankerRows {
    const first = from * this.limits.groupSize
    const last = to * this.limits.groupSize
    return {
      features: this.features.subarray(first * featureCount, last * featureCount),
      labels: this.labels.subarray(first * objectiveCount, last * objectiveCount),
      weights: this.weights.subarray(first * objectiveCount, last * objectiveCount),
      places: this.places.subarray(first, last),
    }
  }

  /** The same as training sees them: spare rows are masked, like padding. */
  trainingRows(from: number, to: number): RankerRows {
    const rows = this.rows(from, to)
    const first = from * this.limits.groupSize
    const weights = rows.weights.map((w, at) => (this.isSpare[first + Math.floor(at / objectiveCount)] === 1 ? 0 : w))
    return { ...rows, weights }
  }

  /** How many candidates each row of the groups [from, to) stands for; 0 for padding. */
  populationOf(from: number, to: number): Float32Array {
    return this.population.subarray(from * this.limits.groupSize, to * this.limits.groupSize)
  }

  private label(row: number, roles: number, population: number): void {
    this.population[row] = population
    for (let k = 0; k < objectiveCount; k++) {
      const at = row * objectiveCount + k
      const labelRoles = k === click ? engagementRoles : objectiveRole[objectives[k]]
      this.labels[at] = (roles & labelRoles) !== 0 ? 1 : 0
      this.weights[at] = k === click || roles !== 0 ? 1 : 0
    }
  }
}
