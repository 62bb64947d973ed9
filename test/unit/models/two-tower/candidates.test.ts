import { describe, expect, it } from 'vitest'
import { uniformAt } from '../../../../models/engine/random.ts'
import { historyOf } from '../../../../models/histories.ts'
import { CandidateColumns, columnCounts, masked } from '../../../../models/two-tower/candidates.ts'
import { metItems } from '../../../../models/two-tower/met-items.ts'

const settings = { negatives: 8, hardShare: 0.2 }
const positives = Int32Array.of(3, 1, 3, 0)
const popularity = [40, 30, 0, 20, 5, 5]

function cells({ mask, items }: CandidateColumns, row: number): number[] {
  return [...mask.subarray(row * items.length, (row + 1) * items.length)]
}

describe('candidate columns', () => {
  it('have the kinds of negatives that the strategy names, a fifth of mixed ones hard', () => {
    const of = (strategy: 'random' | 'in-batch' | 'hard' | 'mixed') =>
      columnCounts({ ...settings, negatives: 100, strategy }, 100)
    expect(of('random')).toEqual({ positives: 100, uniform: 100, hard: 0 })
    expect(of('in-batch')).toEqual({ positives: 100, uniform: 0, hard: 0 })
    expect(of('hard')).toEqual({ positives: 100, uniform: 0, hard: 100 })
    expect(of('mixed')).toEqual({ positives: 100, uniform: 60, hard: 40 })
  })

  it('mask accidental hits: a row has its own positive once, whatever other columns hold it', () => {
    const counts = columnCounts({ ...settings, strategy: 'mixed' }, positives.length)
    const columns = new CandidateColumns('mixed', counts, false, popularity)
    columns.draw(positives, 7)
    for (const [row, positive] of positives.entries()) {
      for (const [column, value] of cells(columns, row).entries()) {
        const isHit = column !== row && columns.items[column] === positive
        expect([row, column, value]).toEqual([row, column, isHit ? Math.fround(masked) : 0])
      }
    }
    expect(cells(columns, 0)[2]).toBe(Math.fround(masked))
  })

  it('mask what the person met, but never the own positive', () => {
    const counts = columnCounts({ ...settings, strategy: 'in-batch' }, positives.length)
    const columns = new CandidateColumns('in-batch', counts, false, popularity)
    const met = metItems({
      users: 2,
      items: 6,
      offsets: Uint32Array.of(0, 0, 5),
      itemOf: Uint32Array.of(3, 1, 3, 5, 1),
    })
    expect([...met.items]).toEqual([3, 1, 5])
    columns.draw(positives, 7, [1, 0, 0, 0], met)
    expect(cells(columns, 0)).toEqual([0, masked, masked, 0].map(Math.fround))
    expect(cells(columns, 1)).toEqual([0, 0, 0, 0])
  })

  it('mask the same cells as a look at every pair, batch after batch', () => {
    const [items, users, rows] = [40, 6, 24]
    const drawn = (length: number, below: number, key: number) =>
      Int32Array.from({ length }, (_, at) => Math.floor(uniformAt(key, at) * below))
    const histories = {
      users,
      items,
      offsets: Uint32Array.of(0, 0, 1, 9, 30, 31, 60),
      itemOf: Uint32Array.from(drawn(60, items, 1)),
    }
    const counts = columnCounts({ ...settings, strategy: 'mixed' }, rows)
    const columns = new CandidateColumns('mixed', counts, true, new Array(items).fill(1))
    for (const key of [2, 3, 4]) {
      const [targets, people] = [drawn(rows, items, key), drawn(rows, users, 10 * key)]
      columns.draw(targets, key, people, metItems(histories))
      for (const [row, user] of people.entries()) {
        const met = new Set([...historyOf(histories, user), targets[row]])
        const expected = Array.from(columns.items, (item, column) => column !== row && met.has(item))
        expect(cells(columns, row).map(value => value === Math.fround(masked))).toEqual(expected)
      }
    }
  })

  it('are corrected by the logarithm of how many columns an item can expect', () => {
    const counts = { positives: 4, uniform: 6, hard: 0 }
    const columns = new CandidateColumns('mixed', counts, true, popularity)
    columns.draw(Int32Array.of(0, 3, 4, 1), 7)
    const expected = (item: number) => (4 * popularity[item]) / 100 + 6 / popularity.filter(count => count > 0).length
    for (const [column, item] of columns.items.entries()) {
      expect(columns.columnBias[column]).toBeCloseTo(-Math.log(expected(item)), 5)
    }
  })

  it('draw no item that nobody met: it may be new', () => {
    const columns = new CandidateColumns('random', { positives: 4, uniform: 200, hard: 0 }, false, popularity)
    columns.draw(positives, 3)
    expect(columns.items.includes(2)).toBe(false)
    expect(new Set(columns.items).size).toBe(5)
  })

  it('leave the batch out of random and hard negatives', () => {
    for (const strategy of ['random', 'hard'] as const) {
      const counts = columnCounts({ ...settings, strategy }, positives.length)
      const columns = new CandidateColumns(strategy, counts, false, popularity)
      columns.draw(positives, 7)
      const row = cells(columns, 1).slice(0, 4)
      expect(row).toEqual([masked, 0, masked, masked].map(Math.fround))
    }
  })

  it('draw hard ones from the neighbours of the batch, and the same ones for the same key', () => {
    const counts = columnCounts({ ...settings, strategy: 'hard' }, positives.length)
    const columns = new CandidateColumns('hard', counts, true, popularity)
    columns.useNeighbours({ take: 2, items: Int32Array.of(1, 2, 0, 2, 0, 1, 4, 5, 3, 5, 3, 4) })
    columns.draw(Int32Array.of(3, 3, 3, 3), 9)
    const first = columns.items.slice()
    expect([...first.subarray(4)].every(item => item === 4 || item === 5)).toBe(true)
    columns.draw(positives, 9)
    columns.draw(Int32Array.of(3, 3, 3, 3), 9)
    expect(columns.items).toEqual(first)
  })
})
