import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { l2Norm, mipsAugment, mipsQuery, normalise } from '../../../../algorithms/retrieval/vector-transform.ts'

const anyVector = fc
  .array(fc.float({ min: -10, max: 10, noNaN: true }), { minLength: 5, maxLength: 5 })
  .map(values => Float32Array.from(values))
  .filter(vector => l2Norm(vector) > 1e-3)
const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, j) => sum + value * b[j]!, 0)

describe('vector transforms', () => {
  it('normalise gives norm 1 in the same direction and returns the norm, also in place', () => {
    fc.assert(
      fc.property(anyVector, vector => {
        const out = new Float32Array(5)
        const norm = normalise(vector, out)
        expect(norm).toBeCloseTo(Math.hypot(...vector), 5)
        expect(l2Norm(out)).toBeCloseTo(1, 5)
        expect(dot(vector, out)).toBeCloseTo(norm, 4)
        normalise(vector, vector)
        expect(vector).toEqual(out)
      }),
    )
  })

  it('normalise leaves zeros alone', () => {
    const out = Float32Array.of(9, 9)
    expect(normalise(new Float32Array(2), out)).toBe(0)
    expect(Array.from(out)).toEqual([0, 0])
  })

  it('augmented vectors have norm 1, and their cosine to a query is the inner product up to one common factor', () => {
    fc.assert(
      fc.property(anyVector, anyVector, (vector, query) => {
        const maximumNorm = 25
        const item = new Float32Array(6)
        const asked = new Float32Array(6)
        expect(mipsAugment(vector, maximumNorm, item)).toBeCloseTo(l2Norm(vector), 6)
        const queryNorm = mipsQuery(query, asked)
        expect(l2Norm(item)).toBeCloseTo(1, 5)
        expect(l2Norm(asked)).toBeCloseTo(1, 5)
        expect(Math.abs(dot(item, asked) * maximumNorm * queryNorm - dot(vector, query))).toBeLessThan(1e-3)
      }),
    )
  })

  it('a vector longer than the maximum norm is placed as if it had that norm', () => {
    const item = new Float32Array(3)
    expect(mipsAugment(Float32Array.of(6, 8), 5, item)).toBe(10)
    expect(Array.from(item)).toEqual([Math.fround(0.6), Math.fround(0.8), 0])
  })

  it.each([[Number.NaN], [Infinity], [-Infinity]])('a norm shows that a component is %s', component => {
    expect(Number.isFinite(l2Norm(Float32Array.of(1, component)))).toBe(false)
  })
})
