import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ExactIndex } from '../../../../algorithms/retrieval/exact-index.ts'
import { HnswIndex } from '../../../../algorithms/retrieval/hnsw-index.ts'
import { fileChecksum, readIndexFile, writeIndexFile } from '../../../../algorithms/retrieval/index-file.ts'
import { LabelSlots } from '../../../../algorithms/retrieval/label-slots.ts'
import { neighboursOf, recallAtK } from '../../../../algorithms/retrieval/recall.ts'
import { searchWidthFor, tuneSearchWidth } from '../../../../algorithms/retrieval/search-width.ts'
import { createSearchResult } from '../../../../algorithms/retrieval/vector-index.ts'
import { clusteredVectors } from './clustered-vectors.ts'

const DIMENSION = 16
const COUNT = 1500
const { vectors, queries } = clusteredVectors(COUNT, 60, DIMENSION, 3)
const row = (label: number) => vectors.subarray(label * DIMENSION, (label + 1) * DIMENSION)

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hnsw-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('HnswIndex', () => {
  it('is deterministic: the same vectors in the same order give the same answers', () => {
    const build = () => {
      const index = new HnswIndex({ dimension: DIMENSION, metric: 'cosine', seed: 9 })
      for (let label = 0; label < 500; label++) index.upsert(label, row(label))
      return neighboursOf(index, queries, 20)
    }
    expect(build()).toEqual(build())
  })

  it('gives the true inner product of vectors longer than the maximum norm, and finds them', () => {
    const index = new HnswIndex({ dimension: DIMENSION, metric: 'inner-product', maximumNorm: 0.5, seed: 2 })
    const exact = new ExactIndex({ dimension: DIMENSION, metric: 'inner-product' })
    for (let label = 0; label < 400; label++) {
      // Every eighth is up to eight times longer than the index was made for.
      const scale = label % 8 === 0 ? 1 : 0.1
      const vector = row(label).map(value => value * scale)
      index.upsert(label, vector)
      exact.upsert(label, vector)
    }
    index.setSearchWidth(400)
    expect(recallAtK(index, exact, queries, 20)).toBeGreaterThanOrEqual(0.95)
    const found = createSearchResult(20)
    const truth = createSearchResult(400)
    for (let query = 0; query < 10; query++) {
      const asked = queries.subarray(query * DIMENSION, (query + 1) * DIMENSION)
      const count = index.search(asked, 20, found)
      exact.search(asked, 400, truth)
      for (let at = 0; at < count; at++) {
        expect(found.scores[at]!).toBeCloseTo(truth.scores[truth.labels.indexOf(found.labels[at]!)]!, 4)
      }
    }
  })

  it('refuses changes while it is being saved, answers meanwhile, and accepts them afterwards', async () => {
    const index = new HnswIndex({ dimension: DIMENSION, metric: 'cosine' })
    for (let label = 0; label < 200; label++) index.upsert(label, row(label))
    const saved = index.save(join(folder, 'busy'))
    const isBusy = expect.objectContaining({ code: 'busy' })
    expect(() => index.upsert(1, row(1))).toThrow(isBusy)
    expect(() => index.remove(1)).toThrow(isBusy)
    expect(() => index.clear()).toThrow(isBusy)
    await expect(index.save(join(folder, 'busy-too'))).rejects.toMatchObject({ code: 'busy' })
    expect(index.search(row(7), 1, createSearchResult(1))).toBe(1)
    await saved
    expect(index.remove(1)).toBe(true)
  })

  it('notices that a graph file belongs to another save', async () => {
    const index = new HnswIndex({ dimension: DIMENSION, metric: 'cosine' })
    index.upsert(1, row(1))
    await index.save(join(folder, 'first'))
    index.upsert(2, row(2))
    await index.save(join(folder, 'second'))
    await copyFile(join(folder, 'second.graph'), join(folder, 'first.graph'))
    await expect(index.load(join(folder, 'first'))).rejects.toMatchObject({ code: 'bad-file' })
    expect(index.size).toBe(2)
  })

  it('refuses a graph that was cut short before its checksum was taken', async () => {
    const index = new HnswIndex({ dimension: DIMENSION, metric: 'cosine' })
    for (let label = 0; label < 50; label++) index.upsert(label, row(label))
    const path = join(folder, 'short')
    await index.save(path)
    const graph = await readFile(`${path}.graph`)
    await writeFile(`${path}.graph`, graph.subarray(0, graph.length - 4))
    const { meta, columns } = await readIndexFile(path)
    await writeIndexFile(path, { meta: { ...meta, graphChecksum: await fileChecksum(`${path}.graph`) }, columns })
    await expect(index.load(path)).rejects.toMatchObject({ code: 'bad-file' })
    expect(index.search(row(3), 1, createSearchResult(1))).toBe(1)
  })

  it('can be saved again after a save that failed', async () => {
    const index = new HnswIndex({ dimension: DIMENSION, metric: 'cosine' })
    index.upsert(1, row(1))
    await expect(index.save(join(folder, 'no-such-folder', 'index'))).rejects.toThrow()
    await index.save(join(folder, 'after-failure'))
    await index.load(join(folder, 'after-failure'))
    expect(index.has(1)).toBe(true)
  })

  it('needs a positive maximum norm and dimension', () => {
    expect(() => new HnswIndex({ dimension: 2, metric: 'inner-product', maximumNorm: 0 })).toThrow(/maximumNorm/)
    expect(() => new HnswIndex({ dimension: 0, metric: 'cosine' })).toThrow(/dimension/)
  })
})

