import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ItemReader } from '../../../domain/item-table/item-reader.ts'
import { FreshList } from '../../../funnel/fresh-list.ts'

/** Items whose only fact is when they were published; one that was deleted has no time. */
class Times {
  readonly of = new Map<number, number>()
  looks = 0
  readonly table = {
    currentRow: (item: number) => {
      this.looks++
      return this.of.has(item) ? item : -1
    },
    publishedAt: (row: number) => this.of.get(row) ?? Number.NaN,
  } as ItemReader
}

function visited(list: FreshList, times: Times, since: number, until: number, max = Number.POSITIVE_INFINITY) {
  const items: { item: number; time: number }[] = []
  list.visitNewest(times.table, since, until, (item, time) => items.push({ item, time }) < max)
  return items
}

type Step =
  | { readonly type: 'put'; readonly item: number; readonly time: number }
  | { readonly type: 'many'; readonly from: number; readonly time: number }
  | { readonly type: 'settle'; readonly steps: number }
  | { readonly type: 'look'; readonly since: number; readonly until: number }

const anyTime = fc.oneof(fc.integer({ min: 0, max: 30 }), fc.constant(Number.NaN))
const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ type: fc.constant('put' as const), item: fc.nat(12), time: anyTime }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('many' as const), from: fc.nat(20), time: anyTime }) },
    {
      weight: 2,
      arbitrary: fc.record({ type: fc.constant('settle' as const), steps: fc.integer({ min: 1, max: 9 }) }),
    },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('look' as const), since: fc.nat(30), until: fc.nat(35) }) },
  ),
  { maxLength: 60 },
)

function put(list: FreshList, times: Times, item: number, time: number): void {
  times.of.set(item, time)
  list.add(item)
}

function take(step: Exclude<Step, { type: 'look' }>, list: FreshList, times: Times): void {
  if (step.type === 'put') return put(list, times, step.item, step.time)
  // So many that settling has something to do.
  if (step.type === 'many') for (let i = 0; i < 3000; i++) put(list, times, step.from + i, step.time + (i % 5))
  else for (let i = 0; i < step.steps && list.settleStep(times.table); i++);
}

function compareWithSorting(list: FreshList, times: Times, since: number, until: number): void {
  const expected = [...times.of].filter(([, time]) => time >= since && time <= until)
  const found = visited(list, times, since, until)
  expect(new Set(found.map(({ item }) => item))).toEqual(new Set(expected.map(([item]) => item)))
  expect(found).toHaveLength(expected.length)
  expect(found.map(({ time }) => time)).toEqual(expected.map(([, time]) => time).sort((a, b) => b - a))
}

describe('the list of fresh items', () => {
  it('shows, after any changes, what sorting all items by time would show', () => {
    fc.assert(
      fc.property(steps, (all: readonly Step[]) => {
        const list = new FreshList()
        const times = new Times()
        for (const step of all) {
          if (step.type === 'look') compareWithSorting(list, times, step.since, step.until)
          else take(step, list, times)
        }
      }),
    )
  })

  it('includes both ends of the span', () => {
    const list = new FreshList()
    const times = new Times()
    for (const time of [9, 10, 11, 20, 21]) put(list, times, time, time)
    expect(visited(list, times, 10, 20).map(({ item }) => item)).toEqual([20, 11, 10])
  })

  it('stops as soon as it is told to', () => {
    const list = new FreshList()
    const times = new Times()
    for (let item = 0; item < 100; item++) put(list, times, item, item)
    expect(visited(list, times, 0, 100, 3).map(({ item }) => item)).toEqual([99, 98, 97])
  })

  it('leaves out what has been deleted or has lost its time', () => {
    const list = new FreshList()
    const times = new Times()
    for (const item of [1, 2, 3]) put(list, times, item, 10)
    expect(visited(list, times, 0, 20)).toHaveLength(3)
    times.of.delete(1)
    put(list, times, 2, Number.NaN)
    expect(visited(list, times, 0, 20).map(({ item }) => item)).toEqual([3])
  })

  it('shows an item that comes back to an earlier time once', () => {
    const list = new FreshList()
    const times = new Times()
    for (const time of [10, 15, 10, 15, 10]) {
      put(list, times, 1, time)
      expect(visited(list, times, 0, 20)).toEqual([{ item: 1, time }])
    }
  })

  it('shows what a reader saw before also while and after it is settled', () => {
    const list = new FreshList()
    const times = new Times()
    for (let item = 0; item < 20_000; item++) {
      put(list, times, item, item % 7)
      put(list, times, item, item % 3000)
    }
    const before = visited(list, times, 100, 200)
    while (list.settleStep(times.table)) expect(visited(list, times, 100, 200)).toEqual(before)
    expect(visited(list, times, 100, 200)).toEqual(before)
  })

  it('looks at few items when a reader comes after many changes, however many there are', () => {
    const list = new FreshList()
    const times = new Times()
    const settle = () => {
      while (list.settleStep(times.table));
    }
    for (let item = 0; item < 50_000; item++) {
      put(list, times, item, item)
      settle()
    }
    for (let item = 0; item < 300; item++) {
      put(list, times, item, 60_000 + item)
      settle()
    }
    times.looks = 0
    expect(visited(list, times, 0, 70_000, 10)).toHaveLength(10)
    expect(times.looks).toBeLessThan(1000)
  })
})
