import { describe, expect, it } from 'vitest'
import { categoryEntropy, distinctCategories, intraListDistance } from '../../../../algorithms/ranking/diversity.ts'
import { type CandidateContent, contentSimilarity } from '../../../../algorithms/ranking/similarity.ts'
import { createRandom } from '../../../../algorithms/statistics/random.ts'

/** Four candidates over a table of three rows: 0 and 1 at right angles, 2 opposite to 0, 3 without a vector. */
const content: CandidateContent = {
  vectors: Float32Array.of(0, 5, 3, 0, 0, -2),
  dimension: 2,
  rows: Int32Array.of(0, 1, 2, -1),
  categories: Int32Array.of(1, 2, 2, 3, 1, -1, -1, -1),
  categoryWidth: 2,
  categoryWeight: 0.5,
}

describe('the similarity of candidates', () => {
  it('is the cosine of their table rows when categories weigh nothing, whatever the norms', () => {
    const similarity = contentSimilarity({ ...content, categoryWeight: 0 })
    expect(similarity(0, 0)).toBeCloseTo(1, 6)
    expect(similarity(0, 1)).toBeCloseTo(0, 6)
    expect(similarity(0, 2)).toBeCloseTo(-1, 6)
    expect(similarity(0, 3)).toBe(0)
  })

  it('is the Jaccard overlap when only categories weigh', () => {
    const similarity = contentSimilarity({ ...content, categoryWeight: 1 })
    expect(similarity(0, 1)).toBeCloseTo(1 / 3, 12)
    expect(similarity(0, 2)).toBe(0.5)
    expect(similarity(1, 2)).toBe(0)
    expect(similarity(3, 3)).toBe(0)
  })

  it('mixes both by the weight', () => {
    expect(contentSimilarity(content)(0, 2)).toBeCloseTo(0.5 * -1 + 0.5 * 0.5, 6)
  })

  it('agrees with a plain cosine for a dimension that is no multiple of four', () => {
    const random = createRandom(3)
    const vectors = Float32Array.from({ length: 14 }, () => random.next() - 0.5)
    const similarity = contentSimilarity({
      vectors,
      dimension: 7,
      rows: Int32Array.of(1, 0),
      categories: new Int32Array(0),
      categoryWidth: 0,
      categoryWeight: 0,
    })
    const [a, b] = [vectors.subarray(0, 7), vectors.subarray(7)]
    const dot = (x: Float32Array, y: Float32Array): number => x.reduce((sum, value, d) => sum + value * y[d], 0)
    expect(similarity(0, 1)).toBeCloseTo(dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)), 6)
  })

  it('treats a zero or broken vector as no vector', () => {
    const vectors = Float32Array.of(0, 0, Number.NaN, 1, 1, 0)
    const similarity = contentSimilarity({ ...content, vectors, categoryWeight: 0 })
    expect([similarity(0, 2), similarity(1, 2), similarity(1, 1)]).toEqual([0, 0, 0])
  })

  it('refuses tables that do not fit', () => {
    expect(() => contentSimilarity({ ...content, rows: Int32Array.of(3, 0, 0, 0) })).toThrow(/row 3/)
    expect(() => contentSimilarity({ ...content, categoryWidth: 3 })).toThrow(/3 categories each/)
    expect(() => contentSimilarity({ ...content, categoryWeight: 1.5 })).toThrow(/category weight/)
  })
})

describe('diversity of a list', () => {
  it('is the mean distance of its pairs', () => {
    const similarity = contentSimilarity({ ...content, categoryWeight: 0 })
    expect(intraListDistance([0, 1, 2], similarity)).toBeCloseTo((1 + 2 + 1) / 3, 6)
    expect(intraListDistance([0], similarity)).toBeNaN()
  })

  it('counts categories and their entropy, leaving out items without one', () => {
    expect(distinctCategories([4, 4, 7, -1])).toBe(2)
    expect(categoryEntropy([4, 4, 7, 9, -1])).toBe(1.5)
    expect(categoryEntropy([4, 4])).toBe(0)
    expect(categoryEntropy([-1])).toBeNaN()
  })
})
