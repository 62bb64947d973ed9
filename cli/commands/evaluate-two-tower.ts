import { evaluateTwoTower } from '../../evaluation/two-tower/evaluate-two-tower.ts'
import { renderTwoTowerReport } from '../../evaluation/two-tower/render-two-tower.ts'
import type { CommandContext } from '../context.ts'
import { CommandError } from '../exit.ts'
import { BadRecords } from '../import/bad-record.ts'
import { findMovieLens, readMovieLens } from '../import/movielens/import.ts'
import { movieLensInteractions } from '../import/movielens/interactions.ts'

export interface TwoTowerEvaluationCommandOptions {
  readonly input: string
  readonly metadata?: string
  readonly ablation?: boolean
  readonly seed: number
  readonly epochs?: number
  readonly threads: number
}

/** Reads the files as they come; the data directory takes no part. */
export async function evaluateTwoTowerCommand(
  context: CommandContext,
  { input, metadata, ablation = false, seed, epochs, threads }: TwoTowerEvaluationCommandOptions,
): Promise<void> {
  const progress = context.progress()
  const files = await readMovieLens(await findMovieLens(input), metadata, new BadRecords(false), progress)
  const data = movieLensInteractions(files, context.settings())
  const settings = epochs === undefined ? undefined : { epochs }
  const report = await evaluateTwoTower({ data, ablation, seed, threads, settings, progress }).catch(error => {
    if (!(error instanceof RangeError)) throw error
    throw new CommandError('too_little_history', error.message, 'Name a folder with more ratings')
  })
  context.print(`${renderTwoTowerReport(report)}\n`, report)
}
