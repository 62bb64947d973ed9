import type { CatalogReader } from '../../domain/catalog-reader.ts'
import type { ServedRecord } from '../../domain/journal.ts'
import type { RankingFrame } from '../ranking-frame.ts'
import { sources } from '../sources/registry.ts'

/** What the request knew that the rank thread's result does not hold. */
export type ServedFacts = Omit<
  ServedRecord,
  'items' | 'propensities' | 'sources' | 'sourceNames' | 'scores' | 'features' | 'featureHash' | 'candidates'
>

const sourceNames = sources.map(source => source.name)

/** The journal's record of a feed: everything that replay needs to compute its features again, bit for bit. */
export function servedRecord(
  result: RankingFrame,
  chosen: readonly number[],
  facts: ServedFacts,
  catalog: CatalogReader,
): ServedRecord {
  const width = result.featureCount
  const features = new Float32Array(chosen.length * width)
  for (let place = 0; place < chosen.length; place++) {
    const from = chosen[place] * width
    features.set(result.features.subarray(from, from + width), place * width)
  }
  return {
    ...facts,
    items: chosen.map(i => catalog.itemId(result.items[i])),
    propensities: Float32Array.from(chosen, i => result.propensity[i]),
    sources: Uint32Array.from(chosen, i => result.proposers[i]),
    sourceNames,
    scores: Float32Array.from(chosen, i => result.values[i]),
    features,
    featureHash: result.featureHash,
    candidates: result.candidates.slice(),
  }
}
