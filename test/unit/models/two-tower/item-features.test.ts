import { describe, expect, it } from 'vitest'
import { describeItem } from '../../../../models/two-tower/descriptions.ts'
import { itemFeatureWidth, writeItemFeatures } from '../../../../models/two-tower/item-features.ts'

const layout = { content: 3, categories: 8, creators: 16 }
const width = itemFeatureWidth(layout)
const rowOf = (item: Parameters<typeof writeItemFeatures>[1]) => {
  const row = new Float32Array(width).fill(9)
  writeItemFeatures(layout, item, row)
  return row
}
const yearsOf = (year: number) => rowOf({ year }).subarray(27, width - 2)
const total = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0)

describe('the row of an item', () => {
  it('is zeros where nothing is known', () => {
    expect([...rowOf({})]).toEqual([...new Float32Array(width)])
  })

  it('has the same length for few categories and for many, in buckets apart from those of creators', () => {
    const one = rowOf({ categories: ['Drama'] })
    expect(Math.hypot(...one.subarray(3, 11))).toBeCloseTo(1, 6)
    expect(total(one.subarray(11, 27))).toBe(0)
    const [a, b] = [rowOf({ creators: ['Ann'] }), rowOf({ creators: ['Ann', 'Bob', 'Cy', 'Di'] })]
    const bucket = a.findIndex(value => value !== 0)
    expect(a[bucket]).toBe(1)
    expect(b[bucket]).toBeGreaterThanOrEqual(0.5)
  })

  it('tells years by how near they are to the knots around them', () => {
    for (const year of [1900, 1930, 1995, 1996.5, 2025, 2050]) expect(total(yearsOf(year))).toBeCloseTo(1, 6)
    expect([...yearsOf(1995)].filter(value => value > 0)).toEqual([0.5, 0.5])
    expect(yearsOf(1900)[0]).toBe(1)
    expect(yearsOf(2050).at(-1)).toBe(1)
  })

  it('is made of an item of the domain, whatever of it there is', () => {
    const item = {
      id: 't',
      title: 'Heat',
      categories: ['Crime'],
      creators: ['Mann'],
      publishedAt: Date.UTC(1995, 6, 1),
    }
    const description = describeItem(item, [1, 0, 0])
    expect(description.year).toBeCloseTo(1995.5, 1)
    expect(rowOf(description)[0]).toBeGreaterThan(0)
    expect(describeItem({ id: 't', title: '', categories: [], creators: [] }).year).toBeUndefined()
  })

  it('refuses a content vector of another length', () => {
    expect(() => rowOf({ content: [1, 0] })).toThrow(RangeError)
  })
})
