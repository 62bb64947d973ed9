import { systemClock } from '../../domain/ports.ts'
import { evaluateFunnel } from '../../evaluation/funnel-command.ts'
import { evaluateIndex } from '../../evaluation/index-command.ts'
import { renderFunnelReport, renderIndexReport } from '../../evaluation/render-report.ts'
import { SavedQueriesUnreadable } from '../../evaluation/saved-queries.ts'
import { describeDirectory } from '../../storage/data-directory.ts'
import type { CommandContext } from '../context.ts'
import { CommandError, InterruptedError } from '../exit.ts'
import { interruptible } from '../interrupt.ts'

export interface FunnelOptions {
  readonly seed?: number
  readonly users?: number
  readonly keep?: boolean
  readonly saveQueries?: string
  readonly compare?: string
}

export interface IndexOptions {
  readonly items: number
  readonly events?: number
  readonly seed?: number
}

export async function evaluateFunnelCommand(context: CommandContext, options: FunnelOptions): Promise<void> {
  const { dataDir } = context
  const { empty } = await describeDirectory(dataDir)
  if (empty) throw tooLittle(`${dataDir} holds no history`)
  const settings = context.settings()
  const evaluate = (signal: AbortSignal) =>
    evaluateFunnel({
      dataDir,
      settings,
      seed: options.seed,
      usersMax: options.users,
      keep: options.keep,
      saveQueries: options.saveQueries,
      compare: options.compare,
      progress: context.progress(),
      log: context.logger(settings, 'command'),
      clock: systemClock,
      signal,
    }).catch(error => {
      throw signal.aborted
        ? new InterruptedError('the evaluation was interrupted', 'Nothing of it stays behind')
        : error
    })
  await evaluating(context, renderFunnelReport, () => interruptible(evaluate))
}

export async function evaluateIndexCommand(
  context: CommandContext,
  { items, events, seed }: IndexOptions,
): Promise<void> {
  const settings = context.settings()
  await evaluating(context, renderIndexReport, () =>
    evaluateIndex({ settings, items, eventsMax: events, seed, progress: context.progress() }),
  )
}

/** Prints the report, as text or as one JSON document. An evaluation says with a RangeError that history is lacking. */
async function evaluating<R>(
  context: CommandContext,
  render: (report: R) => string,
  evaluate: () => Promise<R>,
): Promise<void> {
  const report = await evaluate().catch(error => {
    if (error instanceof SavedQueriesUnreadable)
      throw new CommandError('unreadable_queries', error.message, queriesHint)
    throw error instanceof RangeError ? tooLittle(error.message) : error
  })
  context.print(`${render(report).trimEnd()}\n`, report)
}

const queriesHint = 'Give --compare a file that `sluice evaluate funnel --save-queries` wrote'

function tooLittle(message: string): CommandError {
  return new CommandError('too_little_history', message, 'Import more with `sluice import`, or use another --data-dir')
}
