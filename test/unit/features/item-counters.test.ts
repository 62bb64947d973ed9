import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CounterColumn } from '../../../domain/counters.ts'
import { Role } from '../../../domain/roles.ts'
import { applyToCounters, counterAt } from '../../../features/item-counters.ts'
import { defaultSettings, event, FakeCounters } from './fakes.ts'

const day = 86_400_000
const start = 1_700_000_000_000

describe('item counters', () => {
  it('count every role of an event, per item and in total', () => {
    const counters = new FakeCounters(2)
    const watched = event({ seq: 1, item: 1, roles: Role.click | Role.finish | Role.positive, time: start, value: 4.5 })
    applyToCounters(counters, watched, defaultSettings)
    applyToCounters(counters, event({ seq: 2, item: 1, roles: Role.impression, time: start }), defaultSettings)
    applyToCounters(counters, event({ seq: 3, item: 0, roles: Role.negative, time: start }), defaultSettings)
    const read = (item: number, column: keyof typeof CounterColumn) => counters.value(item, CounterColumn[column])
    expect(read(1, 'clicks')).toBe(1)
    expect(read(1, 'finishes')).toBe(1)
    expect(read(1, 'positives')).toBe(1)
    expect(read(1, 'impressions')).toBe(1)
    expect(read(1, 'valueSum')).toBe(4.5)
    expect(read(1, 'valueCount')).toBe(1)
    expect(read(0, 'negatives')).toBe(1)
    expect(read(0, 'clicks')).toBe(0)
    expect(counters.total(CounterColumn.negatives)).toBe(1)
    expect(counters.total(CounterColumn.clicks)).toBe(1)
  })

  it('halve the decayed columns every half-life, up to the moment of reading', () => {
    const counters = new FakeCounters(1)
    applyToCounters(counters, event({ seq: 1, item: 0, roles: Role.click, time: start }), defaultSettings)
    applyToCounters(counters, event({ seq: 2, item: 0, roles: Role.click, time: start + day }), defaultSettings)
    const at = (column: number, now: number) => counterAt(counters, 0, column, now, defaultSettings)
    expect(at(CounterColumn.clicksShort, start + day)).toBeCloseTo(1.5, 6)
    expect(at(CounterColumn.clicksShort, start + 2 * day)).toBeCloseTo(0.75, 6)
    expect(at(CounterColumn.clicksLong, start + 31 * day)).toBeCloseTo((1 + 2 ** (-1 / 30)) / 2, 6)
    expect(at(CounterColumn.clicks, start + 31 * day)).toBe(2)
  })

  it('give a late event the weight it would have by now, and keep their time', () => {
    const counters = new FakeCounters(1)
    applyToCounters(counters, event({ seq: 1, item: 0, roles: Role.click, time: start + day }), defaultSettings)
    applyToCounters(counters, event({ seq: 2, item: 0, roles: Role.click, time: start }), defaultSettings)
    expect(counters.lastAt(0)).toBe(start + day)
    expect(counters.value(0, CounterColumn.clicksShort)).toBeCloseTo(1.5, 6)
  })

  it('agree, up to rounding, for any order of the same events', () => {
    const time = fc.integer({ min: start, max: start + 5 * day })
    fc.assert(
      fc.property(fc.array(time, { minLength: 1, maxLength: 30 }), times => {
        const fold = (order: number[]) => {
          const counters = new FakeCounters(1)
          order.forEach((time, seq) => {
            applyToCounters(counters, event({ seq, item: 0, roles: Role.click, time }), defaultSettings)
          })
          return counters
        }
        const given = fold(times)
        const sorted = fold(times.toSorted((a, b) => a - b))
        expect(given.lastAt(0)).toBe(sorted.lastAt(0))
        for (const column of [CounterColumn.clicksShort, CounterColumn.clicksLong]) {
          expect(given.value(0, column)).toBeCloseTo(sorted.value(0, column), 4)
        }
      }),
    )
  })

  it('stay finite for absurd values', () => {
    const counters = new FakeCounters(1)
    const absurd = event({ seq: 1, item: 0, roles: Role.click, time: start, value: 1e300 })
    applyToCounters(counters, absurd, defaultSettings)
    expect(Number.isFinite(counters.value(0, CounterColumn.valueSum))).toBe(true)
  })
})
