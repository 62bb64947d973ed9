import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../algorithms/statistics/random.ts'
import type { CandidateSet } from '../../../domain/candidate-set.ts'
import { objectiveCount, objectives, Role } from '../../../domain/roles.ts'
import { featureCount } from '../../../features/schema.ts'
import type { OfflineCandidates } from '../../../learning/offline-funnel.ts'
import { type GroupLimits, type QueryOutcome, RankerRowCollector } from '../../../learning/ranker-rows.ts'

const limits = { groupSize: 16, positivesMax: 4, randomNegatives: 5, placesMax: 3 }
const none: QueryOutcome = { wanted: new Map(), undecided: new Set(), shown: new Set() }

/** Candidates are items 0 … 99; the first feature of each is its number. */
function candidates(count = 100): Pick<OfflineCandidates, 'candidates' | 'featuresOf'> {
  const item = Uint32Array.from({ length: count }, (_, i) => i)
  const featuresOf = (places: readonly number[]) => {
    const features = new Float32Array(places.length * featureCount)
    for (const [row, place] of places.entries()) features[row * featureCount] = place
    return features
  }
  return { candidates: { count, item } as unknown as CandidateSet, featuresOf }
}

function rowsOf(outcome: Partial<QueryOutcome>, changes: Partial<GroupLimits> = {}) {
  const collector = new RankerRowCollector(1, { ...limits, ...changes }, createRandom(1))
  const isAdded = collector.add(candidates(), { ...none, ...outcome })
  const { features, labels, weights, places } = collector.rows(0, 1)
  const training = collector.trainingRows(0, 1)
  const rows = [...collector.populationOf(0, 1)]
    .map((population, row) => ({
      item: features[row * featureCount],
      population,
      trains: training.weights[row * objectiveCount] > 0,
      labels: [...labels.subarray(row * objectiveCount, (row + 1) * objectiveCount)],
      weights: [...weights.subarray(row * objectiveCount, (row + 1) * objectiveCount)],
    }))
    .filter(({ population }) => population > 0)
  const placeOf = new Map(rows.map(({ item }, row) => [item, places![row]]))
  return {
    isAdded,
    rows,
    placeOf,
    knowsPlaces: collector.knowsPlaces,
    positives: rows.filter(({ labels }) => labels[0] === 1),
  }
}

const liked = (...items: readonly number[]) => new Map(items.map(item => [item, Role.positive]))
const standsFor = (rows: readonly { readonly population: number }[]) =>
  rows.reduce((sum, { population }) => sum + population, 0)

describe('the rows of a query', () => {
  it('count an engagement of any kind as a click, which the other objectives are conditional on', () => {
    const { rows, positives } = rowsOf({ wanted: liked(7) })
    expect(objectives).toEqual(['click', 'finish', 'positive', 'negative'])
    expect(positives).toEqual([{ item: 7, population: 1, trains: true, labels: [1, 0, 1, 0], weights: [1, 1, 1, 1] }])
    for (const { item, labels, weights } of rows) {
      if (item !== 7)
        expect([labels, weights]).toEqual([
          [0, 0, 0, 0],
          [1, 0, 0, 0],
        ])
    }
  })

  it('say at which place the feed showed them, the first for what it did not show', () => {
    const { placeOf, knowsPlaces } = rowsOf({ wanted: liked(20, 50), shown: new Set([40, 20, 30, 10]) })
    expect([40, 20, 30, 10].map(item => placeOf.get(item))).toEqual([0, 1, 2, 2])
    expect(placeOf.get(50)).toBe(0)
    expect(knowsPlaces).toBe(true)
    expect(rowsOf({ wanted: liked(20) }).knowsPlaces).toBe(false)
  })

  it('sample what was engaged with where there is too much of it; the sample stands for all', () => {
    const wanted = liked(...Array.from({ length: 40 }, (_, i) => i))
    const { positives } = rowsOf({ wanted })
    expect(positives).toHaveLength(limits.positivesMax)
    expect(standsFor(positives)).toBe(40)
    expect(positives.map(({ item }) => item)).not.toEqual([0, 1, 2, 3])
  })

  it('keep what was shown and left, and a sample that stands for what nobody saw', () => {
    const { rows } = rowsOf({ wanted: liked(1), shown: new Set([1, 2, 3, 4]) })
    expect(rows.slice(0, 4).map(({ item, population }) => [item, population])).toEqual([1, 2, 3, 4].map(i => [i, 1]))
    expect(rows).toHaveLength(limits.groupSize)
    expect(standsFor(rows)).toBeCloseTo(100, 3)
  })

  it('are trained on with a few that nobody saw, where it is known what was shown', () => {
    const { rows } = rowsOf({ wanted: liked(1), shown: new Set([1, 2, 3, 4]) })
    expect(rows.filter(({ trains }) => trains)).toEqual(rows.slice(0, 4 + limits.randomNegatives))
  })

  it('stand for all candidates even where more was shown than a group holds', () => {
    const { rows } = rowsOf({ wanted: liked(1), shown: new Set(Array.from({ length: 50 }, (_, i) => i)) })
    expect(rows).toHaveLength(limits.groupSize)
    expect(standsFor(rows)).toBeCloseTo(100, 3)
  })

  it('are filled with a sample where it is not known what was shown', () => {
    const { rows } = rowsOf({ wanted: liked(1) })
    expect(rows).toHaveLength(limits.groupSize)
    expect(rows.every(({ trains }) => trains)).toBe(true)
    expect(standsFor(rows)).toBeCloseTo(100, 3)
  })

  it('leave out what is undecided', () => {
    const undecided = new Set(Array.from({ length: 90 }, (_, i) => i + 10))
    const { rows } = rowsOf({ wanted: liked(1), undecided, shown: new Set([11]) }, { randomNegatives: 16 })
    expect(rows.map(({ item }) => item).sort((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, i) => i))
  })

  it('do not exist where nothing that was engaged with is a candidate', () => {
    expect(rowsOf({ wanted: liked(1000) })).toMatchObject({ isAdded: false, rows: [], positives: [] })
  })
})
