import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SparseAccumulator } from '../../../../algorithms/retrieval/sparse-accumulator.ts'
import { TopK } from '../../../../algorithms/retrieval/top-k.ts'

const anyBatch = fc.array(fc.record({ item: fc.nat(30), value: fc.integer({ min: -4, max: 4 }) }), { maxLength: 100 })

describe('SparseAccumulator', () => {
  it('sums by item, lists each touched item once, and forgets all of it at a reset', () => {
    fc.assert(
      fc.property(fc.array(anyBatch, { maxLength: 5 }), batches => {
        const accumulator = new SparseAccumulator(31)
        for (const batch of batches) {
          const model = new Map<number, number>()
          for (const { item, value } of batch) {
            accumulator.add(item, value)
            model.set(item, (model.get(item) ?? 0) + value)
          }
          expect(Array.from(accumulator.touched.subarray(0, accumulator.count))).toEqual([...model.keys()])
          for (const [item, sum] of model) expect(accumulator.values[item]).toBe(sum)
          accumulator.reset()
          expect(accumulator.count).toBe(0)
          expect(accumulator.values.every(value => value === 0)).toBe(true)
        }
      }),
    )
  })

  it('keeps an item whose sum came back to zero among the touched', () => {
    const accumulator = new SparseAccumulator(4)
    accumulator.add(2, 1)
    accumulator.add(2, -1)
    accumulator.add(2, 5)
    expect(accumulator.count).toBe(1)
  })

  it('selects the largest sums, ties by item', () => {
    const accumulator = new SparseAccumulator(10)
    for (const [item, value] of [
      [7, 1],
      [3, 2],
      [5, 1],
      [7, 1],
      [9, -1],
    ] as const)
      accumulator.add(item, value)
    const items = new Uint32Array(3)
    const scores = new Float32Array(3)
    expect(accumulator.selectTop(3, new TopK(), items, scores)).toBe(3)
    expect(Array.from(items)).toEqual([3, 7, 5])
    expect(Array.from(scores)).toEqual([2, 2, 1])
  })
})
