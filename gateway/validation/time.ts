import { dayMs, minuteMs } from '../../config/units.ts'

const dateTime = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,32}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/

const daysOfMonths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** The Gregorian calendar repeats after 400 years. */
const cycleYears = 400
const cycleMs = 146_097 * dayMs

/** 0000-01-01T00:00:00Z: RFC 3339 has no earlier year. */
export const rfc3339MinMs = -62_167_219_200_000

/**
 * Epoch milliseconds of an RFC 3339 date-time (with its offset; a fraction is cut to milliseconds), or NaN when the text
 * is not one. Stricter than `Date.parse`, which takes 30 February and leaves a missing offset to the machine's zone.
 * A leap second reads as the second after it.
 */
export function parseRfc3339(text: string): number {
  const match = dateTime.exec(text)
  if (match === null) return Number.NaN
  const year = Number(match[1])
  const month = Number(match[2])
  const day = Number(match[3])
  const hour = Number(match[4])
  const minute = Number(match[5])
  const second = Number(match[6])
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return Number.NaN
  if (hour > 23 || minute > 59 || second > 60) return Number.NaN
  const milliseconds = Number(`${match[7] ?? ''}000`.slice(0, 3))
  const offset = offsetMs(match[8], Number(match[9]), Number(match[10]))
  // Date.UTC reads the years 0 to 99 as 1900 to 1999, hence one cycle later and back.
  return Date.UTC(year + cycleYears, month - 1, day, hour, minute, second, milliseconds) - cycleMs - offset
}

function daysIn(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return month === 2 && isLeap ? 29 : daysOfMonths[month - 1]
}

function offsetMs(sign: string | undefined, hours: number, minutes: number): number {
  if (sign === undefined) return 0
  if (hours > 23 || minutes > 59) return Number.NaN
  return (sign === '-' ? -1 : 1) * (hours * 60 + minutes) * minuteMs
}
