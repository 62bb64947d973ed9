import { describe, expect, it } from 'vitest'
import { createRandom, uniformInt } from '../../../../algorithms/statistics/random.ts'
import { type PreparedData, prepare } from '../../../../evaluation/protocols/prepared-data.ts'
import {
  assign,
  carveValidation,
  joined,
  leaveOneOut,
  Part,
  splitBy,
  topNProtocols,
} from '../../../../evaluation/protocols/splits.ts'
import { historyOf } from '../../../../models/histories.ts'
import { logOf, type Row } from './toy.ts'

const random = createRandom(3)
const rows: Row[] = Array.from({ length: 600 }, (_, row) => [
  `u${uniformInt(random, 30)}`,
  `t${row % 80}`,
  uniformInt(random, 50),
  1 + uniformInt(random, 5),
])
const data = prepare(
  logOf(
    rows,
    rows.map((_, row) => Number(row % 5 === 0)),
  ),
  { minInteractions: 1 },
)

function listsOf(prepared: PreparedData): number[][] {
  return Array.from({ length: prepared.users }, (_, user) => [...historyOf(prepared, user)])
}

describe('preparing', () => {
  it('orders each user by time, equal times in the order of the file', () => {
    const log = logOf([
      ['u', 'c', 7],
      ['v', 'a', 1],
      ['u', 'b', 5],
      ['u', 'a', 7],
    ])
    expect(listsOf(prepare(log, { minInteractions: 1 }))).toEqual([[2, 0, 1], [1]])
  })

  it('keeps the earliest of repeated meetings', () => {
    const prepared = prepare(
      logOf([
        ['u', 'a', 9],
        ['u', 'b', 5],
        ['u', 'a', 2],
      ]),
      { minInteractions: 1 },
    )
    expect(listsOf(prepared)).toEqual([[1, 0]])
    expect([...prepared.timeOf!]).toEqual([2, 5])
    expect(prepared.removed.repeats).toBe(1)
  })

  it('removes low ratings first, then rare users and items by one count', () => {
    const log = logOf([
      ['u', 'a', 1, 5],
      ['u', 'b', 2, 4],
      ['u', 'c', 3, 2],
      ['v', 'a', 1, 5],
      ['v', 'b', 2, 4],
      ['w', 'a', 1, 5],
    ])
    const prepared = prepare(log, { minRating: 3, minInteractions: 2 })
    expect(listsOf(prepared)).toEqual([
      [0, 1],
      [0, 1],
    ])
    expect(prepared.removed).toEqual({ belowRating: 1, repeats: 0, rare: 1 })
  })

  it('says when nothing is left, or ratings are missing', () => {
    expect(() => prepare(logOf([['u', 'a']]), { minInteractions: 2 })).toThrow('none of 1 interactions is left')
    expect(() => prepare(logOf([['u', 'a']]), { minInteractions: 1, minRating: 3 })).toThrow('no ratings')
  })
})

describe('leave-one-out', () => {
  it('tests on the last item, validates on the one before, and only trains on users with fewer than three', () => {
    const log = logOf([
      ['u', 'a'],
      ['u', 'b'],
      ['u', 'c'],
      ['u', 'd'],
      ['v', 'a'],
      ['v', 'b'],
    ])
    const { training, validation, test } = splitBy(log1(log), leaveOneOut(log1(log)))
    expect([[...historyOf(training, 0)], [...historyOf(validation, 0)], [...historyOf(test, 0)]]).toEqual([
      [0, 1],
      [2],
      [3],
    ])
    expect([historyOf(training, 1).length, historyOf(test, 1).length]).toEqual([2, 0])
  })
})

const log1 = (log: ReturnType<typeof logOf>) => prepare(log, { minInteractions: 1 })

describe.each(topNProtocols)('%s', protocol => {
  it('loses nothing, and puts nothing into two parts', () => {
    const { training, validation, test } = splitBy(data, assign(data, protocol, 1))
    const all = joined(joined(training, validation), test)
    for (let user = 0; user < data.users; user++) {
      expect([...historyOf(all, user)].sort()).toEqual([...historyOf(data, user)].sort())
    }
    expect(test.itemOf.length).toBeGreaterThan(0)
  })

  it('gives the same split for the same seed', () => {
    expect(assign(data, protocol, 5)).toEqual(assign(data, protocol, 5))
  })
})

describe('shares', () => {
  const share = (parts: Uint8Array, part: number) => parts.filter(value => value === part).length

  it('draws a fifth of everything, another for another seed', () => {
    const parts = assign(data, 'random-80-20', 1)
    expect(share(parts, Part.test)).toBe(Math.round(data.itemOf.length / 5))
    expect(assign(data, 'random-80-20', 2)).not.toEqual(parts)
  })

  it('draws two tenths of each user, rounded down', () => {
    const parts = assign(data, 'random-8-1-1', 1)
    for (let user = 0; user < data.users; user++) {
      const own = parts.subarray(data.offsets[user], data.offsets[user + 1])
      const tenth = Math.max(1, Math.floor(own.length / 10))
      expect([share(own, Part.validation), share(own, Part.test)]).toEqual([tenth, tenth])
    }
  })

  it('trains on nothing later than what it tests on', () => {
    const parts = assign(data, 'global-time', 1)
    const times = (part: number) => [...data.timeOf!].filter((_, row) => parts[row] === part)
    expect(Math.max(...times(Part.training))).toBeLessThanOrEqual(Math.min(...times(Part.validation)))
    expect(Math.max(...times(Part.validation))).toBeLessThanOrEqual(Math.min(...times(Part.test)))
  })

  it('carves a tenth of training for validation and leaves the test part alone', () => {
    const parts = assign(data, 'random-80-20', 1)
    const carved = carveValidation(parts, 1)
    expect(share(carved, Part.validation)).toBe(Math.floor(share(parts, Part.training) / 10))
    expect(share(carved, Part.test)).toBe(share(parts, Part.test))
  })

  it('refuses splits that the data cannot give', () => {
    const plain = log1(logOf([['u', 'a']]))
    expect(() => assign(plain, 'given-split', 1)).toThrow('no split of its own')
    expect(() => assign(plain, 'global-time', 1)).toThrow('no times')
  })
})
