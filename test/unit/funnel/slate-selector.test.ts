import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../algorithms/statistics/random.ts'
import { CandidateSet } from '../../../domain/candidate-set.ts'
import type { CatalogState } from '../../../domain/catalog-state.ts'
import { Role } from '../../../domain/roles.ts'
import { CounterEpochReader } from '../../../domain/shared/counter-epochs.ts'
import { CountersState } from '../../../funnel/counters-state.ts'
import { foldEvent } from '../../../funnel/fold-event.ts'
import { type Selection, SlateSelector } from '../../../funnel/selectors/slate.ts'
import { filterTables } from '../../fakes/requests.ts'
import { catalogOf, day, startOf2024 as now, sampleEvent, sampleItem, testSettings } from '../../fakes/samples.ts'

/** Candidates with these values; the item of candidate i is i. */
function candidatesOf(catalog: CatalogState, values: readonly number[]): CandidateSet {
  const candidates = new CandidateSet(Math.max(1, values.length))
  candidates.count = values.length
  for (let i = 0; i < values.length; i++) {
    candidates.item[i] = i
    candidates.row[i] = catalog.items.currentRow(i)
    candidates.value[i] = values[i]
  }
  return candidates
}

function catalogWith(categories: readonly (number | null)[], publishedAt = now - 3650 * day): CatalogState {
  return catalogOf(
    categories.map((category, i) =>
      sampleItem(`i${i}`, { categories: category === null ? [] : [`category-${category}`], publishedAt }),
    ),
  )
}

const plain = { 'rerank.exploration.rate': 0, 'rerank.diversity.lambda': 1, 'rerank.freshness.strength': 0 }

function select(
  catalog: CatalogState,
  values: readonly number[],
  n: number,
  settings: Record<string, number> = {},
  seed = 1,
): Selection {
  const selector = new SlateSelector(testSettings(settings))
  const tables = { ...filterTables(catalog), content: null }
  return selector.select(candidatesOf(catalog, values), n, now, tables, createRandom(seed))
}

const slateOf = ({ candidates, slateLength }: Selection) => [...candidates.subarray(0, slateLength)]
const falling = (count: number) => Array.from({ length: count }, (_, i) => 1 - i / count)

const anyCandidates = fc.array(
  fc.record({ category: fc.option(fc.nat(4)), value: fc.float({ min: 0, max: 1, noNaN: true }) }),
  { maxLength: 40 },
)

describe('the slate', () => {
  it('has n different items, or all there are, and a reserve of others behind them', () => {
    fc.assert(
      fc.property(anyCandidates, fc.integer({ min: 1, max: 20 }), fc.nat(1000), (drawn, n, seed) => {
        const catalog = catalogWith(drawn.map(candidate => candidate.category))
        const values = drawn.map(candidate => candidate.value)
        const selection = select(catalog, values, n, {}, seed)
        expect(selection.slateLength).toBe(Math.min(n, drawn.length))
        expect(new Set(selection.candidates).size).toBe(selection.candidates.length)
        expect(selection.candidates.length).toBe(Math.min(drawn.length, selection.slateLength + 10))
        for (const column of [selection.propensities, selection.explored])
          expect(column.length).toBe(selection.candidates.length)
      }),
      { numRuns: 60 },
    )
  })

  it('has no longer run of one category than allowed, where the candidates can be arranged so', () => {
    fc.assert(
      fc.property(anyCandidates, fc.integer({ min: 1, max: 3 }), fc.nat(1000), (drawn, maxRun, seed) => {
        const catalog = catalogWith(drawn.map(candidate => candidate.category))
        const selection = select(
          catalog,
          drawn.map(candidate => candidate.value),
          10,
          { 'rerank.diversity.maxRun': maxRun },
          seed,
        )
        const categories = slateOf(selection).map(i => drawn[i].category ?? -1 - i)
        if (!selection.relaxed) expect(longestRun(categories)).toBeLessThanOrEqual(maxRun)
        // With as many uncategorised candidates as places, some arrangement always exists.
        const uncategorised = drawn.filter(candidate => candidate.category === null).length
        if (uncategorised >= 10) expect(selection.relaxed).toBe(false)
      }),
      { numRuns: 60 },
    )
  })

  it('is filled all the same when there is only one category, and says so', () => {
    const selection = select(catalogWith(Array(20).fill(1)), falling(20), 10)
    expect([selection.slateLength, selection.relaxed]).toEqual([10, true])
  })

  it('is the order of the values when nothing else is asked for', () => {
    const categories = Array.from({ length: 30 }, (_, i) => i)
    expect(slateOf(select(catalogWith(categories), falling(30).reverse(), 5, plain))).toEqual([29, 28, 27, 26, 25])
  })

  it('is the same for the same seed, and explores differently for others', () => {
    const catalog = catalogWith(Array.from({ length: 60 }, (_, i) => i % 5))
    const settings = { 'rerank.exploration.rate': 0.3 }
    const slates = Array.from({ length: 10 }, (_, seed) => slateOf(select(catalog, falling(60), 10, settings, seed)))
    expect(slateOf(select(catalog, falling(60), 10, settings, 3))).toEqual(slates[3])
    expect(new Set(slates.map(slate => slate.join())).size).toBeGreaterThan(1)
  })

  it('lifts what is new, by no more than its strength', () => {
    const catalog = catalogOf([
      sampleItem('old', { publishedAt: now - 3650 * day }),
      sampleItem('new', { publishedAt: now - day }),
      sampleItem('best', { publishedAt: now - 3650 * day }),
      sampleItem('timeless', { publishedAt: undefined }),
    ])
    const settings = { ...plain, 'rerank.freshness.strength': 0.15 }
    expect(slateOf(select(catalog, [1, 0.9, 1.2, 0.5], 4, settings))).toEqual([2, 1, 0, 3])
  })
})

