import Type, { type TProperties } from 'typebox'
import { type AnyFragment, defineSettings } from '../config/fragment.ts'
import type { Settings } from '../config/settings.ts'

/** What every source can be set to. `extra` are properties of its own. */
export function sourceSettings<P extends TProperties>(
  name: string,
  description: string,
  defaults: { readonly budget: number; readonly weight?: number },
  extra: P = {} as P,
) {
  return defineSettings(`sources.${camelCase(name)}`, description, {
    enabled: Type.Boolean({ default: true, description: `Whether the source ${name} proposes at all.` }),
    budget: Type.Integer({
      default: defaults.budget,
      minimum: 0,
      maximum: 1000,
      unit: 'items',
      description: 'Most candidates it may propose per request, over all partitions.',
    }),
    weight: Type.Number({
      default: defaults.weight ?? 1,
      minimum: 0,
      maximum: 100,
      unit: 'ratio',
      description: 'Its say when proposals of several sources are merged.',
    }),
    ...extra,
  })
}

/** Settings every source has, whatever else it brings. */
export interface CommonSourceSettings {
  readonly enabled: boolean
  readonly budget: number
  readonly weight: number
}

/** The settings every source has, of one that is known only as a source. */
export function commonSettings(settings: Settings, fragment: AnyFragment): CommonSourceSettings {
  return settings.of(fragment) as unknown as CommonSourceSettings
}

function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
