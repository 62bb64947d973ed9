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
  /** What the feed showed; empty when that is not known. */
  readonly shown: ReadonlySet<number>
}

export interface GroupLimits {
  readonly groupSize: number
  readonly positivesMax: number
  /** Training rows of a group that nobody saw, at most, where it is known what was shown. */
  readonly randomNegatives: number
}

/**
 * Collects labelled rows, one group of constant size per query.
 *
 * 1. A candidate that was engaged with, however, counts as clicked and is labelled for every objective; the other
 *    objectives are conditional on an engagement, so they are masked (weight 0) where there was none.
 * 2. A candidate that was shown and not engaged with is kept. Of those that nobody saw, a uniform sample fills the
 *    group; where it is known what was shown, training sees only `randomNegatives` of it. What was shown teaches to
 *    tell good candidates apart, the rest teaches what the system before used to show.
 * 3. Each row counts 1 in training; `population` keeps how many candidates it stands for where only a sample of its
 *    kind had room, which calibration needs to give probabilities over all candidates.
 */
export class RankerRowCollector {
  private readonly limits: GroupLimits
  private readonly random: Random
  private readonly features: Float32Array
  private readonly labels: Float32Array
  private readonly weights: Float32Array
  private readonly population: Float32Array
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
    this.isSpare = new Uint8Array(rows)
  }

  get count(): number {
    return this.groups
  }

  /** Adds the group of one query; false when none of the wanted items is among the candidates, which teaches nothing. */
  add({ candidates, features }: OfflineCandidates, { wanted, undecided, shown }: QueryOutcome): boolean {
    const positives: number[] = []
    const passedOver: number[] = []
    const unseen: number[] = []
    for (let i = 0; i < candidates.count; i++) {
      const item = candidates.item[i]
      if (wanted.has(item)) positives.push(i)
      else if (!undecided.has(item)) (shown.has(item) ? passedOver : unseen).push(i)
    }
    if (positives.length === 0 || passedOver.length + unseen.length === 0) return false
    const { groupSize, positivesMax, randomNegatives } = this.limits

    let row = this.groups++ * groupSize
    const end = row + groupSize
    const write = (kind: number[], max: number) => {
      const kept = Math.min(kind.length, max)
      if (kept < kind.length) partialShuffle(kind, kept, this.random)
      for (let k = 0; k < kept; k++) {
        const roles = wanted.get(candidates.item[kind[k]]) ?? 0
        this.write(row++, features, kind[k], roles, kind.length / kept)
      }
    }
    write(positives, positivesMax)
    write(passedOver, end - row - Math.min(unseen.length, randomNegatives))
    const firstUnseen = row
    write(unseen, end - row)
    if (shown.size > 0) this.isSpare.fill(1, Math.min(firstUnseen + randomNegatives, row), row)
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

  private write(row: number, features: Float32Array, candidate: number, roles: number, population: number): void {
    this.features.set(features.subarray(candidate * featureCount, (candidate + 1) * featureCount), row * featureCount)
    this.population[row] = population
    for (let k = 0; k < objectiveCount; k++) {
      const at = row * objectiveCount + k
      const labelRoles = k === click ? engagementRoles : objectiveRole[objectives[k]]
      this.labels[at] = (roles & labelRoles) !== 0 ? 1 : 0
      this.weights[at] = k === click || roles !== 0 ? 1 : 0
    }
  }
}
