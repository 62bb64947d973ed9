import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CandidateSet } from '../../../domain/candidate-set.ts'
import { decodeFrame, defineFrame, encodeFrame, type FrameLayout } from '../../../domain/frame.ts'
import { packCandidates, unpackCandidates } from '../../../funnel/candidate-log.ts'

const columns = {
  u8: fc.uint8Array({ maxLength: 20 }),
  u16: fc.uint16Array({ maxLength: 20 }),
  u32: fc.uint32Array({ maxLength: 20 }),
  i32: fc.int32Array({ maxLength: 20 }),
  f32: fc.float32Array({ maxLength: 20 }),
  f64: fc.float64Array({ maxLength: 20 }),
} as const

type ColumnType = keyof typeof columns

/** Any layout of up to six scalars and eight columns, with any values. */
const layoutsWithValues = fc
  .tuple(
    fc.array(fc.double(), { maxLength: 6 }),
    fc.array(fc.constantFrom(...(Object.keys(columns) as ColumnType[])), { maxLength: 8 }),
  )
  .chain(([scalars, types]) =>
    fc.tuple(...types.map(type => columns[type] as fc.Arbitrary<Uint8Array>)).map(values => ({
      layout: {
        scalars: scalars.map((_, i) => `scalar${i}`),
        columns: Object.fromEntries(types.map((type, i) => [`column${i}`, type])),
      } satisfies FrameLayout,
      values: Object.fromEntries([
        ...scalars.map((value, i) => [`scalar${i}`, value] as const),
        ...values.map((value, i) => [`column${i}`, value] as const),
      ]),
    })),
  )

describe('a frame', () => {
  it('comes out as it went in, whatever its layout and values', () => {
    fc.assert(
      fc.property(layoutsWithValues, ({ layout, values }) => {
        const decoded = decodeFrame(layout, encodeFrame(layout, values as never))
        expect(decoded).toEqual(values)
      }),
    )
  })

  it('takes values from the middle of a larger array', () => {
    const layout = defineFrame({ scalars: ['n'], columns: { a: 'u16', b: 'f64' } })
    const a = Uint16Array.of(1, 2, 3, 4).subarray(1, 3)
    const b = Float64Array.of(0.5, Number.NaN, 7).subarray(1)
    const frame = decodeFrame(layout, encodeFrame(layout, { n: -0, a, b }))
    expect(frame).toEqual({ n: -0, a: Uint16Array.of(2, 3), b: Float64Array.of(Number.NaN, 7) })
  })

  it('is read from shared memory as well', () => {
    const layout = defineFrame({ scalars: [], columns: { a: 'f32' } })
    const bytes = new Uint8Array(encodeFrame(layout, { a: Float32Array.of(1.5) }))
    const shared = new SharedArrayBuffer(bytes.length)
    new Uint8Array(shared).set(bytes)
    expect([...decodeFrame(layout, shared).a]).toEqual([1.5])
  })
})

describe('the log of candidates', () => {
  const candidate = fc.record({
    item: fc.nat(0xffffffff),
    bestRank: fc.nat(0xffff),
    proposers: fc.nat(0xffffffff),
  })

  it('keeps which candidates there were, in order, with their evidence', () => {
    fc.assert(
      fc.property(fc.array(candidate, { maxLength: 50 }), fc.nat(9), (candidates, offset) => {
        const set = new CandidateSet(64)
        set.item.fill(77)
        set.count = candidates.length
        for (const [i, { item, bestRank, proposers }] of candidates.entries()) {
          set.item[i] = item
          set.bestRank[i] = bestRank
          set.proposers[i] = proposers
        }
        // The journal gives the bytes back from the middle of a larger buffer, at any offset.
        const packed = packCandidates(set)
        const stored = new Uint8Array(packed.length + offset)
        stored.set(packed, offset)
        const { items, bestRank, proposers } = unpackCandidates(stored.subarray(offset))
        expect(Array.from(items, (item, i) => ({ item, bestRank: bestRank[i], proposers: proposers[i] }))).toEqual(
          candidates,
        )
      }),
    )
  })
})
