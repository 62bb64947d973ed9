import type { CatalogState } from '../domain/catalog-state.ts'
import type { ServedRecord } from '../domain/journal.ts'
import { hashFeatures } from '../features/feature-hash.ts'
import { featureCount, featureSchema } from '../features/schema.ts'
import type { RankedFeatures } from './served-features.ts'

export interface FeatureDifference {
  readonly name: string
  readonly item: string
  readonly served: number
  readonly replayed: number
}

export interface Difference {
  readonly problem: string
  readonly feature?: FeatureDifference
}

/** What a served feed and its replay disagree about first, null when every bit is the same. */
export function compareFeatures(
  served: ServedRecord,
  ranked: RankedFeatures,
  catalog: CatalogState,
): Difference | null {
  if (served.features.length !== served.items.length * featureCount) {
    return { problem: `${served.items.length} items were logged with ${served.features.length} features` }
  }
  for (let place = 0; place < served.items.length; place++) {
    const difference = compareItem(served, place, ranked, catalog)
    if (difference !== null) return difference
  }
  if (hashFeatures(ranked.matrix, ranked.matrix.length) === served.featureHash) return null
  return { problem: 'candidates that were not returned have other features' }
}

function compareItem(
  served: ServedRecord,
  place: number,
  { items, matrix }: RankedFeatures,
  catalog: CatalogState,
): Difference | null {
  const id = served.items[place]
  const candidate = items.indexOf(catalog.findItem(id))
  if (candidate < 0) return { problem: `item ${id} was returned but is not among the ranked candidates` }
  const from = bitsOf(served.features.subarray(place * featureCount, (place + 1) * featureCount))
  const to = bitsOf(matrix.subarray(candidate * featureCount, (candidate + 1) * featureCount))
  const column = from.findIndex((bits, at) => bits !== to[at])
  if (column < 0) return null
  const feature = {
    name: featureSchema[column].name,
    item: id,
    served: served.features[place * featureCount + column],
    replayed: matrix[candidate * featureCount + column],
  }
  return { problem: `feature ${feature.name} of item ${id} differs`, feature }
}

function bitsOf(numbers: Float32Array): Uint32Array {
  return new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length)
}
