import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ExactIndex } from '../../algorithms/retrieval/exact-index.ts'
import { HnswIndex } from '../../algorithms/retrieval/hnsw-index.ts'
import { NormSplitIndex } from '../../algorithms/retrieval/norm-split-index.ts'
import { recallAtK } from '../../algorithms/retrieval/recall.ts'
import { searchWidthFor } from '../../algorithms/retrieval/search-width.ts'
import {
  createSearchResult,
  type Metric,
  type VectorIndex,
  VectorIndexError,
} from '../../algorithms/retrieval/vector-index.ts'
import { clusteredVectors } from '../unit/algorithms/retrieval/clustered-vectors.ts'

/** Small on purpose: the property tests upsert longer vectors than this. */
const MAXIMUM_NORM = 2

interface Implementation {
  readonly name: string
  /** An approximate index may miss an item; how many it finds is what the recall tests below are about. */
  readonly isExact: boolean
  /** Absent: both. */
  readonly metrics?: readonly Metric[]
  readonly create: (metric: Metric, dimension: number, maximumNorm: number) => VectorIndex
}

const implementations: Implementation[] = [
  { name: 'exact', isExact: true, create: (metric, dimension) => new ExactIndex({ metric, dimension }) },
  {
    name: 'hnsw',
    isExact: false,
    create: (metric, dimension, maximumNorm) => new HnswIndex({ metric, dimension, maximumNorm, capacity: 4 }),
  },
  {
    name: 'norm split',
    isExact: false,
    metrics: ['inner-product'],
    // Half the largest norm, so that both parts hold something.
    create: (_metric, dimension, maximumNorm) =>
      new NormSplitIndex({ dimension, maximumNorm: maximumNorm / 2, capacity: 4 }),
  },
]
const cases = implementations.flatMap(implementation =>
  (implementation.metrics ?? ['cosine', 'inner-product']).map(metric => ({ ...implementation, metric })),
)

function answer(index: VectorIndex, query: Float32Array, k: number): { labels: number[]; scores: number[] } {
  const out = createSearchResult(k)
  const count = index.search(query, k, out)
  return { labels: Array.from(out.labels.subarray(0, count)), scores: Array.from(out.scores.subarray(0, count)) }
}

function similarity(metric: Metric, a: Float32Array, b: Float32Array): number {
  const dot = a.reduce((sum, value, j) => sum + value * b[j]!, 0)
  return metric === 'cosine' ? dot / (Math.hypot(...a) * Math.hypot(...b)) : dot
}

const vector = (...values: number[]) => Float32Array.from(values)
/** Whole numbers: inner products are exact, and equal ones frequent. */
const anyVector = fc
  .array(fc.integer({ min: -3, max: 3 }), { minLength: 3, maxLength: 3 })
  .filter(values => values.some(value => value !== 0))
  .map(values => Float32Array.from(values))
const anyChange = fc.oneof(
  { weight: 3, arbitrary: fc.record({ label: fc.nat(40), vector: anyVector }) },
  { weight: 1, arbitrary: fc.record({ label: fc.nat(40) }) },
)
type Change = { label: number; vector?: Float32Array }

