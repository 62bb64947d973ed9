import { describe, expect, it } from 'vitest'
import { GroupBatch } from '../../../../models/ranker/group-batch.ts'

const [groups, groupSize] = [7, 2]
const rows = groups * groupSize
/** Every cell names its row, so that a row torn from its group or its labels shows. */
const matrix = (columns: number) =>
  Float32Array.from({ length: rows * columns }, (_, index) => Math.floor(index / columns))
const data = { features: matrix(3), labels: matrix(2), weights: matrix(2) }

/** The first row of each group of an epoch, after checking that groups are whole in all matrices. */
function epoch(batch: GroupBatch, key: number): number[] {
  batch.shuffle(key)
  const first: number[] = []
  for (let step = 0; step < Math.floor(groups / batch.groups); step++) {
    const feeds = batch.fill(step)
    const features = [...(feeds.features.data as Float32Array)]
    const found = features.filter((_, index) => index % 3 === 0)
    expect(features).toEqual(found.flatMap(row => [row, row, row]))
    for (const name of ['labels', 'weights']) {
      expect([...(feeds[name].data as Float32Array)]).toEqual(found.flatMap(row => [row, row]))
    }
    for (let row = 0; row < found.length; row += groupSize) {
      expect(found[row + 1]).toBe(found[row] + 1)
      first.push(found[row])
    }
  }
  return first
}

describe('mini-batches of groups', () => {
  it('hold whole groups, none twice in an epoch, in an order that the key decides', () => {
    const batch = new GroupBatch(data, { features: 3, objectives: 2, groupSize }, 3)
    expect([batch.groups, batch.rows]).toEqual([3, 6])
    const orders = [1, 2, 3, 1].map(key => epoch(batch, key))
    for (const order of orders) {
      expect(new Set(order).size).toBe(6)
      expect(order.every(row => row % groupSize === 0)).toBe(true)
    }
    expect(orders[3]).toEqual(orders[0])
    expect(orders[1]).not.toEqual(orders[0])
  })
})
