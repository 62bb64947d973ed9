import type { SettingsOf } from '../../config/fragment.ts'
import type { limits } from '../../config/limits.ts'
import { idBytesMax } from '../../domain/identity/id-bytes.ts'
import { InvalidInput, quote } from './invalid-input.ts'
import { listReader, type Read, readNumber, wrongType } from './readers.ts'
import { parseRfc3339 } from './time.ts'

export type Limits = SettingsOf<typeof limits>

/** The readers that several nouns share, bound to the limits once at start. */
export interface FieldReaders {
  /** 1 to 256 bytes of UTF-8. */
  readonly id: Read<string>
  /** Something the catalogue gives a code: a category, region, language, device or age band. */
  readonly name: Read<string>
  /** Epoch milliseconds of something that happened. */
  readonly time: Read<number>
  readonly categories: Read<readonly string[]>
  readonly labels: Read<readonly string[]>
}

export function createFieldReaders(limits: Limits): FieldReaders {
  // The limit may be set higher, but the dictionary of ids holds no longer ones.
  const bytesMax = Math.min(limits.idBytesMax, idBytesMax)
  const label = textReader(1, limits.labelCharactersMax)
  const name: Read<string> = (value, field) => withinBytes(label(value, field), field, bytesMax)
  return {
    id: idReader(bytesMax),
    name,
    time: timeReader(limits.timeMinMs, limits.timeMaxMs),
    categories: listReader(name, limits.categoriesMax, 'categories'),
    labels: listReader(label, limits.labelsMax, 'labels'),
  }
}

function idReader(bytesMax: number): Read<string> {
  const expected = `a text of 1 to ${bytesMax} bytes`
  return (value, field) => {
    if (typeof value !== 'string') throw wrongType(value, field, expected)
    if (value === '') throw new InvalidInput('out_of_range', field, `must be ${expected}, but is empty`, 'Send an id')
    return withinBytes(wellFormed(value, field), field, bytesMax)
  }
}

/** A text of so many UTF-16 code units. */
export function textReader(charactersMin: number, charactersMax: number): Read<string> {
  return (value, field) => {
    if (typeof value !== 'string') throw wrongType(value, field, 'a text')
    if (value.length < charactersMin) {
      throw new InvalidInput('out_of_range', field, 'must not be empty', 'Send a text, or leave the field out')
    }
    if (value.length > charactersMax) {
      const problem = `has ${value.length} characters, at most ${charactersMax} are allowed`
      throw new InvalidInput('too_long', field, problem, 'Shorten it')
    }
    return wellFormed(value, field)
  }
}

/** UTF-8 would replace half of a surrogate pair by U+FFFD, and two different ids would become one. */
function wellFormed(text: string, field: string): string {
  if (text.isWellFormed()) return text
  throw new InvalidInput('invalid_type', field, 'contains half of a surrogate pair', 'Send valid Unicode')
}

/** A UTF-16 code unit takes at most three bytes in UTF-8, so most texts need no counting. */
function withinBytes(text: string, field: string, bytesMax: number): string {
  if (text.length * 3 <= bytesMax) return text
  const bytes = Buffer.byteLength(text)
  if (bytes <= bytesMax) return text
  const problem = `has ${bytes} bytes in UTF-8, at most ${bytesMax} are allowed`
  throw new InvalidInput('too_long', field, problem, 'Shorten it, or send its hash instead')
}

const expectedTime = 'an RFC 3339 date-time like 2026-01-31T12:00:00Z, or epoch milliseconds'

/** Parts of a millisecond are cut off. */
export function timeReader(minimumMs: number, maximumMs: number): Read<number> {
  const range = `between ${isoTime(minimumMs)} and ${isoTime(maximumMs)}`
  return (value, field) => {
    if (typeof value !== 'number' && typeof value !== 'string') throw wrongType(value, field, expectedTime)
    const time = typeof value === 'number' ? Math.floor(readNumber(value, field)) : parseRfc3339(value)
    if (time >= minimumMs && time <= maximumMs) return time
    if (typeof value === 'string' && Number.isNaN(time)) {
      throw new InvalidInput('bad_date', field, `is not a date-time: ${quote(value)}`, `Send ${expectedTime}`)
    }
    const hint = `Send a time ${range}; numbers are milliseconds since 1970`
    throw new InvalidInput('out_of_range', field, `must be ${range}, but is ${isoTime(time)}`, hint)
  }
}

function isoTime(ms: number): string {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? `${ms} ms` : date.toISOString()
}
