import type { CandidateSet } from '../domain/candidate-set.ts'
import { decodeFrame, defineFrame, encodeFrame } from '../domain/frame.ts'

/**
 * The ranked candidates of one request as the journal keeps them: which items, in which order, and the retrieval
 * evidence their features read. Items are ordinals, which a replay of the journal gives again (see `domain/journal.ts`).
 */
const candidateLogLayout = defineFrame({
  scalars: [],
  columns: { items: 'u32', bestRank: 'u16', proposers: 'u32' },
})

export function packCandidates(candidates: CandidateSet): Uint8Array {
  const { count } = candidates
  return new Uint8Array(
    encodeFrame(candidateLogLayout, {
      items: candidates.item.subarray(0, count),
      bestRank: candidates.bestRank.subarray(0, count),
      proposers: candidates.proposers.subarray(0, count),
    }),
  )
}

export function unpackCandidates(bytes: Uint8Array) {
  return decodeFrame(candidateLogLayout, bytes.slice().buffer)
}
