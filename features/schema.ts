import { createHash } from 'node:crypto'
import { canonicalJson } from '../config/settings.ts'
import { contextFeatures } from './context-features.ts'
import { crossFeatures } from './cross-features.ts'
import type { FeatureDefinition } from './feature-group.ts'
import { itemDynamicFeatures } from './item-dynamic-features.ts'
import { itemStaticFeatures } from './item-static-features.ts'
import { retrievalFeatures } from './retrieval-features.ts'
import type { FeatureSettings } from './settings.ts'
import { userLongTermFeatures, userShortTermFeatures } from './user-features.ts'

/** Every feature, in the order of a row. Models, logs and explanations read positions from here and nowhere else. */
export const featureSchema: readonly FeatureDefinition[] = [
  ...userLongTermFeatures,
  ...userShortTermFeatures,
  ...contextFeatures,
  ...itemStaticFeatures,
  ...itemDynamicFeatures,
  ...crossFeatures,
  ...retrievalFeatures,
]

export const featureCount = featureSchema.length

const indexByName = new Map(featureSchema.map(({ name }, index) => [name, index]))

/** @throws RangeError when there is no such feature (a programmer's error) */
export function featureIndex(name: string): number {
  const index = indexByName.get(name)
  if (index === undefined) throw new RangeError(`there is no feature '${name}'`)
  return index
}

/** Settings that change the value of a feature for the same journal. */
const valueSettings = [
  'historyLength',
  'viewHistoryLength',
  'impressionCapacity',
  'eventIdWindow',
  'categoryCapacity',
  'creatorCapacity',
  'sessionGapMs',
  'engagementWindowMs',
  'affinityHalfLifeMs',
  'recentHalfLifeMs',
  'counterShortHalfLifeMs',
  'counterLongHalfLifeMs',
  'launchWindowMs',
  'coldUntilEngagements',
  'warmFromEngagements',
] as const satisfies readonly (keyof FeatureSettings)[]

/**
 * The first 16 hex digits of a sha-256 over what a model trained on these features relies on.
 * @param further settings of other components that change a feature's value, by their full key
 */
export function featureSchemaHash(settings: FeatureSettings, further: Readonly<Record<string, unknown>> = {}): string {
  const features = featureSchema.map(({ name, group, version }) => [name, group, version])
  const own = valueSettings.map(name => [name, settings[name]])
  const values = [...own, ...Object.entries(further).sort(([a], [b]) => (a < b ? -1 : 1))]
  return createHash('sha256').update(canonicalJson({ features, values })).digest('hex').slice(0, 16)
}
