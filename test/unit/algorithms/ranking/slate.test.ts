import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildSlate, type SlateInput } from '../../../../algorithms/ranking/slate.ts'
import { NO_RULES, type SlateRules } from '../../../../algorithms/ranking/slate-rules.ts'

/** Candidates in order of relevance, ranked by relevance alone. */
function inputOf(categories: number[], size: number, rules: SlateRules, more: Partial<SlateInput> = {}): SlateInput {
  return {
    relevance: categories.map((_, i) => categories.length - i),
    similarity: () => 0,
    lambda: 1,
    primaryCategories: Int32Array.from(categories),
    size,
    rules,
    ...more,
  }
}

const categoriesOf = (input: SlateInput): number[] =>
  [...buildSlate(input).candidates].map(candidate => input.primaryCategories[candidate])

/**
 * Whether every free item of a complete slate keeps the rules: its run, its category's count, and distinct categories.
 * The plain statement of what the look-ahead promises.
 */
function keeps(slate: readonly number[], pinned: readonly boolean[], rules: SlateRules): boolean {
  for (let p = 0; p < slate.length; p++) {
    const category = slate[p]
    if (pinned[p] || category < 0) continue
    let run = 1
    for (let q = p - 1; q >= 0 && slate[q] === category; q--) run++
    for (let q = p + 1; q < slate.length && slate[q] === category; q++) run++
    if (run > rules.maxRun || slate.filter(other => other === category).length > rules.categoryMax) return false
  }
  return new Set(slate.filter(category => category >= 0)).size >= rules.minCategories
}

/** Whether free positions (null) of a slate can be filled from the left-over categories under the rules: all ways tried. */
function canBeFilled(slate: (number | null)[], pinned: readonly boolean[], left: number[], rules: SlateRules): boolean {
  const position = slate.indexOf(null)
  if (position < 0) return keeps(slate as number[], pinned, rules)
  return [...new Set(left)].some(category => {
    const rest = [...left]
    rest.splice(left.indexOf(category), 1)
    return canBeFilled(slate.with(position, category), pinned, rest, rules)
  })
}

const limit = fc.constantFrom(1, 2, 3, Number.POSITIVE_INFINITY)
const problem = fc
  .record({
    categories: fc.array(fc.integer({ min: -1, max: 3 }), { minLength: 1, maxLength: 8 }),
    size: fc.integer({ min: 1, max: 6 }),
    rules: fc.record({ maxRun: limit, categoryMax: limit, minCategories: fc.nat({ max: 4 }) }),
    pinSeeds: fc.array(fc.tuple(fc.nat({ max: 5 }), fc.nat({ max: 7 })), { maxLength: 3 }),
    ineligible: fc.array(fc.nat({ max: 7 }), { maxLength: 2 }),
  })
  .map(({ categories, size, rules, pinSeeds, ineligible }) => {
    const eligible = new Uint8Array(categories.length).fill(1)
    for (const i of ineligible) if (i < eligible.length) eligible[i] = 0
    const pins = new Int32Array(size).fill(-1)
    for (const [position, candidate] of pinSeeds) {
      if (position < size && eligible[candidate] && !pins.includes(candidate)) pins[position] = candidate
    }
    return inputOf(categories, size, rules, { pins, eligible })
  })

function unfilled(input: SlateInput): { slate: (number | null)[]; pinned: boolean[]; left: number[] } {
  const usable = [...input.primaryCategories.keys()].filter(i => input.eligible?.[i] !== 0)
  const pins = [...(input.pins ?? [])].slice(0, Math.min(input.size, usable.length))
  return {
    slate: pins.map(pin => (pin < 0 ? null : input.primaryCategories[pin])),
    pinned: pins.map(pin => pin >= 0),
    left: usable.filter(i => !pins.includes(i)).map(i => input.primaryCategories[i]),
  }
}

/** Problems whose pins all fit without moving up. */
const placed = problem.filter(input => {
  const usable = input.eligible?.reduce((sum, flag) => sum + flag, 0) ?? 0
  return [...(input.pins ?? [])].every((pin, position) => pin < 0 || position < usable)
})

