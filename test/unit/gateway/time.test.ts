import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limits } from '../../../config/limits.ts'
import { loadSettings } from '../../../config/load.ts'
import { createFieldReaders } from '../../../gateway/validation/field-readers.ts'
import { parseRfc3339, rfc3339MinMs } from '../../../gateway/validation/time.ts'

const latestMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999)
const anyTime = fc.integer({ min: rfc3339MinMs, max: latestMs })
const two = (n: number) => String(n).padStart(2, '0')

describe('an RFC 3339 time', () => {
  it('is the instant that it was written from', () => {
    fc.assert(
      fc.property(anyTime, ms => {
        expect(parseRfc3339(new Date(ms).toISOString())).toBe(ms)
      }),
    )
  })

  it('is the same instant in every offset, and in small letters', () => {
    const dayMs = 86_400_000
    const inside = fc.integer({ min: rfc3339MinMs + dayMs, max: latestMs - dayMs })
    const offset = fc.integer({ min: -(23 * 60 + 59), max: 23 * 60 + 59 })
    fc.assert(
      fc.property(inside, offset, fc.boolean(), (ms, minutes, isSmall) => {
        const local = new Date(ms + minutes * 60_000).toISOString().slice(0, -1)
        const size = Math.abs(minutes)
        const text = `${local}${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
        expect(parseRfc3339(isSmall ? text.toLowerCase() : text)).toBe(ms)
      }),
    )
  })

  it('is cut to milliseconds', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\d{1,20}$/), digits => {
        const ms = Number(digits.slice(0, 3).padEnd(3, '0'))
        expect(parseRfc3339(`1970-01-01T00:00:00.${digits}Z`)).toBe(ms)
      }),
    )
  })

  it('has a day that its month has, in every year', () => {
    const instantOf = (year: number, month: number, day: number) => {
      const made = new Date(0)
      made.setUTCFullYear(year, month - 1, day)
      const exists = made.getUTCFullYear() === year && made.getUTCMonth() === month - 1 && made.getUTCDate() === day
      return exists ? made.getTime() : Number.NaN
    }
    const year = fc.oneof(fc.integer({ min: 0, max: 9999 }), fc.constantFrom(0, 4, 99, 100, 400, 1900, 2000))
    fc.assert(
      fc.property(year, year => {
        for (let month = 0; month <= 13; month++) {
          for (let day = 0; day <= 32; day++) {
            const text = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T00:00:00Z`
            if (!Object.is(parseRfc3339(text), instantOf(year, month, day))) expect.fail(text)
          }
        }
      }),
    )
  })

  it('may have a space before the time of day', () => {
    expect(parseRfc3339('2026-01-31 12:00:00Z')).toBe(Date.UTC(2026, 0, 31, 12))
  })

  it('may be a leap second, which reads as the second after it', () => {
    expect(parseRfc3339('2016-12-31T23:59:60Z')).toBe(Date.UTC(2017, 0, 1))
  })

  it.each([
    '',
    '2026',
    '2026-01-31',
    '2026-01-31T12:00:00',
    '2026-01-31_12:00:00Z',
    '2026-01-31T12:00Z',
    '2026-01-31T24:00:00Z',
    '2026-01-31T12:60:00Z',
    '2026-01-31T12:00:61Z',
    '2026-01-31T12:00:00.Z',
    '2026-01-31T12:00:00+0100',
    '2026-01-31T12:00:00+24:00',
    '2026-01-31T12:00:00+01:60',
    '2026-1-31T12:00:00Z',
    '+2026-01-31T12:00:00Z',
    ' 2026-01-31T12:00:00Z',
    '2026-01-31T12:00:00Z\n',
    'Sat, 31 Jan 2026 12:00:00 GMT',
  ])('is not %j', text => {
    expect(parseRfc3339(text)).toBeNaN()
  })
})

describe('a time at the door', () => {
  const bounds = loadSettings([limits], {}).of(limits)
  const { time } = createFieldReaders(bounds)

  it('is a text or a number for the same instant', () => {
    fc.assert(
      fc.property(fc.integer({ min: bounds.timeMinMs, max: bounds.timeMaxMs }), ms => {
        expect(time(ms, 'time')).toBe(ms)
        expect(time(new Date(ms).toISOString(), 'time')).toBe(ms)
      }),
    )
  })

  it('loses parts of a millisecond', () => {
    expect(time(1_700_000_000_000.75, 'time')).toBe(1_700_000_000_000)
  })

  it('is refused outside of the limits, with the limits in the message', () => {
    const outside = fc.oneof(
      fc.integer({ max: bounds.timeMinMs - 1 }),
      fc.double({ min: bounds.timeMaxMs + 1, noNaN: true, noDefaultInfinity: true }),
    )
    fc.assert(
      fc.property(outside, ms => {
        expect(() => time(ms, 'time')).toThrow(
          'time must be between 1970-01-01T00:00:00.000Z and 2100-01-01T00:00:00.000Z',
        )
      }),
    )
  })

  it('is never anything but a finite number within the limits', () => {
    fc.assert(
      fc.property(fc.anything(), value => {
        let read: number
        try {
          read = time(value, 'time')
        } catch (error) {
          expect(error).toMatchObject({ name: 'InvalidInput', field: 'time' })
          return
        }
        expect(read >= bounds.timeMinMs && read <= bounds.timeMaxMs).toBe(true)
      }),
    )
  })
})
