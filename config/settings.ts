import { createHash } from 'node:crypto'
import type { Composition, Property } from './composition.ts'
import type { AnyFragment, SettingsOf } from './fragment.ts'
import type { SettingLayer } from './settings-error.ts'
import { allowedValues } from './value-text.ts'

/** One setting as an operator sees it: its value and where that came from. */
export interface SettingEntry {
  readonly key: string
  readonly value: unknown
  readonly layer: SettingLayer
  /** File path, variable name or flag; 'built in' for a default. */
  readonly source: string
  readonly unit?: string
  readonly description: string
  readonly minimum?: number
  readonly maximum?: number
  readonly allowed?: readonly unknown[]
}

/** Resolved once at start and deeply frozen. */
export interface Settings {
  /** @throws TypeError when the fragment was not among those loaded (a programmer's error) */
  of<F extends AnyFragment>(fragment: F): SettingsOf<F>
  readonly entries: readonly SettingEntry[]
  /** All values that can change an answer, by key. */
  readonly answering: Readonly<Record<string, unknown>>
  /** The first 16 hex digits of a sha-256 over them. */
  readonly hash: string
}

export interface GivenValue {
  readonly value: unknown
  readonly layer: SettingLayer
  readonly source: string
}

/** Builds the settings from the checked values of the layers; a key that is not given takes its default. */
export function buildSettings(composition: Composition, given: ReadonlyMap<string, GivenValue>): Settings {
  const valuesByPath = new Map<string, Record<string, unknown>>()
  const entries: SettingEntry[] = []
  const answering: Record<string, unknown> = {}
  for (const property of composition.byKey.values()) {
    const { schema, key, fragment } = property
    const from = given.get(key) ?? { value: schema.default, layer: 'default', source: 'built in' }
    const value = deepFreeze(structuredClone(from.value))
    const values = valuesByPath.get(fragment.path) ?? {}
    values[property.name] = value
    valuesByPath.set(fragment.path, values)
    entries.push(entryOf(property, { ...from, value }))
    if (schema.answer !== false && schema.secret !== true) answering[key] = value
  }
  const hash = createHash('sha256').update(canonicalJson(answering)).digest('hex').slice(0, 16)
  deepFreeze(entries)
  for (const values of valuesByPath.values()) Object.freeze(values)
  return Object.freeze({
    entries,
    answering: Object.freeze(answering),
    hash,
    of<F extends AnyFragment>(fragment: F): SettingsOf<F> {
      const values = valuesByPath.get(fragment.path)
      if (values === undefined) throw new TypeError(`the settings '${fragment.path}' were not loaded`)
      return values as SettingsOf<F>
    },
  })
}

function entryOf({ key, schema }: Property, given: GivenValue): SettingEntry {
  const allowed = allowedValues(schema)
  return {
    key,
    value: schema.secret === true ? '(secret)' : given.value,
    layer: given.layer,
    source: given.source,
    description: schema.description!,
    ...(schema.unit !== undefined && { unit: schema.unit }),
    ...(schema.minimum !== undefined && { minimum: schema.minimum }),
    ...(schema.maximum !== undefined && { maximum: schema.maximum }),
    ...(allowed !== undefined && { allowed: [...allowed] }),
  }
}

/** JSON with sorted keys: equal values give equal text, whatever order they were written in. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const record = value as Record<string, unknown>
  const members = Object.keys(record)
    .sort()
    .map(key => `${JSON.stringify(key)}:${canonicalJson(record[key])}`)
  return `{${members.join(',')}}`
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) deepFreeze(member)
    Object.freeze(value)
  }
  return value
}