describe('a slate', () => {
  it('without rules is the order by relevance', () => {
    expect([...buildSlate(inputOf([1, 1, 1, 2], 3, NO_RULES)).candidates]).toEqual([0, 1, 2])
  })

  it('breaks a run with the best item of another category', () => {
    const rules = { ...NO_RULES, maxRun: 2 }
    expect([...buildSlate(inputOf([1, 1, 1, 1, 2, 2], 6, rules)).candidates]).toEqual([0, 1, 4, 2, 3, 5])
  })

  it('looks ahead: it saves the scarce category although its items are the best', () => {
    const rules = { ...NO_RULES, maxRun: 2 }
    expect(categoriesOf(inputOf([2, 2, 1, 1, 1, 1, 1, 1], 8, rules))).toEqual([1, 1, 2, 1, 1, 2, 1, 1])
  })

  it('caps each category and reserves places for the least number of categories', () => {
    const rules = { maxRun: Number.POSITIVE_INFINITY, categoryMax: 2, minCategories: 3 }
    expect(categoriesOf(inputOf([1, 1, 1, 2, 2, 2, 3], 5, rules))).toEqual([1, 1, 2, 2, 3])
  })

  it('mixes relevance with diversity where the rules leave a choice', () => {
    const input = inputOf([1, 2, 3, 4], 3, NO_RULES, {
      lambda: 0.5,
      similarity: (a, b) => (a + b === 1 ? 1 : 0),
    })
    expect([...buildSlate(input).candidates]).toEqual([0, 2, 3])
  })

  it('puts pins where they belong and takes the rest around them', () => {
    const pins = Int32Array.of(-1, 5, -1, -1)
    const input = inputOf([1, 1, 1, 2, 2, 1], 4, { ...NO_RULES, maxRun: 1 }, { pins })
    expect([...buildSlate(input).candidates]).toEqual([3, 5, 4, 0])
  })

  it('repairs a late removal when built again with the survivors pinned', () => {
    const input = inputOf([1, 1, 2, 1, 2, 3], 4, { ...NO_RULES, maxRun: 2 })
    const first = buildSlate(input).candidates
    const eligible = new Uint8Array(6).fill(1)
    eligible[first[2]] = 0
    const again = buildSlate({ ...input, eligible, pins: first.map(i => (i === first[2] ? -1 : i)) })
    expect([...first]).toEqual([0, 1, 2, 3])
    expect([...again.candidates]).toEqual([0, 1, 4, 3])
  })

  it('weakens the number of categories first, then the cap, then the run, each just enough, and says so', () => {
    const rules = { maxRun: 1, categoryMax: 2, minCategories: 3 }
    expect(buildSlate(inputOf([1, 1, 2, 2], 4, rules)).rulesKept).toEqual({ ...rules, minCategories: 2 })
    expect(buildSlate(inputOf([1, 1, 1, 1, 2, 2, 2], 6, rules)).rulesKept).toEqual({
      maxRun: 1,
      categoryMax: 3,
      minCategories: 2,
    })
    const tight = buildSlate(inputOf([1, 1, 1, 1, 1, 2], 6, rules))
    expect(tight.rulesKept).toEqual({ maxRun: 3, categoryMax: 5, minCategories: 2 })
    expect(tight.candidates.length).toBe(6)
  })

  it('is full, without repetition, from eligible candidates, with pins in their order', () => {
    fc.assert(
      fc.property(problem, input => {
        const { candidates } = buildSlate(input)
        const usable = input.eligible?.reduce((sum, flag) => sum + flag, 0) ?? 0
        expect(candidates.length).toBe(Math.min(input.size, usable))
        expect(new Set(candidates).size).toBe(candidates.length)
        for (const candidate of candidates) expect(input.eligible?.[candidate]).toBe(1)
        const pins = [...(input.pins ?? [])].filter(pin => pin >= 0)
        expect([...candidates].filter(candidate => pins.includes(candidate))).toEqual(pins)
        pins.forEach((pin, k) => {
          const wanted = input.pins?.indexOf(pin) ?? -1
          expect(candidates.indexOf(pin)).toBe(Math.min(wanted, candidates.length - pins.length + k))
        })
      }),
      { numRuns: 500 },
    )
  })

  it('keeps every rule whenever any slate could, pins included', () => {
    fc.assert(
      fc.property(placed, input => {
        const { slate, pinned, left } = unfilled(input)
        const { rulesKept } = buildSlate(input)
        expect(keeps(categoriesOf(input), pinned, rulesKept)).toBe(true)
        if (canBeFilled(slate, pinned, left, input.rules)) expect(rulesKept).toEqual(input.rules)
        else expect(rulesKept).not.toEqual(input.rules)
      }),
      { numRuns: 2000 },
    )
  })

  it('takes the best candidate at each position that leaves the slate possible', () => {
    fc.assert(
      fc.property(placed, input => {
        const { slate, pinned, left } = unfilled(input)
        const { candidates, rulesKept } = buildSlate(input)
        fc.pre(rulesKept === input.rules && slate.length > 0)
        for (let p = 0; p < slate.length; p++) {
          if (pinned[p]) continue
          const category = input.primaryCategories[candidates[p]]
          const better = [...input.primaryCategories.keys()].filter(
            i =>
              i < candidates[p] && input.eligible?.[i] && !candidates.subarray(0, p).includes(i) && !pinsOf(input, i),
          )
          for (const i of better) {
            const rest = [...left]
            rest.splice(rest.indexOf(input.primaryCategories[i]), 1)
            expect(canBeFilled(slate.with(p, input.primaryCategories[i]), pinned, rest, input.rules)).toBe(false)
          }
          slate[p] = category
          left.splice(left.indexOf(category), 1)
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('relaxes no rule further than it must', () => {
    fc.assert(
      fc.property(placed, input => {
        const { slate, pinned, left } = unfilled(input)
        const { rulesKept } = buildSlate(input)
        const { maxRun, categoryMax, minCategories } = input.rules
        const possible = (rules: SlateRules): boolean => canBeFilled(slate, pinned, left, rules)
        if (rulesKept.minCategories < minCategories) {
          expect(possible({ ...NO_RULES, minCategories: rulesKept.minCategories + 1 })).toBe(false)
        }
        if (rulesKept.categoryMax > categoryMax) {
          expect(possible({ ...rulesKept, categoryMax: rulesKept.categoryMax - 1 })).toBe(false)
        }
        if (rulesKept.maxRun > maxRun) {
          expect(possible({ ...NO_RULES, maxRun: rulesKept.maxRun - 1 })).toBe(false)
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('keeps a run of two and a cap in a long slate of one dominant category', () => {
    const categories = Array.from({ length: 150 }, (_, i) => (i < 34 ? 0 : i % 9))
    const rules = { maxRun: 2, categoryMax: 34, minCategories: 9 }
    const pins = new Int32Array(50).fill(-1)
    pins[20] = 149
    pins[45] = 3
    const input = inputOf(categories, 50, rules, { pins })
    expect(buildSlate(input).rulesKept).toEqual(rules)
    expect(
      keeps(
        categoriesOf(input),
        [...pins].map(pin => pin >= 0),
        rules,
      ),
    ).toBe(true)
  })

  it('refuses pins that cannot stand and rules out of range', () => {
    const pinned = (...pins: number[]) => ({ pins: Int32Array.from(pins) })
    expect(() => buildSlate(inputOf([1, 1], 2, NO_RULES, pinned(0, 0)))).toThrow(/pinned twice/)
    expect(() => buildSlate(inputOf([1, 1], 2, NO_RULES, pinned(7, -1)))).toThrow(/candidate 7/)
    expect(() => buildSlate(inputOf([1, 1], 2, { ...NO_RULES, maxRun: 0 }))).toThrow(/maxRun/)
    expect(() => buildSlate(inputOf([1, 1], 2, { ...NO_RULES, categoryMax: 0 }))).toThrow(/categoryMax/)
    expect(() => buildSlate(inputOf([1, 1], 2, { ...NO_RULES, minCategories: -1 }))).toThrow(/minCategories/)
  })
})

function pinsOf(input: SlateInput, candidate: number): boolean {
  return input.pins?.includes(candidate) ?? false
}
