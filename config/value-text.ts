import { Value } from 'typebox/value'
import type { PropertySchema } from './fragment.ts'

const decimal = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i

/**
 * Reads a value given as text (environment, command line) as its schema's type. Text that does not fit is returned as
 * it is: the schema then refuses it, and the error quotes what was typed.
 */
export function readText(schema: PropertySchema, text: string): unknown {
  if (schema.anyOf !== undefined) return readAlternative(schema.anyOf, text)
  if (schema.enum !== undefined) return schema.enum.find(value => String(value) === text) ?? text
  if (schema.const !== undefined) return String(schema.const) === text ? schema.const : text
  switch (schema.type) {
    case 'number':
    case 'integer':
      return decimal.test(text.trim()) ? Number(text) : text
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text
    case 'null':
      return text === 'null' ? null : text
    case 'array':
      return text.trimStart().startsWith('[') ? readJson(text) : readList(schema.items ?? {}, text)
    case 'object':
      return readJson(text)
    default:
      return text
  }
}

function readAlternative(alternatives: readonly PropertySchema[], text: string): unknown {
  for (const alternative of alternatives) {
    const value = readText(alternative, text)
    if (Value.Check(alternative, value)) return value
  }
  return text
}

function readList(items: PropertySchema, text: string): unknown[] {
  return text.trim() === '' ? [] : text.split(',').map(part => readText(items, part.trim()))
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** The values of an enumeration, or undefined when the schema is not one. */
export function allowedValues(schema: PropertySchema): readonly unknown[] | undefined {
  if (schema.enum !== undefined) return schema.enum
  if (schema.anyOf?.every(alternative => alternative.const !== undefined)) return schema.anyOf.map(a => a.const)
  return undefined
}

/** What a schema accepts, as a phrase that fits after "must be". */
export function describeAllowed(schema: PropertySchema): string {
  const values = allowedValues(schema)
  if (values !== undefined) return `one of ${values.join(', ')}`
  if (schema.anyOf !== undefined) return schema.anyOf.map(describeAllowed).join(' or ')
  if (schema.const !== undefined) return String(schema.const)
  switch (schema.type) {
    case 'number':
    case 'integer':
      return describeNumber(schema)
    case 'boolean':
      return 'true or false'
    case 'string':
      return `a text${describeRange(schema.minLength, schema.maxLength, 'characters')}${describePattern(schema)}`
    case 'array':
      return `a list${describeRange(schema.minItems, schema.maxItems, 'entries')}, each ${describeAllowed(schema.items ?? {})}`
    case 'object':
      return `a table${describeTable(schema)}`
    default:
      return schema.type ?? 'any value'
  }
}

function describeNumber(schema: PropertySchema): string {
  const unit = schema.unit === undefined ? '' : ` (${schema.unit})`
  const kind = schema.type === 'integer' ? 'a whole number' : 'a number'
  return `${kind}${describeRange(schema.minimum, schema.maximum, '')}${unit}`
}

function describeRange(low: number | undefined, high: number | undefined, what: string): string {
  const noun = what && ` ${what}`
  if (low !== undefined && high !== undefined) return ` from ${low} to ${high}${noun}`
  if (low !== undefined) return ` of at least ${low}${noun}`
  return high === undefined ? '' : ` of at most ${high}${noun}`
}

function describePattern(schema: PropertySchema): string {
  return schema.pattern === undefined ? '' : ` matching ${schema.pattern}`
}

function describeTable(schema: PropertySchema): string {
  const values = Object.values(
    (schema as { patternProperties?: Record<string, PropertySchema> }).patternProperties ?? {},
  )
  return values[0] === undefined ? '' : ` whose values are each ${describeAllowed(values[0])}`
}
