import type { AnyFragment, PropertySchema } from './fragment.ts'
import { environmentName } from './names.ts'

/** Read by the command line before settings exist; they are not settings. */
export const reservedVariables: ReadonlySet<string> = new Set(['SLUICE_DATA', 'SLUICE_DATA_DIR', 'SLUICE_CONFIG'])

export interface Property {
  readonly key: string
  readonly name: string
  readonly fragment: AnyFragment
  readonly schema: PropertySchema
}

/** All fragments as one schema: every property by its key, and by each environment variable that sets it. */
export interface Composition {
  readonly byKey: ReadonlyMap<string, Property>
  readonly byVariable: ReadonlyMap<string, Property>
}

/** @throws TypeError when two fragments or properties want the same name (a programmer's error). */
export function compose(fragments: readonly AnyFragment[]): Composition {
  const paths = new Set<string>()
  const byKey = new Map<string, Property>()
  const byVariable = new Map<string, Property>()
  for (const fragment of fragments) {
    if (paths.has(fragment.path)) throw new TypeError(`two settings fragments have the path '${fragment.path}'`)
    paths.add(fragment.path)
    for (const [name, schema] of Object.entries<PropertySchema>(fragment.schema.properties)) {
      const property = { key: `${fragment.path}.${name}`, name, fragment, schema }
      byKey.set(property.key, property)
      addVariable(byVariable, environmentName(property.key), property)
      if (schema.env !== undefined) addVariable(byVariable, schema.env, property)
    }
  }
  for (const path of paths) refuseShadowedTable(path, byKey)
  return { byKey, byVariable }
}

function addVariable(byVariable: Map<string, Property>, variable: string, property: Property): void {
  if (reservedVariables.has(variable)) throw new TypeError(`setting '${property.key}' wants the reserved ${variable}`)
  const other = byVariable.get(variable)
  if (other !== undefined) {
    throw new TypeError(`settings '${other.key}' and '${property.key}' are both set by the variable ${variable}`)
  }
  byVariable.set(variable, property)
}

/** In a file, `funnel.merge` can not be a value of `[funnel]` and a table of its own. */
function refuseShadowedTable(path: string, byKey: ReadonlyMap<string, Property>): void {
  const parts = path.split('.')
  for (let length = 2; length <= parts.length; length++) {
    const table = parts.slice(0, length).join('.')
    if (byKey.has(table)) throw new TypeError(`setting '${table}' has the name of a table of settings`)
  }
}