describe('LabelSlots', () => {
  it('reuses vacant slots before it takes new ones', () => {
    const slots = new LabelSlots(0)
    for (let label = 0; label < 100; label++) slots.claim(label)
    for (let label = 0; label < 100; label += 2) slots.release(label)
    for (let label = 1000; label < 1050; label++) slots.claim(label)
    expect(slots.count).toBe(100)
    expect(slots.size).toBe(100)
    slots.claim(5000)
    expect(slots.count).toBe(101)
  })

  it('goes on after a restore as it would have without', () => {
    const slots = new LabelSlots(4)
    for (let label = 0; label < 10; label++) slots.claim(label)
    for (const label of [3, 8, 5]) slots.release(label)
    const { labels, vacant } = slots.toColumns()
    const restored = LabelSlots.fromColumns(labels, vacant)
    for (const label of [20, 21, 22, 23, 3]) {
      expect(restored.claim(label)).toBe(slots.claim(label))
      expect(restored.labelOf(restored.slotOf(label))).toBe(label)
    }
    expect(restored.slotOf(8)).toBe(-1)
    expect(restored.release(8)).toBe(-1)
  })
})

describe('search width', () => {
  const index = new HnswIndex({ dimension: DIMENSION, metric: 'cosine', linksPerPoint: 4, buildWidth: 20 })
  const exact = new ExactIndex({ dimension: DIMENSION, metric: 'cosine' })
  for (let label = 0; label < COUNT; label++) {
    index.upsert(label, row(label))
    exact.upsert(label, row(label))
  }

  it('tuning finds the smallest width that meets the target, and leaves the index at it', () => {
    const { searchWidth, recall } = tuneSearchWidth(index, exact, queries, 10, 0.98)
    expect(recall).toBeGreaterThanOrEqual(0.98)
    expect(recallAtK(index, exact, queries, 10)).toBe(recall)
    expect(searchWidth).toBeGreaterThan(10)
    index.setSearchWidth(searchWidth - 1)
    expect(recallAtK(index, exact, queries, 10)).toBeLessThan(0.98)
  })

  it('tuning stops at k when that is enough', () => {
    expect(tuneSearchWidth(index, exact, queries, 200, 0.01).searchWidth).toBe(200)
  })

  it('tuning reports a recall below a target that no width reaches', () => {
    const empty = new HnswIndex({ dimension: DIMENSION, metric: 'cosine' })
    expect(tuneSearchWidth(empty, exact, queries, 10, 0.5)).toEqual({ searchWidth: COUNT, recall: 0 })
  })

  it('recall of an index against itself is 1, of an empty collection too', () => {
    expect(recallAtK(exact, exact, queries, 10)).toBe(1)
    const empty = new ExactIndex({ dimension: DIMENSION, metric: 'cosine' })
    expect(recallAtK(empty, empty, queries, 10)).toBe(1)
    expect(() => recallAtK(exact, exact, queries.subarray(1), 10)).toThrow(/whole number of queries/)
  })

  it('the starting width is never below k, and wider for augmented vectors', () => {
    for (const k of [1, 10, 64, 200, 1000]) {
      expect(searchWidthFor(k, 'cosine')).toBeGreaterThanOrEqual(k)
      expect(searchWidthFor(k, 'inner-product')).toBeGreaterThan(searchWidthFor(k, 'cosine'))
    }
  })
})
