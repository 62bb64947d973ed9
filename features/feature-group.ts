export type FeatureGroupName =
  | 'user long-term'
  | 'user short-term'
  | 'context'
  | 'item static'
  | 'item dynamic'
  | 'cross'
  | 'retrieval'

export interface FeatureDefinition {
  readonly name: string
  readonly group: FeatureGroupName
  readonly description: string
  /** Goes up whenever the same inputs give another value. */
  readonly version: number
}

/** The features of one group in the order in which its function writes them: version and description by name. */
export function defineFeatures(
  group: FeatureGroupName,
  features: Readonly<Record<string, readonly [version: number, description: string]>>,
): readonly FeatureDefinition[] {
  return Object.entries(features).map(([name, [version, description]]) => ({ name, group, description, version }))
}
