import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type ExplorationInput,
  epsilonSoftmax,
  exploreSlate,
  slotsForRate,
} from '../../../../algorithms/ranking/exploration.ts'
import { NO_RULES } from '../../../../algorithms/ranking/slate-rules.ts'
import { createRandom, splitSeed } from '../../../../algorithms/statistics/random.ts'

/** Candidates 0 to 9 are the slate, 10 to 19 the pool; candidate 5 and 10 are in both or broken on purpose. */
const base: ExplorationInput = {
  slate: Int32Array.from({ length: 10 }, (_, i) => i),
  pool: Int32Array.of(10, 11, 12, 13, 14, 15, 16, 5),
  scores: Array.from({ length: 20 }, (_, i) => (i === 10 ? Number.NaN : (i % 5) * 0.3)),
  primaryCategories: Int32Array.from({ length: 20 }, (_, i) => i),
  rules: NO_RULES,
  slots: { positions: Int32Array.of(4, 7), probability: 0.8 },
  policy: { epsilon: 0.2, temperature: 0.5 },
}

/** How often each candidate stood at each position over many seeds, and what was logged when it did. */
function simulate(input: ExplorationInput, runs: number) {
  const shown = new Map<string, { count: number; logged: Set<number> }>()
  for (let run = 0; run < runs; run++) {
    const { candidates, propensities } = exploreSlate(input, createRandom(splitSeed(17, run)))
    candidates.forEach((candidate, position) => {
      const key = `${candidate}@${position}`
      const entry = shown.get(key) ?? { count: 0, logged: new Set<number>() }
      entry.count++
      entry.logged.add(propensities[position])
      shown.set(key, entry)
    })
  }
  return shown
}

describe('exploration slots', () => {
  it('log for every item the probability with which it is shown at its position', () => {
    const runs = 20_000
    const shown = simulate(base, runs)
    const totals = new Float64Array(10)
    for (const [key, { count, logged }] of shown) {
      const [propensity] = logged
      expect(logged.size).toBe(1)
      expect(Math.abs(count / runs - propensity)).toBeLessThanOrEqual(
        5 * Math.sqrt((propensity * (1 - propensity)) / runs),
      )
      totals[Number(key.split('@')[1])] += propensity
    }
    for (const total of totals) expect(total).toBeCloseTo(1, 9)
  })

  it('leave every other position as it was, with propensity 1', () => {
    fc.assert(
      fc.property(fc.nat(), seed => {
        const { candidates, propensities, explored } = exploreSlate(base, createRandom(seed))
        for (let position = 0; position < 10; position++) {
          if (position === 4 || position === 7) continue
          expect([candidates[position], propensities[position], explored[position]]).toEqual([position, 1, 0])
        }
      }),
    )
  })

  it('give an unbiased inverse-propensity estimate of the worth of showing any pool item', () => {
    const runs = 20_000
    const worth = (candidate: number): number => candidate * candidate
    let estimate = 0
    let truth = 0
    for (let run = 0; run < runs; run++) {
      const { candidates, propensities, explored } = exploreSlate(base, createRandom(splitSeed(23, run)))
      for (const position of [4, 7]) {
        if (explored[position]) estimate += worth(candidates[position]) / propensities[position] / runs
      }
    }
    for (let candidate = 10; candidate < 17; candidate++) truth += worth(candidate)
    expect(Math.abs(estimate / truth - 1)).toBeLessThan(0.05)
  })

  it('never repeat an item nor break a rule that the slate keeps, however many explore', () => {
    const categories = fc.array(fc.integer({ min: -1, max: 2 }), { minLength: 20, maxLength: 20 })
    const limits = fc.record({ maxRun: fc.integer({ min: 1, max: 3 }), categoryMax: fc.integer({ min: 1, max: 9 }) })
    fc.assert(
      fc.property(categories, limits, fc.nat(), fc.uniqueArray(fc.nat({ max: 9 })), (all, limit, seed, chosen) => {
        const rules = { ...limit, minCategories: 0 }
        const positions = Int32Array.from(chosen).sort()
        const primaryCategories = Int32Array.from(all)
        const before = breaches(base.slate, primaryCategories, rules)
        const { candidates, explored } = exploreSlate(
          { ...base, primaryCategories, rules, slots: { positions, probability: 1 } },
          createRandom(seed),
        )
        expect(new Set(candidates).size).toBe(10)
        const after = breaches(candidates, primaryCategories, rules)
        for (let p = 0; p < 10; p++) if (explored[p]) expect(after[p]).toBe(false)
        if (!before.includes(true)) expect(after).not.toContain(true)
      }),
      { numRuns: 500 },
    )
  })

  it('keep the item of the slate with propensity 1 when nothing may be explored there', () => {
    const empty = exploreSlate({ ...base, pool: new Int32Array(0) }, createRandom(1))
    expect([...empty.propensities]).toEqual(new Array(10).fill(1))
    const sameCategory = new Int32Array(20)
    const blocked = exploreSlate(
      {
        ...base,
        primaryCategories: sameCategory,
        rules: { ...NO_RULES, categoryMax: 10 },
        slots: slotsForRate(10, 0.1),
      },
      createRandom(1),
    )
    expect([...blocked.explored]).toEqual([0, 0, 0, 0, 0, 0, 0, 1, 0, 0])
    const capped = exploreSlate(
      { ...base, primaryCategories: sameCategory, rules: { ...NO_RULES, categoryMax: 9 } },
      createRandom(1),
    )
    expect([...capped.propensities]).toEqual(new Array(10).fill(1))
  })

  it('draw the same for the same seed', () => {
    expect(exploreSlate(base, createRandom(5))).toEqual(exploreSlate(base, createRandom(5)))
  })

  it('refuse settings out of range', () => {
    const run = (more: Partial<ExplorationInput>) => () => exploreSlate({ ...base, ...more }, createRandom(1))
    expect(run({ policy: { epsilon: 2, temperature: 1 } })).toThrow(/epsilon/)
    expect(run({ policy: { epsilon: 0, temperature: 0 } })).toThrow(/temperature/)
    expect(run({ slots: { positions: Int32Array.of(1), probability: 1.2 } })).toThrow(/probability/)
  })
})

