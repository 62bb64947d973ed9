import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MmrScorer, selectMmr } from '../../../../algorithms/ranking/mmr.ts'
import type { Similarity } from '../../../../algorithms/ranking/similarity.ts'
import { createRandom } from '../../../../algorithms/statistics/random.ts'

const none: Similarity = () => 0

/** A symmetric table of similarities in [-1, 1]. */
function randomSimilarity(n: number, seed: number): Similarity {
  const random = createRandom(seed)
  const table = Float64Array.from({ length: n * n }, () => 2 * random.next() - 1)
  return (a, b) => table[Math.min(a, b) * n + Math.max(a, b)]
}

/** The definition, from scratch at every step. */
function naiveMmr(relevance: number[], similarity: Similarity, lambda: number, n: number): number[] {
  const low = Math.min(...relevance)
  const high = Math.max(...relevance)
  const selected: number[] = []
  while (selected.length < Math.min(n, relevance.length)) {
    const scores = relevance.map((value, i) => {
      if (selected.includes(i)) return Number.NEGATIVE_INFINITY
      const nearest = selected.length === 0 ? 0 : Math.max(...selected.map(s => similarity(i, s)))
      return lambda * (high > low ? (value - low) / (high - low) : 1) - (1 - lambda) * nearest
    })
    selected.push(scores.indexOf(Math.max(...scores)))
  }
  return selected
}

const problem = fc.record({
  relevance: fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 1, maxLength: 25 }),
  seed: fc.nat(),
  lambda: fc.double({ min: 0, max: 1, noNaN: true }),
  n: fc.integer({ min: 1, max: 30 }),
})

describe('MMR', () => {
  it('skips the near-duplicate of the best item and takes it last', () => {
    const twins: Similarity = (a, b) => (a + b === 1 ? 1 : 0)
    expect([...selectMmr([1, 0.9, 0.5, 0], twins, 0.4, 4)]).toEqual([0, 2, 3, 1])
  })

  it('selects what the definition selects', () => {
    fc.assert(
      fc.property(problem, ({ relevance, seed, lambda, n }) => {
        const similarity = randomSimilarity(relevance.length, seed)
        expect([...selectMmr(relevance, similarity, lambda, n)]).toEqual(naiveMmr(relevance, similarity, lambda, n))
      }),
      { numRuns: 300 },
    )
  })

  it('with lambda 1 sorts by relevance, the lower index first on ties', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 30 }), relevance => {
        const sorted = relevance.map((_, i) => i).sort((a, b) => relevance[b] - relevance[a] || a - b)
        expect([...selectMmr(relevance, randomSimilarity(relevance.length, 1), 1, relevance.length)]).toEqual(sorted)
      }),
    )
  })

  it('selects nothing twice and as many as there are', () => {
    fc.assert(
      fc.property(problem, ({ relevance, seed, lambda, n }) => {
        const selected = selectMmr(relevance, randomSimilarity(relevance.length, seed), lambda, n)
        expect(selected.length).toBe(Math.min(n, relevance.length))
        expect(new Set(selected).size).toBe(selected.length)
      }),
    )
  })

  it('does not change when relevance is scaled and shifted', () => {
    const relevance = [0.3, 0.1, 0.9, 0.4, 0.7]
    const similarity = randomSimilarity(5, 8)
    const scaled = relevance.map(value => 4 * value + 8)
    expect(selectMmr(scaled, similarity, 0.5, 5)).toEqual(selectMmr(relevance, similarity, 0.5, 5))
  })

  it.each([0, 0.5, 1])('takes candidates with a broken relevance last at lambda %s', lambda => {
    const relevance = [Number.NaN, 0.2, Number.NEGATIVE_INFINITY, 0.1, Number.POSITIVE_INFINITY]
    const selected = [...selectMmr(relevance, none, lambda, 5)]
    expect(selected.slice(0, 2)).toEqual([1, 3])
    expect(selected.slice(2)).toEqual([0, 2, 4])
  })

  it('takes far fewer similarities than all pairs when relevance decides', () => {
    let calls = 0
    const counted: Similarity = () => {
      calls++
      return 0
    }
    selectMmr(
      Float32Array.from({ length: 100 }, (_, i) => 1 / (i + 1)),
      counted,
      0.95,
      20,
    )
    expect(calls).toBeLessThan(600)
  })

  it('refuses to select a candidate twice, and a lambda out of range', () => {
    const scorer = new MmrScorer([1, 2], none, 0.5)
    scorer.select(0)
    expect(() => scorer.select(0)).toThrow(/already selected/)
    expect(() => new MmrScorer([1], none, 1.1)).toThrow(/lambda/)
  })
})
