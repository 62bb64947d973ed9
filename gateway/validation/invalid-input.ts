export type InputFault =
  | 'malformed_json'
  | 'invalid_type'
  | 'unknown_field'
  | 'missing_field'
  | 'unknown_type'
  | 'out_of_range'
  | 'too_long'
  | 'too_many'
  | 'bad_vector'
  | 'bad_date'
  | 'not_finite'

/** What is wrong with one value that came from outside, and what to send instead. */
export class InvalidInput extends Error {
  override readonly name = 'InvalidInput'
  readonly code: InputFault
  /** Path of the value (`events[3].item`); undefined when the whole body is meant. */
  readonly field: string | undefined
  /** A phrase that fits after the field's name. */
  readonly problem: string
  readonly hint: string

  constructor(code: InputFault, field: string | undefined, problem: string, hint: string) {
    super(`${nameOf(field)} ${problem}`)
    this.code = code
    this.field = field
    this.problem = problem
    this.hint = hint
  }

  /** The same problem, seen from the value around it. Readers name fields relative to their own value. */
  within(parent: string): InvalidInput {
    return new InvalidInput(this.code, fieldWithin(parent, this.field), this.problem, this.hint)
  }
}

/** `events[3]` and `item` give `events[3].item`; either may be missing. */
export function fieldWithin(parent: string, field: string | undefined): string | undefined {
  if (parent === '') return field
  if (field === undefined || field === '') return parent
  return field.startsWith('[') ? `${parent}${field}` : `${parent}.${field}`
}

export function nameOf(field: string | undefined): string {
  return field ?? 'the body'
}

/** What a JSON value is, for a message. The value itself may be large or deep, and is not repeated. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  switch (typeof value) {
    case 'string':
      return 'a text'
    case 'object':
      return 'an object'
    default:
      return `a ${typeof value}`
  }
}

const quotedCharactersMax = 60

/** A text as it may stand in a message: quoted, and cut when it is long. */
export function quote(text: string): string {
  return JSON.stringify(text.length > quotedCharactersMax ? `${text.slice(0, quotedCharactersMax)}…` : text)
}
