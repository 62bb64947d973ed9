import { describe, expect, it } from 'vitest'
import { uniformAt } from '../../../../models/engine/random.ts'
import type { Histories } from '../../../../models/histories.ts'
import { bucketShapes, epochBatches, lossFeeds } from '../../../../models/sequence/sequence-batches.ts'

const lengths = Array.from({ length: 60 }, (_, user) => Math.floor(uniformAt(4, user) * 30))
const histories = historiesOf(lengths)

/** Item of every interaction is its own place, so that what a batch holds can be read off. */
function historiesOf(counts: readonly number[]): Histories {
  const offsets = new Uint32Array(counts.length + 1)
  for (const [user, count] of counts.entries()) offsets[user + 1] = offsets[user] + count
  const total = offsets[counts.length]
  return { users: counts.length, items: total, offsets, itemOf: Uint32Array.from({ length: total }, (_, i) => i) }
}

const shapes = bucketShapes(12, 4, 24)

describe('buckets', () => {
  it('reach the longest length with batches of about the same number of positions', () => {
    expect(shapes).toEqual([
      { length: 4, batch: 6 },
      { length: 8, batch: 3 },
      { length: 12, batch: 2 },
    ])
    expect(bucketShapes(10, 64, 4)).toEqual([{ length: 10, batch: 1 }])
  })
})

describe('the batches of an epoch', () => {
  it('predict the newest items of every history once when only the last window counts', () => {
    const predicted = epochBatches(histories, shapes, 'last', 9).flatMap(batch => labels(batch))
    const expected = lengths.flatMap((count, user) => {
      const end = histories.offsets[user + 1]
      const window = Math.max(0, Math.min(12, count - 1))
      return Array.from({ length: window }, (_, back) => end - 1 - back)
    })
    expect(predicted.toSorted((a, b) => a - b)).toEqual(expected.toSorted((a, b) => a - b))
  })

  it('predict every item but the first of each history once when all windows count, cut elsewhere in each epoch', () => {
    const expected = lengths.flatMap((count, user) =>
      Array.from({ length: Math.max(0, count - 1) }, (_, place) => histories.offsets[user] + 1 + place),
    )
    const begins = [1, 2].map(key => {
      const batches = epochBatches(histories, shapes, 'all', key)
      expect(batches.flatMap(batch => labels(batch)).toSorted((a, b) => a - b)).toEqual(expected)
      return batches.flatMap(batch => [...batch.begins]).toSorted((a, b) => a - b)
    })
    expect(begins[0]).not.toEqual(begins[1])
  })

  it('fit their shapes, and only the longest bucket has a batch that is not full', () => {
    for (const batch of epochBatches(histories, shapes, 'all', 5)) {
      const { length, batch: rows } = shapes[batch.shape]
      expect(Math.max(...batch.lengths)).toBeLessThanOrEqual(length)
      if (batch.shape < 2) expect(batch.lengths.length).toBe(rows)
    }
  })

  it('are the same for the same key and in another order for another', () => {
    const of = (key: number) => epochBatches(histories, shapes, 'last', key)
    expect(of(7)).toEqual(of(7))
    expect(of(7)).not.toEqual(of(8))
  })

  it('feed real positions once each and weigh them equally', () => {
    const batch = { shape: 0, begins: Uint32Array.of(10, 40), lengths: Uint32Array.of(2, 3) }
    const { tokens, places, labels: next, weights } = lossFeeds(histories, batch, { batch: 3, length: 4 })
    expect([...(tokens.data as Int32Array)]).toEqual([10, 11, 0, 0, 40, 41, 42, 0, 0, 0, 0, 0])
    expect([...(places.data as Int32Array)]).toEqual([0, 1, 4, 5, 6])
    expect([...(next.data as Int32Array)]).toEqual([11, 12, 41, 42, 43])
    expect([...(weights.data as Float32Array)]).toEqual(Array.from({ length: 5 }, () => Math.fround(0.2)))
  })

  it('fill up with padding of weight 0 what is too little for the parts of the softmax', () => {
    const batch = { shape: 0, begins: Uint32Array.of(10), lengths: Uint32Array.of(2) }
    const { places, weights } = lossFeeds(histories, batch, { batch: 100, length: 8 })
    expect([...(places.data as Int32Array)]).toEqual([0, 1, 2, 3])
    expect([...(weights.data as Float32Array)]).toEqual([0.5, 0.5, 0, 0])
  })
})

function labels(batch: ReturnType<typeof epochBatches>[number]): number[] {
  return [...(lossFeeds(histories, batch, shapes[batch.shape]).labels.data as Int32Array)]
}
