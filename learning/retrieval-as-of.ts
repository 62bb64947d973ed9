import { splitSeed } from '../algorithms/statistics/random.ts'
import { featureSettings } from '../features/settings.ts'
import { factsAsOf } from './facts-as-of.ts'
import { readHistory } from './history.ts'
import { type FittedRetrieval, fitRetrievalModels, type RetrievalWeights } from './retrieval-models.ts'
import type { TrainingTask } from './training-task.ts'

/**
 * Retrieval fitted on the journal as it was when `throughSeq` had been written. Nothing later reaches it, neither an item
 * nor the like that followed a click before the cut; a fit on everything would score each row with its own outcome.
 *
 * @param earlier what a fit on an earlier point ended with, to go on from
 */
export function fitRetrievalAsOf(
  { journal, settings, seed, progress }: Pick<TrainingTask, 'journal' | 'settings' | 'seed' | 'progress'>,
  throughSeq: number,
  earlier?: RetrievalWeights,
): Promise<FittedRetrieval> {
  const { engagements } = readHistory(journal, throughSeq, settings.of(featureSettings))
  const { count } = engagements
  const facts = factsAsOf(journal, throughSeq)
  return fitRetrievalModels({
    engagements,
    count,
    ...facts,
    settings,
    seed: splitSeed(seed, 'retrieval'),
    progress,
    earlier,
  })
}
