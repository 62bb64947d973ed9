import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PackedRecords } from '../../../features/packed-records.ts'
import { SeenSet } from '../../../features/seen-set.ts'

const shape = { scalars: 1, widths: [1, 2] }

function itemsOf(seen: SeenSet): number[] {
  const items = new Uint32Array(seen.size)
  seen.copyInto(items, 0)
  return [...items]
}

/** The plainest thing that remembers the most recent `limit` distinct items. */
function addToModel(model: number[], item: number, limit: number): void {
  const at = model.indexOf(item)
  if (at >= 0) model.splice(at, 1)
  model.push(item)
  if (model.length > limit) model.shift()
}

describe('SeenSet', () => {
  it('remembers exactly the most recently added items, in order, whatever was added before', () => {
    const item = fc.oneof(fc.integer({ min: 0, max: 60 }), fc.constantFrom(0xffff_ffff, 0x8000_0000))
    fc.assert(
      fc.property(
        fc.array(item, { maxLength: 400 }),
        fc.integer({ min: 1, max: 90 }),
        fc.nat(400),
        (added, limit, cut) => {
          const seen = new SeenSet(new PackedRecords(shape), 0)
          const model: number[] = []
          added.forEach((item, i) => {
            seen.add(item, limit)
            addToModel(model, item, limit)
            if (i === cut) seen.compact()
          })
          expect(itemsOf(seen)).toEqual(model)
          for (let item = 0; item <= 60; item++) expect(seen.has(item)).toBe(model.includes(item))
        },
      ),
    )
  })

  it('keeps exactly its limit of ten thousand and forgets the rest', () => {
    const seen = new SeenSet(new PackedRecords(shape), 0)
    for (let item = 0; item < 25_000; item++) {
      seen.add(item, 10_000)
      if (item >= 5_000 && item % 3 === 0) seen.add(item - 5_000, 10_000)
    }
    const items = itemsOf(seen)
    expect(items.length).toBe(10_000)
    const kept = new Set(items)
    for (let item = 0; item < 25_000; item++) expect(seen.has(item)).toBe(kept.has(item))
    expect(seen.has(24_999)).toBe(true)
    expect(seen.has(1)).toBe(false)
  })

  it('takes over a stored list', () => {
    const records = new PackedRecords(shape)
    for (let item = 100; item < 200; item++) {
      const at = records.append(0)
      records.data[at] = item
    }
    const seen = new SeenSet(records, 0)
    expect(seen.size).toBe(100)
    expect(seen.has(150)).toBe(true)
    expect(seen.has(99)).toBe(false)
  })

  it('shrinks to a smaller limit with the next item', () => {
    const seen = new SeenSet(new PackedRecords(shape), 0)
    for (let item = 0; item < 50; item++) seen.add(item, 50)
    seen.add(50, 3)
    expect(itemsOf(seen)).toEqual([48, 49, 50])
  })
})
