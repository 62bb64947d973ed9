import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TopK } from '../../../../algorithms/retrieval/top-k.ts'

const anyPairs = fc.uniqueArray(fc.record({ item: fc.nat(500), score: fc.integer({ min: -5, max: 5 }) }), {
  selector: pair => pair.item,
  maxLength: 200,
})

function select(pairs: readonly { item: number; score: number }[], k: number) {
  const top = new TopK()
  top.begin(k)
  for (const { item, score } of pairs) top.offer(item, score)
  const items = new Uint32Array(k)
  const scores = new Float32Array(k)
  const count = top.drain(items, scores)
  return Array.from({ length: count }, (_, at) => ({ item: items[at]!, score: scores[at]! }))
}

describe('TopK', () => {
  it('selects what sorting by score descending and item ascending would put first', () => {
    fc.assert(
      fc.property(anyPairs, fc.nat(60), (pairs, k) => {
        const sorted = pairs.toSorted((a, b) => b.score - a.score || a.item - b.item).slice(0, k)
        expect(select(pairs, k)).toEqual(sorted)
      }),
    )
  })

  it('does not depend on the order in which pairs are offered', () => {
    fc.assert(
      fc.property(anyPairs, fc.nat(60), (pairs, k) => {
        expect(select(pairs.toReversed(), k)).toEqual(select(pairs, k))
      }),
    )
  })

  it('never takes a NaN, full or not', () => {
    const pairs = [Number.NaN, 1, Number.NaN, -Infinity, 3, Number.NaN].map((score, item) => ({ item, score }))
    expect(select(pairs, 2)).toEqual([
      { item: 4, score: 3 },
      { item: 1, score: 1 },
    ])
    expect(select(pairs, 9).map(pair => pair.item)).toEqual([4, 1, 3])
  })

  it('starts afresh with every selection', () => {
    const top = new TopK()
    const items = new Uint32Array(5)
    const scores = new Float32Array(5)
    top.begin(5)
    top.offer(1, 100)
    top.begin(2)
    top.offer(2, 1)
    expect(top.drain(items, scores)).toBe(1)
    expect(items[0]).toBe(2)
    expect(top.drain(items, scores)).toBe(0)
  })

  it('says so when the output is too short or k is no count', () => {
    const top = new TopK()
    top.begin(3)
    for (let item = 0; item < 3; item++) top.offer(item, item)
    expect(() => top.drain(new Uint32Array(2), new Float32Array(3))).toThrow(/2 places cannot take 3/)
    expect(() => top.begin(-1)).toThrow(RangeError)
    expect(() => top.begin(1.5)).toThrow(RangeError)
  })
})
