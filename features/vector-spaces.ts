/**
 * The vector spaces in which a model set places people and items. A set that was not trained for one leaves it empty:
 * nobody and nothing has a vector there.
 */
export const spaceNames = ['collaborative', 'content', 'twoTower', 'sequence'] as const

export type SpaceName = (typeof spaceNames)[number]

/** One of a kind for every space. */
export type PerSpace<T> = Readonly<Record<SpaceName, T>>

export function perSpace<T>(make: (space: SpaceName) => T): PerSpace<T> {
  return Object.fromEntries(spaceNames.map(space => [space, make(space)])) as Record<SpaceName, T>
}

/** A person in every space, made by the model set's encoders; an empty vector means that there is none. */
export type QueryVectors = PerSpace<Float32Array>

export const noQueryVectors: QueryVectors = perSpace(() => new Float32Array(0))
