import { existsSync } from 'node:fs'
import { BadLine } from '../../evaluation/interactions/bad-line.ts'
import { evaluateRanking, type JudgedPart, type RankingEvaluation } from '../../evaluation/ranking/evaluate-ranking.ts'
import { readJsonlRankingLog } from '../../evaluation/ranking/jsonl-log.ts'
import { readKuaiRandLog } from '../../evaluation/ranking/kuairand-log.ts'
import { RankingLogInvalid } from '../../evaluation/ranking/ranking-log.ts'
import type { RankingModelName } from '../../evaluation/ranking/ranking-models.ts'
import { BadRankingSetting } from '../../evaluation/ranking/ranking-settings.ts'
import { renderRankingReport } from '../../evaluation/ranking/render-ranking.ts'
import { simulatedRanking } from '../../evaluation/ranking/simulated-log.ts'
import { simulatorSettings } from '../../simulator/settings.ts'
import { createWorld } from '../../simulator/world.ts'
import type { CommandContext } from '../context.ts'
import { CommandError, exitCodes } from '../exit.ts'

export interface RankingEvaluationCommandOptions {
  /** Absent for a simulated world. */
  readonly input?: string
  readonly format: 'kuairand' | 'jsonl' | 'simulated'
  /** What shapes a simulated world. */
  readonly people?: number
  readonly items?: number
  readonly days?: number
  readonly model: RankingModelName
  readonly compare?: RankingModelName
  readonly compareSet?: Readonly<Record<string, string>>
  readonly objectives?: readonly string[]
  readonly part: JudgedPart
  readonly seed: number
  readonly trainings: number
  /** Settings of the model. */
  readonly set?: Readonly<Record<string, string>>
}

const defaultObjectives = {
  recorded: ['click', 'long_view', 'finish', 'like'],
  simulated: ['click', 'finish', 'positive', 'negative'],
}
/** About 300,000 impressions. */
const defaultWorld = { people: 3000, items: 2000, days: 45 }

/** Reads the files as they come, or simulates; the data directory takes no part. */
export async function evaluateRankingCommand(
  context: CommandContext,
  options: RankingEvaluationCommandOptions,
): Promise<void> {
  const { model, compare, part, seed, trainings, set = {}, compareSet = {} } = options
  const objectives = options.objectives ?? defaultObjectives[options.format === 'simulated' ? 'simulated' : 'recorded']
  const progress = context.progress()
  progress.step(options.format === 'simulated' ? 'Simulating' : 'Reading')
  const now = () => performance.now()
  const report = await (async () => {
    const read = await readImpressions(options)
    return evaluateRanking({
      ...read,
      model,
      compare,
      objectives,
      part,
      seed,
      trainings,
      set,
      compareSet,
      progress,
      now,
    })
  })().catch(error => {
    throw asCommandError(error)
  })
  context.print(`${renderRankingReport(report)}\n`, report)
}

async function readImpressions(
  options: RankingEvaluationCommandOptions,
): Promise<Pick<RankingEvaluation, 'log' | 'truth'>> {
  const { input, format, seed } = options
  if (format === 'simulated') {
    if (input !== undefined) throw usage('--format simulated reads no input', 'Leave out --input')
    const { people, items: titles, days } = { ...defaultWorld, ...definedOnly(options) }
    return simulatedRanking(createWorld(simulatorSettings({ seed, people, titles, days })))
  }
  const [shape] = Object.keys(definedOnly(options))
  if (shape) throw usage(`--${shape} shapes a simulated world`, `Leave it out, or use --format simulated`)
  if (input === undefined) throw usage(`--format ${format} needs --input`, 'Name the file or folder of impressions')
  if (!existsSync(input)) throw new RankingLogInvalid(`${input} does not exist`)
  return { log: await (format === 'kuairand' ? readKuaiRandLog(input) : readJsonlRankingLog(input)) }
}

/** What was given of the shape of a world. */
function definedOnly({ people, items, days }: RankingEvaluationCommandOptions): Partial<typeof defaultWorld> {
  return Object.fromEntries(Object.entries({ people, items, days }).filter(([, value]) => value !== undefined))
}

function usage(message: string, hint: string): CommandError {
  return new CommandError('usage', message, hint, { exitCode: exitCodes.usage })
}

function asCommandError(error: unknown): unknown {
  if (error instanceof BadLine) return new CommandError('bad_record', error.message, error.hint, { cause: error })
  const options = { exitCode: exitCodes.usage, cause: error }
  const hint = 'See docs/evaluation.md'
  if (error instanceof RankingLogInvalid) return new CommandError('bad_input', error.message, hint, options)
  if (error instanceof BadRankingSetting) return new CommandError('bad_setting', error.message, hint, options)
  if (error instanceof RangeError) return new CommandError('bad_input', error.message, hint, options)
  return error
}
