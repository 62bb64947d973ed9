import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Uint32Map } from '../../../../algorithms/retrieval/uint32-map.ts'

/** Keys from a few narrow bands, ends of the range included, so that probe chains form and overlap. */
const anyKey = fc.oneof(
  fc.nat(20),
  fc.integer({ min: 0xfffffff0, max: 0xffffffff }),
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
)
const anyStep = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('set' as const), key: anyKey, value: fc.nat(1000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), key: anyKey, value: fc.constant(0) }) },
)

describe('Uint32Map', () => {
  it('behaves like a Map through any sequence of sets and deletes', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 300, size: 'max' }), steps => {
        const map = new Uint32Map()
        const model = new Map<number, number>()
        for (const { kind, key, value } of steps) {
          if (kind === 'set') {
            map.set(key, value)
            model.set(key, value)
          } else {
            expect(map.delete(key)).toBe(model.delete(key))
          }
        }
        expect(map.size).toBe(model.size)
        for (const { key } of steps) expect(map.get(key)).toBe(model.get(key) ?? -1)
      }),
    )
  })

  it('grows past the number of entries it was made for', () => {
    const map = new Uint32Map(4)
    for (let key = 0; key < 10_000; key++) map.set(key * 7919, key)
    expect(map.size).toBe(10_000)
    for (let key = 0; key < 10_000; key++) expect(map.get(key * 7919)).toBe(key)
  })

  it('forgets everything when cleared', () => {
    const map = new Uint32Map()
    map.set(0, 5)
    map.clear()
    expect(map.size).toBe(0)
    expect(map.get(0)).toBe(-1)
  })
})