describe('exploration', () => {
  const catalog = catalogWith(Array.from({ length: 60 }, (_, i) => i % 5))
  const settings = { ...plain, 'rerank.exploration.rate': 0.2 }

  it('has propensities that a count over many seeds bears out', () => {
    const shown = new Map<string, number>()
    const claimed = new Map<string, number>()
    const rounds = 2000
    for (let seed = 0; seed < rounds; seed++) {
      const { candidates, slateLength, propensities } = select(catalog, falling(60), 10, settings, seed)
      for (let place = 0; place < slateLength; place++) {
        const key = `${candidates[place]} at ${place}`
        shown.set(key, (shown.get(key) ?? 0) + 1)
        claimed.set(key, propensities[place])
      }
    }
    let deviation = 0
    for (const [key, count] of shown) {
      const p = claimed.get(key)!
      expect(p).toBeGreaterThan(0)
      expect(p).toBeLessThanOrEqual(1)
      deviation = Math.max(deviation, Math.abs(count / rounds - p) / Math.sqrt((p * (1 - p)) / rounds + 1e-9))
    }
    // About 70 pairs of item and place, each within five standard errors.
    expect(deviation).toBeLessThan(5)
    expect([...claimed.values()].some(p => p < 0.1)).toBe(true)
  })

  it('draws what has been shown and clicked least', () => {
    const counters = new CountersState(testSettings())
    // Everything but the last twenty candidates has had an impression.
    for (let item = 0; item < 40; item++) {
      const event = sampleEvent('u', `i${item}`, { roles: Role.impression })
      counters.apply(foldEvent(event, item, item + 1, catalog))
    }
    const reader = new CounterEpochReader(counters.publish(100, now).counters)
    const selector = new SlateSelector(testSettings({ ...settings, 'rerank.exploration.poolSize': 20 }))
    const explored = new Set<number>()
    for (let seed = 0; seed < 200; seed++) {
      const tables = { items: catalog.items, counters: reader, content: null }
      const selection = selector.select(candidatesOf(catalog, falling(60)), 10, now, tables, createRandom(seed))
      selection.explored.forEach((flag, place) => void (flag === 1 && explored.add(selection.candidates[place])))
    }
    expect(explored.size).toBeGreaterThan(5)
    expect(Math.min(...explored)).toBeGreaterThanOrEqual(40)
  })

  it('is off at a rate of zero: every propensity is one', () => {
    const { propensities, explored } = select(catalog, falling(60), 10, plain)
    expect(new Set(propensities)).toEqual(new Set([1]))
    expect(new Set(explored)).toEqual(new Set([0]))
  })
})

function longestRun(categories: readonly number[]): number {
  let [longest, run] = [0, 0]
  categories.forEach((category, i) => {
    run = category === categories[i - 1] ? run + 1 : 1
    longest = Math.max(longest, run)
  })
  return longest
}
