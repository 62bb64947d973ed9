import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { VectorSpaceReader, VectorSpaceWriter } from '../../../domain/shared/vector-space.ts'

const component = fc.float({ min: -100, max: 100, noNaN: true })
const pairOfVectors = fc
  .integer({ min: 1, max: 67 })
  .chain(dimension =>
    fc.tuple(
      fc.array(component, { minLength: dimension, maxLength: dimension }),
      fc.array(component, { minLength: dimension, maxLength: dimension }),
    ),
  )

function readerOf(writer: VectorSpaceWriter): VectorSpaceReader {
  return new VectorSpaceReader(structuredClone(writer.handles()))
}

describe('VectorSpace', () => {
  test('computes inner products, with the same bits by query and by rows, in every reader', () => {
    fc.assert(
      fc.property(pairOfVectors, ([a, b]) => {
        const writer = new VectorSpaceWriter(a.length, 100)
        const reader = readerOf(writer)
        writer.write(3, a)
        writer.write(70, b)
        const product = reader.dot(3, Float32Array.from(b))
        const exact = a.reduce((sum, value, i) => sum + value * b[i], 0)
        const scale = a.reduce((sum, value, i) => sum + Math.abs(value * b[i]), 0)
        expect(Math.abs(product - exact)).toBeLessThanOrEqual(scale * 1e-12)
        expect(reader.dotRows(3, 70)).toBe(product)
        expect(reader.dotRows(70, 3)).toBe(product)
        expect(writer.reader.dot(3, Float32Array.from(b))).toBe(product)
      }),
    )
  })

  test('adds in its documented order: four sums over i mod 4, pairwise, then nothing else', () => {
    const writer = new VectorSpaceWriter(4, 10)
    writer.write(0, [2 ** 60, 1, -(2 ** 60), 1])
    expect(writer.reader.dot(0, Float32Array.of(1, 1, 1, 1))).toBe(0)
    writer.write(1, [2 ** 60, -(2 ** 60), 1, 1])
    expect(writer.reader.dot(1, Float32Array.of(1, 1, 1, 1))).toBe(2)
  })

  test('reads a row without a vector as absent', () => {
    const writer = new VectorSpaceWriter(3, 200_000)
    const reader = readerOf(writer)
    const out = Float32Array.of(7, 7, 7)
    writer.write(1, [1, 2, 3])
    for (const row of [-1, 0, 2, 65_536, 199_999, 5_000_000]) {
      expect(reader.has(row)).toBe(false)
      expect(reader.dot(row, Float32Array.of(1, 1, 1))).toBe(0)
      expect(reader.dotRows(row, 1)).toBe(0)
      expect(reader.copyInto(row, out, 0)).toBe(false)
    }
    expect([...out]).toEqual([7, 7, 7])
  })

  test('forgets a cleared row until it is written again', () => {
    const writer = new VectorSpaceWriter(2, 10)
    writer.write(4, [1, 2])
    writer.clear(4)
    writer.clear(9)
    expect(writer.reader.has(4)).toBe(false)
    writer.write(4, [3, 4])
    expect(writer.reader.dot(4, Float32Array.of(1, 1))).toBe(7)
  })

  test('shows an earlier reader vectors of later chunks', () => {
    const writer = new VectorSpaceWriter(3, 200_000)
    const reader = readerOf(writer)
    writer.write(2, [1, 1, 1])
    expect(reader.has(2)).toBe(true)
    writer.write(199_999, [4, 5, 6])
    const out = new Float32Array(5)
    expect(reader.copyInto(199_999, out, 1)).toBe(true)
    expect([...out]).toEqual([0, 4, 5, 6, 0])
    expect(reader.dotRows(2, 199_999)).toBe(15)
  })

  test('refuses vectors and rows that do not fit', () => {
    const writer = new VectorSpaceWriter(3, 10)
    writer.write(0, [1, 2, 3])
    expect(() => writer.write(1, [1, 2])).toThrow(RangeError)
    expect(() => writer.write(10, [1, 2, 3])).toThrow(RangeError)
    expect(() => writer.reader.dot(0, new Float32Array(4))).toThrow(RangeError)
    expect(() => writer.reader.copyInto(0, new Float32Array(4), 2)).toThrow(RangeError)
  })
})
