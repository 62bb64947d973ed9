import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NOT_PROPOSED, ProposalMerger, type Proposals } from '../../../../algorithms/retrieval/merge.ts'

const anySource: fc.Arbitrary<Proposals> = fc
  .uniqueArray(fc.oneof(fc.nat(30), fc.integer({ min: 0xfffffff0, max: 0xffffffff })), { maxLength: 40 })
  .chain(items =>
    fc
      .array(fc.float({ noNaN: true, min: -5, max: 5 }), { minLength: items.length, maxLength: items.length })
      .map(scores => ({ items: Uint32Array.from(items), scores: Float32Array.from(scores).sort().reverse() })),
  )
const anySources = fc.array(anySource, { maxLength: 8 })
const EVERYTHING = 1000
const merger = new ProposalMerger()

const source = (...items: number[]): Proposals => ({
  items: Uint32Array.from(items),
  scores: Float32Array.from(items, (_, rank) => -rank),
})

function fusedScore(sources: readonly Proposals[], item: number, weights?: Float32Array): number {
  return sources.reduce((sum, { items }, at) => {
    const rank = items.indexOf(item)
    return rank === -1 ? sum : sum + (weights?.[at] ?? 1) / (60 + rank + 1)
  }, 0)
}

describe('ProposalMerger', () => {
  it('loses nothing and lists nothing twice', () => {
    fc.assert(
      fc.property(anySources, sources => {
        const merged = merger.merge(sources, EVERYTHING)
        const union = new Set(sources.flatMap(({ items }) => [...items]))
        expect(merged.count).toBe(union.size)
        expect(new Set(merged.items)).toEqual(union)
      }),
    )
  })

  it('keeps for every candidate who proposed it, at which rank and with which score', () => {
    fc.assert(
      fc.property(anySources, fc.nat(60), (sources, limit) => {
        const merged = merger.merge(sources, limit)
        for (let candidate = 0; candidate < merged.count; candidate++) {
          const ranks = sources.map(({ items }) => items.indexOf(merged.items[candidate]!))
          const proposers = ranks.reduce((mask, rank, at) => (rank === -1 ? mask : mask | (1 << at)), 0)
          const bestRank = Math.min(...ranks.filter(rank => rank !== -1))
          expect(merged.proposers[candidate]).toBe(proposers)
          expect(merged.bestRank[candidate]).toBe(bestRank)
          expect(merged.firstSource[candidate]).toBe(ranks.indexOf(bestRank))
          for (let at = 0; at < sources.length; at++) {
            const rank = ranks[at]!
            expect(merged.ranks[at * merged.count + candidate]).toBe(rank === -1 ? NOT_PROPOSED : rank)
            expect(merged.scores[at * merged.count + candidate]).toBe(rank === -1 ? 0 : sources[at]!.scores[rank])
          }
        }
      }),
    )
  })

  it('orders by weighted reciprocal rank fusion and cuts to the best', () => {
    fc.assert(
      fc.property(
        anySources,
        fc.nat(60),
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 8, maxLength: 8 }),
        (sources, limit, drawn) => {
          const weights = Float32Array.from(drawn.slice(0, sources.length))
          const all = merger.merge(sources, EVERYTHING, weights)
          for (let at = 0; at < all.count; at++) {
            expect(all.fusedScores[at]!).toBeCloseTo(fusedScore(sources, all.items[at]!, weights), 6)
            if (at > 0) expect(all.fusedScores[at]!).toBeLessThanOrEqual(all.fusedScores[at - 1]!)
          }
          const cut = merger.merge(sources, limit, weights)
          expect(Array.from(cut.items)).toEqual(Array.from(all.items.subarray(0, limit)))
        },
      ),
    )
  })

  it('keeps the order of a single source, and of first appearance among equals', () => {
    expect(Array.from(merger.merge([source(5, 3, 9, 1)], EVERYTHING).items)).toEqual([5, 3, 9, 1])
    expect(Array.from(merger.merge([source(7, 2), source(4, 8)], EVERYTHING).items)).toEqual([7, 4, 2, 8])
  })

  it('puts what several sources agree on before what one of them prefers', () => {
    expect(Array.from(merger.merge([source(1, 2), source(3, 2), source(4, 2)], EVERYTHING).items)[0]).toBe(2)
  })

  it('is not influenced by earlier merges', () => {
    fc.assert(
      fc.property(anySources, anySources, (earlier, sources) => {
        const reused = new ProposalMerger()
        const first = reused.merge(earlier, EVERYTHING)
        const kept = structuredClone(first)
        expect(reused.merge(sources, EVERYTHING)).toEqual(new ProposalMerger().merge(sources, EVERYTHING))
        expect(first).toEqual(kept)
      }),
    )
  })

  it('ignores an item that a source names again', () => {
    const merged = merger.merge([source(5, 6, 5), source(6)], EVERYTHING)
    expect(Array.from(merged.items)).toEqual([6, 5])
    expect(Array.from(merged.ranks)).toEqual([1, 0, 0, NOT_PROPOSED])
    expect(merged.fusedScores[1]).toBeCloseTo(1 / 61, 7)
  })

  it('merges up to 32 sources, each with its bit', () => {
    const merged = merger.merge(
      Array.from({ length: 32 }, () => source(1)),
      EVERYTHING,
    )
    expect(merged.proposers[0]).toBe(0xffffffff)
    expect(() =>
      merger.merge(
        Array.from({ length: 33 }, () => source(1)),
        EVERYTHING,
      ),
    ).toThrow(/at most 32 sources/)
  })

  it('gives an empty list for no sources, for empty ones, and for a limit of zero', () => {
    for (const merged of [merger.merge([], 5), merger.merge([source()], 5), merger.merge([source(1)], 0)]) {
      expect(merged.count).toBe(0)
      expect(merged.items).toHaveLength(0)
    }
  })

  it('refuses input that does not fit together', () => {
    expect(() => merger.merge([source(1)], 5, new Float32Array(2))).toThrow(/1 non-negative numbers/)
    expect(() => merger.merge([source(1)], 5, Float32Array.of(-1))).toThrow(RangeError)
    expect(() => merger.merge([source(1)], 5, Float32Array.of(Number.NaN))).toThrow(RangeError)
    expect(() => merger.merge([{ items: new Uint32Array(2), scores: new Float32Array(1) }], 5)).toThrow(/2 items/)
    const long = { items: new Uint32Array(NOT_PROPOSED), scores: new Float32Array(NOT_PROPOSED) }
    expect(() => merger.merge([long], 5)).toThrow(/at most 65534/)
  })
})
