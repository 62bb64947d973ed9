import { partialShuffle } from '../algorithms/statistics/random.ts'
import type { Random } from '../domain/ports.ts'
import { objectiveCount, objectiveRole, objectives } from '../domain/roles.ts'
import { featureCount } from '../features/schema.ts'
import type { RankerRows } from '../models/ranker-data.ts'
import type { OfflineCandidates } from './offline-funnel.ts'

const click = objectives.indexOf('click')

/**
 * Collects labelled rows, one group of constant size per query.
 *
 * 1. A candidate that was engaged with is labelled for every objective; the other objectives are conditional on a
 *    click, so they are masked (weight 0) where there was none.
 * 2. Of the candidates that were not engaged with, a uniform sample is drawn. Each counts 1 in training; `population`
 *    keeps how many it stands for, which calibration needs to give probabilities over all candidates.
 */
export class RankerRowCollector {
  readonly groupSize: number
  private readonly positivesMax: number
  private readonly random: Random
  private readonly features: Float32Array
  private readonly labels: Float32Array
  private readonly weights: Float32Array
  private readonly population: Float32Array
  private groups = 0

  constructor(groupsMax: number, groupSize: number, positivesMax: number, random: Random) {
    const rows = groupsMax * groupSize
    this.groupSize = groupSize
    this.positivesMax = positivesMax
    this.random = random
    this.features = new Float32Array(rows * featureCount)
    this.labels = new Float32Array(rows * objectiveCount)
    this.weights = new Float32Array(rows * objectiveCount)
    this.population = new Float32Array(rows)
  }

  get count(): number {
    return this.groups
  }

  /**
   * Adds the group of one query; false when none of the wanted items is among the candidates, which teaches nothing.
   * @param wanted roles by item ordinal
   */
  add({ candidates, features }: OfflineCandidates, wanted: ReadonlyMap<number, number>): boolean {
    const positives: number[] = []
    const others: number[] = []
    for (let i = 0; i < candidates.count; i++) (wanted.has(candidates.item[i]) ? positives : others).push(i)
    if (positives.length === 0 || others.length === 0) return false
    positives.length = Math.min(positives.length, this.positivesMax)
    const drawn = Math.min(others.length, this.groupSize - positives.length)
    partialShuffle(others, drawn, this.random)

    let row = this.groups++ * this.groupSize
    for (const i of positives) this.write(row++, features, i, wanted.get(candidates.item[i])!, 1)
    for (let d = 0; d < drawn; d++) this.write(row++, features, others[d], 0, others.length / drawn)
    return true
  }

  /** The groups [from, to). */
  rows(from: number, to: number): RankerRows {
    const first = from * this.groupSize
    const last = to * this.groupSize
    return {
      features: this.features.subarray(first * featureCount, last * featureCount),
      labels: this.labels.subarray(first * objectiveCount, last * objectiveCount),
      weights: this.weights.subarray(first * objectiveCount, last * objectiveCount),
    }
  }

  /** How many candidates each row of the groups [from, to) stands for; 0 for padding. */
  populationOf(from: number, to: number): Float32Array {
    return this.population.subarray(from * this.groupSize, to * this.groupSize)
  }

  private write(row: number, features: Float32Array, candidate: number, roles: number, population: number): void {
    this.features.set(features.subarray(candidate * featureCount, (candidate + 1) * featureCount), row * featureCount)
    this.population[row] = population
    for (let k = 0; k < objectiveCount; k++) {
      const at = row * objectiveCount + k
      this.labels[at] = (roles & objectiveRole[objectives[k]]) !== 0 ? 1 : 0
      this.weights[at] = k === click || roles !== 0 ? 1 : 0
    }
  }
}
