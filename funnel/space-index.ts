/** Which index holds the vectors of a space, and how wide it is searched: the same in serving and in every measurement. */
import { ExactIndex } from '../algorithms/retrieval/exact-index.ts'
import { HnswIndex } from '../algorithms/retrieval/hnsw-index.ts'
import { NormSplitIndex } from '../algorithms/retrieval/norm-split-index.ts'
import { searchWidthFor } from '../algorithms/retrieval/search-width.ts'
import type { VectorIndex } from '../algorithms/retrieval/vector-index.ts'
import { l2Norm } from '../algorithms/retrieval/vector-transform.ts'
import { quantileOfSorted } from '../algorithms/statistics/quantiles.ts'
import type { SettingsOf } from '../config/fragment.ts'
import type { SpaceName } from '../features/vector-spaces.ts'
import { spaceMetric } from './ports.ts'
import type { indexSettings } from './settings.ts'

export interface SpaceSize {
  readonly dimension: number
  /** Vectors that there is room for; it grows. */
  readonly capacity: number
  /** A norm that few vectors of the space exceed. */
  readonly ordinaryNorm: number
}

/** Widths and links as an operator set them. */
export type IndexShape = Pick<
  SettingsOf<typeof indexSettings>,
  'linksPerPoint' | 'buildWidth' | 'searchWidthFactor' | 'exactItemsMax'
>

export function createSpaceIndex(
  space: SpaceName,
  { dimension, capacity, ordinaryNorm }: SpaceSize,
  { linksPerPoint, buildWidth, exactItemsMax }: IndexShape,
): VectorIndex {
  if (capacity <= exactItemsMax) return new ExactIndex({ dimension, metric: spaceMetric[space] })
  const common = { dimension, capacity, linksPerPoint, buildWidth }
  return spaceMetric[space] === 'cosine'
    ? new HnswIndex({ ...common, metric: 'cosine' })
    : new NormSplitIndex({ ...common, maximumNorm: ordinaryNorm || 1 })
}

/**
 * With long vectors kept apart, a graph for inner products is as easy to search as one of normalised vectors, so both
 * take the same width (`ef`).
 */
export function spaceSearchWidth(k: number, { searchWidthFactor }: IndexShape): number {
  return Math.max(k, Math.ceil(searchWidthFor(k, 'cosine') * searchWidthFactor))
}

/** Trained factors have a long tail of norms: what lies beyond this share is a few per cent, compared one by one. */
const ordinaryShare = 0.95
const sampledNormsMax = 20_000

/** The norm that 95 % of the vectors, of those that are not zero, stay below; 0 when there is none. */
export function ordinaryNorm(vectors: Float32Array, dimension: number): number {
  const count = vectors.length / dimension
  const stride = Math.max(1, Math.ceil(count / sampledNormsMax))
  const norms: number[] = []
  for (let place = 0; place < count; place += stride) {
    const norm = l2Norm(vectors.subarray(place * dimension, (place + 1) * dimension))
    if (norm > 0) norms.push(norm)
  }
  return norms.length === 0 ? 0 : quantileOfSorted(Float64Array.from(norms).sort(), ordinaryShare)
}
