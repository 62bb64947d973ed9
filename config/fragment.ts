import Type, { type Static, type TObject, type TProperties, type TSchema } from 'typebox'
import { Value } from 'typebox/value'

/**
 * The settings of one component: the component defines them beside its own code, `cli/` composes all of them.
 * `path` is the table in the file (`http`, `funnel.merge`), so a property's key is `http.searchDeadlineMs`.
 */
export interface SettingsFragment<P extends TProperties> {
  readonly path: string
  readonly schema: TObject<P>
  readonly description: string
}

// biome-ignore lint/suspicious/noExplicitAny: a fragment of whatever properties; TProperties itself is invariant here.
export type AnyFragment = SettingsFragment<any>

export type SettingsOf<F extends AnyFragment> = Static<F['schema']>

/**
 * What a property's schema may carry, beyond the JSON Schema keywords of its type.
 * - `unit`: required for numbers ('ms', 'bytes', 'items', 'threads', 'ratio', 'count', ...)
 * - `env`: a second environment variable, for names that people expect (`SLUICE_HOST`)
 * - `answer: false`: this value can not change an answer, so it stays out of the settings hash
 * - `secret: true`: the value is never listed or quoted in an error, and stays out of the hash
 */
export interface PropertySchema extends TSchema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly unit?: string
  readonly env?: string
  readonly answer?: boolean
  readonly secret?: boolean
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string | RegExp
  readonly minItems?: number
  readonly maxItems?: number
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly PropertySchema[]
  readonly items?: PropertySchema
}

const fragmentPath = /^[a-z][a-zA-Z0-9]*(\.[a-z][a-zA-Z0-9]*)*$/
const propertyName = /^[a-z][a-zA-Z0-9]*$/

/**
 * Defines the settings of one component. Every property needs a default and a description, a number also `minimum`,
 * `maximum` and `unit`: what is listed to an operator comes from here.
 *
 * @throws TypeError when a property lacks one of these or its default breaks its own schema (a programmer's error)
 */
export function defineSettings<P extends TProperties>(
  path: string,
  description: string,
  properties: P,
): SettingsFragment<P> {
  if (!fragmentPath.test(path)) throw new TypeError(`settings path '${path}' must be camelCase names joined by dots`)
  if (description === '') throw new TypeError(`settings '${path}' need a description`)
  for (const name of Object.keys(properties)) {
    const fault = propertyName.test(name) ? faultOf(properties[name] as PropertySchema) : 'must be a camelCase name'
    if (fault !== undefined) throw new TypeError(`setting '${path}.${name}' ${fault}`)
  }
  return { path, description, schema: Type.Object(properties, { additionalProperties: false }) }
}

function faultOf(schema: PropertySchema): string | undefined {
  if (!schema.description) return 'needs a description'
  if (schema.default === undefined) return 'needs a default'
  if (schema.type === 'number' || schema.type === 'integer') {
    if (!Number.isFinite(schema.minimum) || !Number.isFinite(schema.maximum)) return 'needs a minimum and a maximum'
    if (!schema.unit) return 'needs a unit'
  }
  if (!Value.Check(schema, schema.default)) return `has a default that its schema refuses`
  return undefined
}