describe('the epsilon-softmax policy', () => {
  it('sums to 1 over the pool, with at least epsilon / M for each', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double(), { minLength: 1, maxLength: 12 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0.01, max: 10, noNaN: true }),
        (scores, epsilon, temperature) => {
          const pool = Int32Array.from(scores.keys())
          const probabilities = epsilonSoftmax(pool, scores, { epsilon, temperature })
          expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9)
          for (const p of probabilities) expect(p).toBeGreaterThanOrEqual(epsilon / scores.length - 1e-12)
        },
      ),
    )
  })

  it('follows the scores: a difference of one temperature is a factor e', () => {
    const [a, b] = epsilonSoftmax(Int32Array.of(0, 1), [3, 1], { epsilon: 0, temperature: 2 })
    expect(a / b).toBeCloseTo(Math.E, 12)
  })

  it('is uniform when no score is usable', () => {
    const policy = { epsilon: 0.1, temperature: 1 }
    expect([...epsilonSoftmax(Int32Array.of(0, 1), [Number.NaN, Number.NaN], policy)]).toEqual([0.5, 0.5])
  })
})

describe('slots for a rate', () => {
  it('put one slot of ten at the eighth place', () => {
    expect(slotsForRate(10, 0.1)).toEqual({ positions: Int32Array.of(7), probability: 1 })
    expect(slotsForRate(10, 0.05)).toEqual({ positions: Int32Array.of(7), probability: 0.5 })
    expect(slotsForRate(10, 0).positions.length).toBe(0)
  })

  it('explore the given share of positions on average, at distinct places', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.double({ min: 0, max: 1, noNaN: true }), (size, rate) => {
        const { positions, probability } = slotsForRate(size, rate)
        expect(positions.length * probability).toBeCloseTo(size * rate, 6)
        expect(new Set(positions).size).toBe(positions.length)
        for (const position of positions) expect(position >= 0 && position < size).toBe(true)
      }),
    )
  })

  it('refuse a rate that is no share', () => {
    expect(() => slotsForRate(10, 1.1)).toThrow(/rate/)
  })
})

/** For each position whether its item stands in too long a run or in too frequent a category. */
function breaches(
  slate: Int32Array,
  categories: Int32Array,
  rules: { maxRun: number; categoryMax: number },
): boolean[] {
  const held = [...slate].map(candidate => categories[candidate])
  return held.map((category, p) => {
    if (category < 0) return false
    let run = 1
    for (let q = p - 1; q >= 0 && held[q] === category; q--) run++
    for (let q = p + 1; q < held.length && held[q] === category; q++) run++
    return run > rules.maxRun || held.filter(other => other === category).length > rules.categoryMax
  })
}
