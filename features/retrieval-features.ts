import type { CandidateSet } from '../domain/candidate-set.ts'
import { defineFeatures } from './feature-group.ts'
import { clamp, logCount } from './numeric.ts'
import type { RecentSimilarity } from './recent-similarity.ts'

export const retrievalFeatures = defineFeatures('retrieval', {
  rankReciprocal: [1, '1 / (1 + best rank that any source gave)'],
  rankLog: [1, 'ln(1 + best rank)'],
  proposers: [1, 'number of sources that proposed the item'],
  collaborativeProduct: [
    1,
    'inner product of user and item in the collaborative space within [-10, 10], 0 when unknown',
  ],
  collaborativeKnown: [1, '1 when both have a collaborative vector'],
  contentCosine: [1, 'cosine of user and item in the content space, 0 when unknown'],
  contentKnown: [1, '1 when both have a content vector'],
  twoTowerCosine: [1, 'cosine of user and item in the two-tower space, 0 when unknown'],
  twoTowerKnown: [1, '1 when both have a two-tower vector'],
  sequenceProduct: [1, 'inner product of user and item in the sequence space within [-30, 30], 0 when unknown'],
  sequenceKnown: [1, '1 when both have a sequence vector'],
  coVisitationLog: [1, 'ln(1 + affinity through item-to-item lists)'],
  coVisitationPerPopularity: [1, 'the same affinity over the square root of 1 + clicks of the item, at most 10'],
})

export function writeRetrieval(
  out: Float32Array,
  at: number,
  candidates: CandidateSet,
  candidate: number,
  clicks: number,
  similar: RecentSimilarity,
): number {
  const bestRank = candidates.bestRank[candidate]
  const coVisitation = clamp(candidates.coVisitation[candidate], 0, 1e6)
  out[at++] = 1 / (1 + bestRank)
  out[at++] = logCount(bestRank)
  out[at++] = bitCount(candidates.proposers[candidate])
  out[at++] = similar.collaborative.queryInnerProduct()
  out[at++] = similar.collaborative.queryKnown() ? 1 : 0
  out[at++] = similar.content.queryCosine()
  out[at++] = similar.content.queryKnown() ? 1 : 0
  out[at++] = similar.twoTower.queryCosine()
  out[at++] = similar.twoTower.queryKnown() ? 1 : 0
  out[at++] = similar.sequence.queryInnerProduct()
  out[at++] = similar.sequence.queryKnown() ? 1 : 0
  out[at++] = logCount(coVisitation)
  out[at++] = clamp(coVisitation / Math.sqrt(1 + clicks), 0, 10)
  return at
}

/** Bits set in a 32-bit word (Warren, Hacker's Delight, section 5-1). */
function bitCount(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555)
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333)
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
