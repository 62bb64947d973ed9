import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hashFeatures } from '../../../features/feature-hash.ts'

const ramp = (length: number) => Float32Array.from({ length }, (_, i) => i / 2)

describe('hashFeatures', () => {
  it('is xxHash32 with seed 0: the values of the reference implementation', () => {
    expect(hashFeatures(new Float32Array(0), 0)).toBe(0x02cc5d05)
    expect(hashFeatures(new Float32Array(new Uint8Array([0x61, 0x62, 0x63, 0x64]).buffer), 1)).toBe(0xa3643705)
    expect(hashFeatures(Float32Array.of(1), 1)).toBe(0x766d73ba)
    expect(hashFeatures(Float32Array.of(1, 2, 3, 4), 4)).toBe(0x0b7f8395)
    expect(hashFeatures(ramp(21), 21)).toBe(0x1f9ee258)
  })

  it('reads only the length it is told, from where the matrix begins', () => {
    const buffer = new ArrayBuffer(400)
    const matrix = new Float32Array(buffer, 40, 50)
    matrix.set(ramp(30))
    expect(hashFeatures(matrix, 21)).toBe(0x1f9ee258)
  })

  it('changes with any single bit of any number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }), fc.nat(), fc.nat(31), (length, position, bit) => {
        const matrix = ramp(length)
        const before = hashFeatures(matrix, length)
        new Uint32Array(matrix.buffer)[position % length] ^= 1 << bit
        expect(hashFeatures(matrix, length)).not.toBe(before)
      }),
    )
  })
})
