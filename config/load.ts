import { parse, TomlError } from 'smol-toml'
import { Value } from 'typebox/value'
import { type Composition, compose, type Property, reservedVariables } from './composition.ts'
import type { AnyFragment } from './fragment.ts'
import { nearestName } from './names.ts'
import { buildSettings, type GivenValue, type Settings } from './settings.ts'
import { type SettingLayer, type SettingProblem, SettingsError } from './settings-error.ts'
import { allowedValues, describeAllowed, readText } from './value-text.ts'

/** Sets of values that go well together, chosen by one setting. */
export interface SettingProfiles {
  /** Key of the setting that names one of them. */
  readonly key: string
  /** Values by profile and key; they stand above the defaults and below everything else. */
  readonly values: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

export interface SettingLayers {
  readonly profiles?: SettingProfiles
  /** A TOML file: its path (for messages) and its text. */
  readonly file?: { readonly path: string; readonly text: string }
  /** Variables outside `SLUICE_*` are ignored unless a property names one; an empty one counts as not set. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** What `--set key=value` gave, by key. */
  readonly commandLine?: Readonly<Record<string, string>>
  /** The option that gave a value of `commandLine`, by key, where it was not `--set`. */
  readonly options?: Readonly<Record<string, string>>
}

/**
 * Resolves the settings of all fragments: default, overridden by profile, file, environment, command line. A list or table is
 * replaced as a whole, never merged.
 *
 * @throws SettingsError with every problem of every layer, including values that a later layer overrides
 * @throws TypeError when fragments contradict each other (a programmer's error)
 */
export function loadSettings(fragments: readonly AnyFragment[], layers: SettingLayers): Settings {
  const loader = new Loader(compose(fragments))
  if (layers.file !== undefined) loader.readFile(layers.file.path, layers.file.text)
  loader.readEnvironment(layers.environment ?? {})
  loader.readCommandLine(layers.commandLine ?? {}, layers.options ?? {})
  if (layers.profiles !== undefined) loader.readProfile(layers.profiles)
  if (loader.problems.length > 0) throw new SettingsError(loader.problems)
  return buildSettings(loader.composition, loader.given)
}

interface Origin {
  readonly layer: SettingLayer
  readonly source: string
}

class Loader {
  readonly composition: Composition
  readonly given = new Map<string, GivenValue>()
  readonly problems: SettingProblem[] = []

  constructor(composition: Composition) {
    this.composition = composition
  }

  readFile(path: string, text: string): void {
    const origin: Origin = { layer: 'file', source: path }
    try {
      this.readTable(parse(text, { unsafeKeyBehaviour: 'throw' }), '', origin)
    } catch (error) {
      if (!(error instanceof TomlError)) throw error
      const at = `line ${error.line}, column ${error.column}`
      const reason = error.message.split('\n', 1)[0]
      this.problems.push({ key: '', value: at, allowed: 'TOML', ...origin, message: `${at}: ${reason}`, hint: '' })
    }
  }

  readEnvironment(environment: Readonly<Record<string, string | undefined>>): void {
    const { byVariable } = this.composition
    for (const [variable, text] of Object.entries(environment)) {
      const origin: Origin = { layer: 'environment', source: variable }
      const property = byVariable.get(variable)
      if (property === undefined) {
        if (!variable.startsWith('SLUICE_') || reservedVariables.has(variable)) continue
        const known = [...byVariable.keys(), ...reservedVariables]
        this.refuse(variable, text, origin, known, `${variable} is not a variable that Sluice knows`)
      } else if (text !== undefined && text !== '') {
        this.acceptVariable(property, text, origin)
      }
    }
  }

  readCommandLine(commandLine: Readonly<Record<string, string>>, options: Readonly<Record<string, string>>): void {
    for (const [key, text] of Object.entries(commandLine)) {
      const origin: Origin = { layer: 'command line', source: options[key] ?? `--set ${key}` }
      const property = this.composition.byKey.get(key)
      if (property === undefined) this.refuseKey(key, text, origin)
      else this.accept(property, readValue(property, text), origin)
    }
  }

  /** Comes last, because any layer may choose the profile; sets what none of them did. */
  readProfile({ key, values }: SettingProfiles): void {
    const { byKey } = this.composition
    const name = String(this.given.get(key)?.value ?? byKey.get(key)?.schema.default)
    const origin: Origin = { layer: 'profile', source: name }
    for (const [key, value] of Object.entries(values[name] ?? {})) {
      const property = byKey.get(key)
      if (property === undefined) this.refuseKey(key, value, origin)
      else if (!this.given.has(key)) this.accept(property, value, origin)
    }
  }

  private readTable(table: Readonly<Record<string, unknown>>, path: string, origin: Origin): void {
    for (const [name, value] of Object.entries(table)) {
      const key = path === '' ? name : `${path}.${name}`
      const property = this.composition.byKey.get(key)
      if (property !== undefined) this.accept(property, value, origin)
      else if (isTable(value)) this.readTable(value, key, origin)
      else this.refuseKey(key, value, origin)
    }
  }

  /** The two names of one property may both be set, as long as they agree. */
  private acceptVariable(property: Property, text: string, origin: Origin): void {
    const value = readValue(property, text)
    const other = this.given.get(property.key)
    if (other?.layer === 'environment' && !Value.Equal(other.value, value)) {
      const source = `${other.source} and ${origin.source}`
      const message = `${property.key} is set twice, differently, by ${source}`
      const hint = `Unset ${other.source} or ${origin.source}`
      const shown = shownOf(property, value)
      this.problems.push({ key: property.key, value: shown, allowed: '', ...origin, source, message, hint })
      return
    }
    this.accept(property, value, origin)
  }

  private accept(property: Property, value: unknown, origin: Origin): void {
    const { key, schema } = property
    if (Value.Check(schema, value)) {
      this.given.set(key, { value, ...origin })
      return
    }
    const allowed = describeAllowed(schema)
    const shown = shownOf(property, value)
    const message = `${key} must be ${allowed}, but is ${quote(shown)}${innerFault(property, value)}`
    const meant = typeof value === 'string' ? nearestName(value, (allowedValues(schema) ?? []).map(String)) : undefined
    const hint = meant === undefined ? '' : `Did you mean '${meant}'?`
    this.problems.push({ key, value: shown, allowed, ...origin, message, hint })
  }

  private refuseKey(key: string, value: unknown, origin: Origin): void {
    this.refuse(key, value, origin, this.composition.byKey.keys(), `${key} is not a setting`)
  }

  private refuse(key: string, value: unknown, origin: Origin, known: Iterable<string>, message: string): void {
    const meant = nearestName(key, known)
    const hint = meant === undefined ? '' : `Did you mean ${meant}?`
    this.problems.push({ key, value, allowed: '', ...origin, message, hint })
  }
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}

/** A number too large for a double stays the text that it was: an infinity is nothing that anybody wrote. */
function readValue({ schema }: Property, text: string): unknown {
  const value = readText(schema, text)
  return typeof value === 'number' && !Number.isFinite(value) ? text : value
}

/** A value as it may be shown, also in JSON, which knows no infinities. */
function shownOf({ schema }: Property, value: unknown): unknown {
  if (schema.secret === true) return '(secret)'
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
}

function quote(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

/** Which part of a list or table is wrong: the whole of it would not help. */
function innerFault({ schema }: Property, value: unknown): string {
  if (schema.type !== 'array' && schema.type !== 'object') return ''
  const inner = Value.Errors(schema, value).find(error => error.instancePath !== '')
  return inner === undefined ? '' : ` (${inner.instancePath.slice(1).replaceAll('/', '.')} ${inner.message})`
}
