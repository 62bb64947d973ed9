import type { MergedCandidates } from '../../algorithms/retrieval/merge.ts'
import type { CandidateSet } from '../../domain/candidate-set.ts'

/** Without a ranker the merged order stands: the value is the fusion score, and no objective has a probability. */
export function scoreByMerge(merged: MergedCandidates, candidates: CandidateSet): void {
  candidates.value.set(merged.fusedScores)
  candidates.probabilities.fill(Number.NaN)
}
