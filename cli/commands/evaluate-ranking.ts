import { existsSync } from 'node:fs'
import { BadLine } from '../../evaluation/interactions/bad-line.ts'
import { evaluateRanking, type JudgedPart } from '../../evaluation/ranking/evaluate-ranking.ts'
import { readJsonlRankingLog } from '../../evaluation/ranking/jsonl-log.ts'
import { readKuaiRandLog } from '../../evaluation/ranking/kuairand-log.ts'
import { RankingLogInvalid } from '../../evaluation/ranking/ranking-log.ts'
import type { RankingModelName } from '../../evaluation/ranking/ranking-models.ts'
import { BadRankingSetting } from '../../evaluation/ranking/ranking-settings.ts'
import { renderRankingReport } from '../../evaluation/ranking/render-ranking.ts'
import type { CommandContext } from '../context.ts'
import { CommandError, exitCodes } from '../exit.ts'

export interface RankingEvaluationCommandOptions {
  readonly input: string
  readonly format: 'kuairand' | 'jsonl'
  readonly model: RankingModelName
  readonly compare?: RankingModelName
  readonly compareSet?: Readonly<Record<string, string>>
  readonly objectives: readonly string[]
  readonly part: JudgedPart
  readonly seed: number
  /** Settings of the model. */
  readonly set?: Readonly<Record<string, string>>
}

/** Reads the files as they come; the data directory takes no part. */
export async function evaluateRankingCommand(
  context: CommandContext,
  { input, format, set = {}, compareSet = {}, ...options }: RankingEvaluationCommandOptions,
): Promise<void> {
  const progress = context.progress()
  progress.step('Reading')
  const report = await (async () => {
    if (!existsSync(input)) throw new RankingLogInvalid(`${input} does not exist`)
    const log = await (format === 'kuairand' ? readKuaiRandLog(input) : readJsonlRankingLog(input))
    return evaluateRanking({ ...options, log, set, compareSet, progress, now: () => performance.now() })
  })().catch(error => {
    throw asCommandError(error)
  })
  context.print(`${renderRankingReport(report)}\n`, report)
}

function asCommandError(error: unknown): unknown {
  if (error instanceof BadLine) return new CommandError('bad_record', error.message, error.hint, { cause: error })
  const usage = { exitCode: exitCodes.usage, cause: error }
  const hint = 'See docs/evaluation.md'
  if (error instanceof RankingLogInvalid) return new CommandError('bad_input', error.message, hint, usage)
  if (error instanceof BadRankingSetting) return new CommandError('bad_setting', error.message, hint, usage)
  if (error instanceof RangeError) return new CommandError('bad_input', error.message, hint, usage)
  return error
}
