import { type Histories, historyOf } from '../../models/histories.ts'
import type { Progress } from '../../telemetry/progress.ts'
import type { Recommender } from './recommender.ts'

/** Users scored together: a matrix of them stays within some ten megabytes at a few thousand items. */
const usersPerBatch = 256

export interface ScoringTask {
  readonly recommender: Recommender
  /** Whom to ask about, and what is known of them. */
  readonly users: Uint32Array
  readonly known: Histories
  /** Items of each user that are no answer. */
  readonly excluded: Histories
  readonly progress: Progress
}

/**
 * Scores every item for every user, and hands on one user's row at a time with excluded items at -Infinity.
 * @throws Error when a score is not finite
 */
export async function forEachScored(
  { recommender, users, known, excluded, progress }: ScoringTask,
  take: (user: number, scores: Float32Array) => void,
): Promise<void> {
  progress.step('Scoring', users.length)
  const scores = new Float32Array(Math.min(usersPerBatch, users.length) * known.items)
  for (let begin = 0; begin < users.length; begin += usersPerBatch) {
    const batch = users.subarray(begin, begin + usersPerBatch)
    const out = scores.subarray(0, batch.length * known.items)
    await recommender.score(batch, known, out)
    for (const [row, user] of batch.entries()) {
      const own = out.subarray(row * known.items, (row + 1) * known.items)
      checkFinite(own, user)
      for (const item of historyOf(excluded, user)) own[item] = Number.NEGATIVE_INFINITY
      take(user, own)
    }
    progress.advance(batch.length)
  }
  progress.done()
}

function checkFinite(scores: Float32Array, user: number): void {
  for (let item = 0; item < scores.length; item++) {
    if (!Number.isFinite(scores[item]))
      throw new Error(`The model scores item ${item} of user ${user} ${scores[item]}.`)
  }
}