function apply(changes: readonly Change[], index: VectorIndex, model: Map<number, Float32Array>): void {
  for (const change of changes) {
    if (change.vector) {
      index.upsert(change.label, change.vector)
      model.set(change.label, change.vector)
    } else {
      expect(index.remove(change.label)).toBe(model.delete(change.label))
    }
  }
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vector-index-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe.each(cases)('vector index: $name, $metric', ({ name, isExact, metric, create }) => {
  const path = (file: string) => join(folder, `${name}-${metric}-${file}`)

  it('finds nothing while it is empty', () => {
    const index = create(metric, 3, MAXIMUM_NORM)
    expect(index.size).toBe(0)
    expect(answer(index, vector(1, 2, 3), 5)).toEqual({ labels: [], scores: [] })
  })

  it('keeps to its law through any sequence of upserts and removals', () => {
    fc.assert(
      fc.property(
        fc.array(anyChange, { maxLength: 200, size: 'max' }),
        anyVector,
        fc.integer({ min: 1, max: 50 }),
        (changes, query, k) => {
          const index = create(metric, 3, MAXIMUM_NORM)
          const model = new Map<number, Float32Array>()
          apply(changes, index, model)
          const { labels, scores } = answer(index, query, k)
          expect(index.size).toBe(model.size)
          expect(new Set(labels).size, 'nothing twice').toBe(labels.length)
          expect(labels.length).toBeLessThanOrEqual(Math.min(k, model.size))
          for (let at = 0; at < labels.length; at++) {
            const stored = model.get(labels[at]!)
            expect(stored, `label ${labels[at]} was removed or never there`).toBeDefined()
            expect(index.has(labels[at]!)).toBe(true)
            expect(scores[at]!).toBeCloseTo(similarity(metric, query, stored!), 4)
            if (at === 0) continue
            const inOrder =
              scores[at - 1]! > scores[at]! || (scores[at - 1] === scores[at] && labels[at - 1]! < labels[at]!)
            expect(inOrder, 'score descending, ties by label ascending').toBe(true)
          }
          if (!isExact) return
          const all = Array.from(model.values(), stored => similarity(metric, query, stored)).sort((a, b) => b - a)
          expect(labels.length).toBe(Math.min(k, model.size))
          for (let at = 0; at < labels.length; at++) expect(scores[at]!).toBeCloseTo(all[at]!, 4)
        },
      ),
      // Every graph takes 2.6 MB that the garbage collector does not see, so the number of runs is kept moderate.
      { numRuns: 60 },
    )
  })

  it('takes any uint32 as a label and tells apart the ends of the range', () => {
    const index = create(metric, 2, MAXIMUM_NORM)
    index.upsert(0, vector(1, 0))
    index.upsert(0xffffffff, vector(0, 1))
    expect(answer(index, vector(0, 1), 1).labels).toEqual([0xffffffff])
    expect(index.remove(0xffffffff)).toBe(true)
    expect(answer(index, vector(0, 1), 2).labels).toEqual([0])
  })

  it('brings a label back after its removal, with its new vector', () => {
    const index = create(metric, 2, MAXIMUM_NORM)
    for (let label = 0; label < 20; label++) index.upsert(label, vector(1, label / 20))
    expect(index.remove(7)).toBe(true)
    expect(index.remove(7)).toBe(false)
    expect(answer(index, vector(1, 0), 20).labels).not.toContain(7)
    index.upsert(7, vector(-1, 0))
    const { labels, scores } = answer(index, vector(-1, 0), 1)
    expect(labels).toEqual([7])
    expect(scores[0]).toBeCloseTo(1, 5)
  })

  it('can be emptied, label by label or at once, and filled again', () => {
    const index = create(metric, 2, MAXIMUM_NORM)
    for (let round = 0; round < 4; round++) {
      const labels = Array.from({ length: 30 }, (_, at) => 100 * round + at)
      for (const label of labels) index.upsert(label, vector(Math.cos(label), Math.sin(label)))
      expect(answer(index, vector(1, 0), 30).labels).toHaveLength(30)
      if (round % 2 === 0) for (const label of labels) index.remove(label)
      else index.clear()
      expect(index.size).toBe(0)
      expect(index.has(labels[0]!)).toBe(false)
      expect(answer(index, vector(1, 0), 30).labels).toEqual([])
    }
  })

  it('keeps no reference to the vector it was given', () => {
    const index = create(metric, 2, MAXIMUM_NORM)
    const given = vector(0, 1)
    index.upsert(1, given)
    given.set([1, 0])
    expect(answer(index, vector(0, 1), 1).scores[0]).toBeCloseTo(1, 5)
  })

  it('reads vectors through views into a larger table', () => {
    const index = create(metric, 2, MAXIMUM_NORM)
    const table = vector(9, 9, 0, 1, 9, 9)
    index.upsert(1, table.subarray(2, 4))
    expect(answer(index, table.subarray(2, 4), 1).scores[0]).toBeCloseTo(1, 5)
  })

  it('answers a zero query with nothing', () => {
    const index = create(metric, 2, MAXIMUM_NORM)
    index.upsert(1, vector(1, 0))
    expect(answer(index, vector(0, 0), 3).labels).toEqual([])
  })

  it('refuses vectors and labels that it cannot index, and stays as it was', () => {
    const index = create(metric, 2, MAXIMUM_NORM)
    index.upsert(1, vector(1, 0))
    const code = (action: () => void) => {
      try {
        action()
      } catch (error) {
        if (error instanceof VectorIndexError) return error.code
        throw error
      }
      return 'accepted'
    }
    expect(code(() => index.upsert(2, vector(1, 0, 0)))).toBe('bad-vector')
    expect(code(() => index.upsert(2, vector(Number.NaN, 0)))).toBe('bad-vector')
    expect(code(() => index.upsert(2, vector(1, Infinity)))).toBe('bad-vector')
    expect(code(() => index.upsert(2, vector(0, 0)))).toBe(metric === 'cosine' ? 'bad-vector' : 'accepted')
    for (const label of [-1, 1.5, 2 ** 32, Number.NaN]) {
      expect(code(() => index.upsert(label, vector(1, 0)))).toBe('bad-label')
    }
    expect(code(() => answer(index, vector(1), 1))).toBe('bad-vector')
    expect(code(() => answer(index, vector(Number.NaN, 1), 1))).toBe('bad-vector')
    expect(() => index.search(vector(1, 0), 4, createSearchResult(3))).toThrow(RangeError)
    expect(() => index.search(vector(1, 0), 0, createSearchResult(3))).toThrow(RangeError)
    expect(index.has(2)).toBe(metric !== 'cosine')
    expect(answer(index, vector(1, 0), 1).labels).toEqual([1])
  })

  it('answers after save and load as it did before, and goes on from there', async () => {
    const { vectors, queries } = clusteredVectors(300, 20, 8, 5)
    const index = create(metric, 8, MAXIMUM_NORM)
    for (let label = 0; label < 300; label++) index.upsert(label + 7, vectors.subarray(label * 8, label * 8 + 8))
    for (let label = 0; label < 300; label += 3) index.remove(label + 7)
    await index.save(path('whole'))
    const restored = create(metric, 8, MAXIMUM_NORM)
    restored.upsert(5, vectors.subarray(0, 8))
    await restored.load(path('whole'))
    expect(restored.size).toBe(index.size)
    expect(restored.has(5)).toBe(false)
    for (let query = 0; query < 20; query++) {
      const row = queries.subarray(query * 8, query * 8 + 8)
      expect(answer(restored, row, 10)).toEqual(answer(index, row, 10))
    }
    for (let label = 1000; label < 1400; label++) restored.upsert(label, vectors.subarray(0, 8))
    expect(restored.size).toBe(index.size + 400)
    expect(restored.remove(8)).toBe(true)
    expect(answer(restored, vectors.subarray(0, 8), 50).labels.every(label => restored.has(label))).toBe(true)
  })

  it('saves and loads an empty index', async () => {
    await create(metric, 2, MAXIMUM_NORM).save(path('empty'))
    const restored = create(metric, 2, MAXIMUM_NORM)
    restored.upsert(3, vector(1, 0))
    await restored.load(path('empty'))
    expect(restored.size).toBe(0)
    restored.upsert(4, vector(1, 0))
    expect(answer(restored, vector(1, 0), 5).labels).toEqual([4])
  })

  it('refuses a file that is missing, damaged or of another shape, and keeps its content', async () => {
    const index = create(metric, 2, MAXIMUM_NORM)
    index.upsert(1, vector(1, 0))
    await index.save(path('intact'))
    await expect(index.load(path('missing'))).rejects.toThrow()
    const other = create(metric, 3, MAXIMUM_NORM)
    await expect(other.load(path('intact'))).rejects.toMatchObject({ code: 'bad-file' })
    const bytes = await readFile(path('intact'))
    await writeFile(path('intact'), bytes.with(bytes.length - 9, bytes.at(-9)! ^ 1))
    await expect(index.load(path('intact'))).rejects.toMatchObject({ code: 'bad-file' })
    await writeFile(path('intact'), bytes.subarray(0, 5))
    await expect(index.load(path('intact'))).rejects.toMatchObject({ code: 'bad-file' })
    expect(answer(index, vector(1, 0), 5).labels).toEqual([1])
  })
})

describe.each(cases)('recall on clustered vectors: $name, $metric', ({ metric, create }) => {
  const count = 4000
  const dimension = 32
  const { vectors, queries } = clusteredVectors(count, 100, dimension, 11)
  const row = (label: number) => vectors.subarray(label * dimension, (label + 1) * dimension)
  let maximumNorm = 0
  for (let label = 0; label < count; label++) maximumNorm = Math.max(maximumNorm, Math.hypot(...row(label)))
  let index: VectorIndex
  let exact: VectorIndex

  beforeAll(() => {
    index = create(metric, dimension, maximumNorm)
    exact = new ExactIndex({ metric, dimension })
    for (let label = 0; label < count; label++) {
      index.upsert(label, row(label))
      exact.upsert(label, row(label))
    }
  })

  it.each([10, 200])('finds at least 95 %% of the nearest %i', k => {
    index.setSearchWidth(searchWidthFor(k, metric))
    expect(recallAtK(index, exact, queries, k)).toBeGreaterThanOrEqual(0.95)
  })

  it('still does after a quarter was replaced and a quarter removed and brought back', () => {
    for (let label = 0; label < count; label += 4) {
      const replacement = row(count - 1 - label)
      index.upsert(label, replacement)
      exact.upsert(label, replacement)
    }
    for (let label = 1; label < count; label += 4) index.remove(label)
    for (let label = 1; label < count; label += 4) index.upsert(label, row(label))
    for (const k of [10, 200]) {
      index.setSearchWidth(searchWidthFor(k, metric))
      expect(recallAtK(index, exact, queries, k)).toBeGreaterThanOrEqual(0.95)
    }
  })
})
