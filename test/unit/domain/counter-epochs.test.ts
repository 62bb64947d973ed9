import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CounterColumn, counterColumnCount } from '../../../domain/counters.ts'
import {
  type CounterEpochHandles,
  CounterEpochReader,
  CounterStore,
  timeSlot,
  valueSlot,
} from '../../../domain/shared/counter-epochs.ts'

function add(store: CounterStore, item: number, column: number, amount: number, at: number): void {
  const chunk = store.writable(item)
  chunk.values[valueSlot(item) + column] += amount
  chunk.lastAt[timeSlot(item)] = at
  store.totals[column] += amount
}

const readerOf = (handles: CounterEpochHandles) => new CounterEpochReader(structuredClone(handles))

/** Items at the edges of chunks of 4,096. */
const items = [0, 1, 4095, 4096, 8191, 8192, 20_000]

type Step =
  | { readonly kind: 'add'; readonly item: number; readonly column: number; readonly amount: number }
  | { readonly kind: 'publish' }
  | { readonly kind: 'release'; readonly keep: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      item: fc.constantFrom(...items),
      column: fc.nat({ max: counterColumnCount - 1 }),
      amount: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'publish' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('release' as const), keep: fc.nat({ max: 3 }) }) },
)

/** Every value of every item of interest, in one list. */
function valuesIn(read: (item: number, column: number) => number, lastAt: (item: number) => number): number[] {
  return items.flatMap(item => [
    ...Array.from({ length: counterColumnCount }, (_, column) => read(item, column)),
    lastAt(item),
  ])
}

describe('counter epochs', () => {
  test('hold the working values at their publication, bit for bit, until they are released', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), steps => {
        const store = new CounterStore()
        const model = new Map<string, number>()
        const key = (item: number, column: number) => `${item}/${column}`
        let epochs: { reader: CounterEpochReader; values: number[]; totals: number[] }[] = []
        let time = 0
        for (const action of steps) {
          time++
          if (action.kind === 'add') {
            add(store, action.item, action.column, action.amount, time)
            const before = model.get(key(action.item, action.column)) ?? 0
            model.set(key(action.item, action.column), Math.fround(before + action.amount))
            model.set(key(action.item, counterColumnCount), time)
          } else if (action.kind === 'publish') {
            const reader = readerOf(store.publish(time, time * 1000))
            const at = (item: number, column: number) => model.get(key(item, column)) ?? 0
            const values = valuesIn(at, item => at(item, counterColumnCount))
            epochs.push({ reader, values, totals: [...store.totals] })
          } else {
            epochs = epochs.slice(-1 - action.keep)
            store.releaseBefore(epochs[0]?.reader.epoch ?? 0)
          }
          for (const { reader, values, totals } of epochs) {
            expect(
              valuesIn(
                (item, column) => reader.value(item, column),
                item => reader.lastAt(item),
              ),
            ).toEqual(values)
            expect(totals.map((_, column) => reader.total(column))).toEqual(totals)
          }
        }
      }),
    )
  })

  test('read 0 for items without events, also past the last chunk', () => {
    const store = new CounterStore()
    add(store, 5000, CounterColumn.clicks, 2, 77)
    const reader = readerOf(store.publish(9, 1234))
    expect([reader.epoch, reader.at]).toEqual([9, 1234])
    expect([reader.value(5000, CounterColumn.clicks), reader.lastAt(5000)]).toEqual([2, 77])
    for (const item of [0, 4999, 5001, 8192, 10_000_000]) {
      expect([reader.value(item, CounterColumn.clicks), reader.lastAt(item)]).toEqual([0, 0])
    }
    expect(reader.total(CounterColumn.clicks)).toBe(2)
  })

  test('share the chunks in which nothing changed', () => {
    const store = new CounterStore()
    add(store, 0, CounterColumn.clicks, 1, 1)
    add(store, 4096, CounterColumn.clicks, 1, 1)
    const first = store.publish(1, 0)
    add(store, 4097, CounterColumn.clicks, 1, 2)
    const second = store.publish(2, 0)
    expect(second.chunks[0]).toBe(first.chunks[0])
    expect(second.chunks[1]).not.toBe(first.chunks[1])
    expect(store.publish(3, 0).chunks).toEqual(second.chunks)
  })

  test('use released buffers again, and no others', () => {
    const store = new CounterStore()
    const publish = (epoch: number) => {
      add(store, 0, CounterColumn.clicks, 1, epoch)
      return store.publish(epoch, 0).chunks[0]
    }
    const first = publish(1)
    const second = publish(2)
    store.releaseBefore(2)
    const third = publish(3)
    expect(third).toBe(first)
    expect([second, third]).not.toContain(publish(4))
  })

  test('go on from an epoch that was kept, as if the store had never stopped', () => {
    const store = new CounterStore()
    for (const item of items) add(store, item, CounterColumn.valueSum, item / 3, item)
    const kept = structuredClone(store.publish(5, 0))
    const restored = new CounterStore(kept)
    for (const each of [store, restored]) add(each, 4096, CounterColumn.valueSum, 0.1, 99)
    const expected = readerOf(store.publish(6, 0))
    const actual = readerOf(restored.publish(6, 0))
    for (const item of items) {
      expect(actual.value(item, CounterColumn.valueSum)).toBe(expected.value(item, CounterColumn.valueSum))
      expect(actual.lastAt(item)).toBe(expected.lastAt(item))
    }
    expect(actual.total(CounterColumn.valueSum)).toBe(expected.total(CounterColumn.valueSum))
    expect(new CounterEpochReader(kept).lastAt(4096)).toBe(4096)
  })

  test('come in rising order', () => {
    const store = new CounterStore()
    store.publish(3, 0)
    expect(() => store.publish(3, 0)).toThrow(RangeError)
  })
})
