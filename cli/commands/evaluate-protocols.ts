import { nearestName } from '../../config/names.ts'
import { BadInput, BadLine } from '../../evaluation/interactions/bad-line.ts'
import {
  evaluateProtocol,
  type ModelChoice,
  type ProtocolEvaluation,
} from '../../evaluation/protocols/evaluate-protocol.ts'
import { BadModelSetting } from '../../evaluation/protocols/model-settings.ts'
import { recommenderModels } from '../../evaluation/protocols/models/registry.ts'
import { nextItemRun } from '../../evaluation/protocols/next-item.ts'
import { renderProtocolReport } from '../../evaluation/protocols/render-protocol.ts'
import type { TopNProtocol } from '../../evaluation/protocols/splits.ts'
import { topNRun } from '../../evaluation/protocols/top-n.ts'
import type { CommandContext } from '../context.ts'
import { CommandError, exitCodes } from '../exit.ts'

interface CommonOptions {
  readonly input: string
  readonly format: string
  readonly model: string
  readonly compare?: string
  readonly compareSet?: Readonly<Record<string, string>>
  /** Settings of the model. */
  readonly set?: Readonly<Record<string, string>>
  readonly seed: number
  readonly k: readonly number[]
  readonly minInteractions: number
  readonly part: 'test' | 'validation'
  readonly threads: number
}

export type NextItemCommandOptions = CommonOptions

export interface TopNCommandOptions extends CommonOptions {
  readonly protocol: TopNProtocol
  readonly minRating?: number
  readonly recall: 'relevant' | 'capped'
  readonly idcg: 'full' | 'truncated'
  readonly maskValidation?: boolean
  readonly splits: number
}

export async function evaluateNextItemCommand(context: CommandContext, options: NextItemCommandOptions): Promise<void> {
  const { k: cutoffs, minInteractions, part } = options
  await evaluating(context, options, {
    splits: 1,
    runOf: data => nextItemRun(data, { cutoffs, minInteractions, part }),
  })
}

export async function evaluateTopNCommand(context: CommandContext, options: TopNCommandOptions): Promise<void> {
  const { k: cutoffs, idcg: idealGain, maskValidation = false, minRating, splits } = options
  const topN = { ...options, cutoffs, idealGain, maskValidation }
  await evaluating(context, options, { minRating, splits, runOf: (data, seed) => topNRun(data, topN, seed) })
}

async function evaluating(
  context: CommandContext,
  options: CommonOptions,
  protocol: Pick<ProtocolEvaluation, 'minRating' | 'splits' | 'runOf'>,
): Promise<void> {
  const { input, format, seed, minInteractions, threads, compare, compareSet = {}, set = {} } = options
  const progress = context.progress()
  const baseline = compare === undefined ? undefined : choice('compare', compare, compareSet)
  const chosen = choice('model', options.model, set)
  const task = { ...protocol, input, format, seed, minInteractions, threads, chosen, baseline, progress }
  const report = await evaluateProtocol(task).catch(error => {
    throw asCommandError(error)
  })
  context.print(`${renderProtocolReport(report)}\n`, report)
}

function choice(option: string, name: string, settings: Readonly<Record<string, string>>): ModelChoice {
  const model = recommenderModels.find(candidate => candidate.name === name)
  if (model !== undefined) return { model, settings }
  const names = recommenderModels.map(candidate => candidate.name)
  const meant = nearestName(name, names)
  const hint = meant === undefined ? `Models are ${names.join(', ')}` : `Did you mean ${meant}?`
  throw new CommandError('usage', `--${option}: there is no model ${name}`, hint, { exitCode: exitCodes.usage })
}

function asCommandError(error: unknown): unknown {
  if (error instanceof BadLine) return new CommandError('bad_record', error.message, error.hint, { cause: error })
  const usage = { exitCode: exitCodes.usage, cause: error }
  if (error instanceof BadInput) return new CommandError('bad_input', error.message, error.hint, usage)
  if (error instanceof BadModelSetting) return new CommandError('bad_setting', error.message, error.hint, usage)
  if (error instanceof RangeError)
    return new CommandError('bad_setting', error.message, 'See docs/evaluation.md', usage)
  return error
}
