import { nearestName } from '../../config/names.ts'
import { InvalidInput, kindOf, quote } from './invalid-input.ts'

/**
 * Turns a parsed JSON value into what the domain has, or throws InvalidInput. `field` is relative to the value that the
 * caller reads. Written by hand and not as schemas: an event is checked and built in one pass, and an error names the
 * field, the range and the remedy.
 */
export type Read<T> = (value: unknown, field: string) => T

export function optional<T>(read: Read<T>, value: unknown, field: string): T | undefined {
  return value === undefined ? undefined : read(value, field)
}

/** The value does not have the type it should: absent, or something else. */
export function wrongType(value: unknown, field: string | undefined, expected: string): InvalidInput {
  if (value === undefined) return new InvalidInput('missing_field', field, 'is missing', `Send ${expected}`)
  const hint = value === null ? 'Leave the field out instead of sending null, or send a value' : `Send ${expected}`
  return new InvalidInput('invalid_type', field, `must be ${expected}, but is ${kindOf(value)}`, hint)
}

const guessedCharactersMax = 64

/** An object with no other fields than the known ones. */
export function readObject(
  value: unknown,
  field: string | undefined,
  known: ReadonlySet<string>,
): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongType(value, field, 'an object')
  for (const name in value) {
    if (!known.has(name)) throw unknownField(name, field, known)
  }
  return value as Readonly<Record<string, unknown>>
}

function unknownField(name: string, parent: string | undefined, known: ReadonlySet<string>): InvalidInput {
  const guess = name.length <= guessedCharactersMax ? nearestName(name, known) : undefined
  const hint = guess === undefined ? `The fields are ${[...known].join(', ')}` : `Did you mean ${guess}?`
  const shown = name.length <= guessedCharactersMax ? name : `${name.slice(0, guessedCharactersMax)}…`
  return new InvalidInput('unknown_field', parent === undefined ? shown : `${parent}.${shown}`, 'is not a field', hint)
}

export const readBoolean: Read<boolean> = (value, field) => {
  if (typeof value !== 'boolean') throw wrongType(value, field, 'true or false')
  return value
}

/** JSON has no infinities, but a number like 1e999 is read as one. */
export const readNumber: Read<number> = (value, field) => {
  if (typeof value !== 'number') throw wrongType(value, field, 'a number')
  if (!Number.isFinite(value)) {
    throw new InvalidInput('not_finite', field, 'is not a finite number', 'Send a number that a double can hold')
  }
  return value
}

export function integerReader(minimum: number, maximum: number): Read<number> {
  const expected = `a whole number from ${minimum} to ${maximum}`
  return (value, field) => {
    if (typeof value !== 'number') throw wrongType(value, field, expected)
    const whole = readNumber(value, field)
    if (Number.isInteger(whole) && whole >= minimum && whole <= maximum) return whole
    throw new InvalidInput('out_of_range', field, `must be ${expected}, but is ${whole}`, `Send ${expected}`)
  }
}

/** One of a few words. */
export function wordReader<const W extends string>(words: readonly W[]): Read<W> {
  const expected = `one of ${words.join(', ')}`
  return (value, field) => {
    if (typeof value !== 'string') throw wrongType(value, field, expected)
    if ((words as readonly string[]).includes(value)) return value as W
    throw new InvalidInput('out_of_range', field, `must be ${expected}, but is ${quote(value)}`, `Send ${expected}`)
  }
}

/** The list itself is given back, its elements checked but not copied: parsed JSON has no other owner. */
export function listReader<T>(read: Read<T>, elementsMax: number, plural: string): Read<readonly T[]> {
  return (value, field) => {
    if (!Array.isArray(value)) throw wrongType(value, field, `a list of ${plural}`)
    if (value.length > elementsMax) {
      const problem = `has ${value.length} ${plural}, at most ${elementsMax} are allowed`
      throw new InvalidInput('too_many', field, problem, `Send at most ${elementsMax} ${plural}`)
    }
    for (let i = 0; i < value.length; i++) readElement(read, value, i, field)
    return value
  }
}

/** Paths of elements are built only when one is wrong. */
function readElement(read: Read<unknown>, list: readonly unknown[], index: number, field: string): void {
  try {
    read(list[index], '')
  } catch (error) {
    throw error instanceof InvalidInput ? error.within(`${field}[${index}]`) : error
  }
}
