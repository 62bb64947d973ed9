import { EngineError } from '../../actors/engine.ts'
import { type SettingProblem, SettingsError } from '../../config/settings-error.ts'
import { TrainingFailed } from '../../learning/trainer-process.ts'
import {
  ArtefactCorrupt,
  ArtefactExists,
  ArtefactMissing,
  SchemaMismatch,
} from '../../models/artefact/artefact-manifest.ts'
import { SimulatorSettingsError } from '../../simulator/settings.ts'
import { StorageError } from '../../storage/errors.ts'
import { paint } from '../../telemetry/terminal.ts'
import { CommandError, type ExitCode, exitCodes } from '../exit.ts'

/** What a person is told about a failure, and what the command exits with. */
export interface ErrorReport {
  readonly code: string
  readonly message: string
  readonly hint: string
  readonly exitCode: ExitCode
  /** Each setting that is wrong. */
  readonly problems?: readonly SettingProblem[]
}

export function reportOf(error: unknown): ErrorReport {
  if (error instanceof CommandError) return pick(error, error.code, error.hint, error.exitCode)
  if (error instanceof SettingsError) return settingsReport(error)
  if (error instanceof SimulatorSettingsError) return pick(error, 'invalid_settings', '', exitCodes.usage)
  if (error instanceof StorageError) {
    // Its message ends with the hint.
    const message = error.message.slice(0, -`. ${error.hint}`.length)
    return { code: error.code, message, hint: error.hint, exitCode: exitCodes.failure }
  }
  if (error instanceof TrainingFailed) return trainingReport(error)
  if (error instanceof EngineError) return pick(error, error.code, '', exitCodes.failure)
  for (const [type, code] of artefactErrors) if (error instanceof type) return pick(error, code, '', exitCodes.failure)
  if (isSystemError(error)) return pick(error, error.code, systemHints[error.code] ?? '', exitCodes.failure)
  return {
    code: 'internal',
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    hint: 'This is a defect of Sluice: report it, with what you did',
    exitCode: exitCodes.failure,
  }
}

const artefactErrors = [
  [ArtefactMissing, 'model_missing'],
  [ArtefactCorrupt, 'model_corrupt'],
  [ArtefactExists, 'model_exists'],
  [SchemaMismatch, 'model_schema'],
] as const

const systemHints: Readonly<Record<string, string>> = {
  ENOENT: 'Check the path',
  EACCES: 'Check the permissions',
  EISDIR: 'Name a file, not a folder',
  ENOTDIR: 'Name a folder, not a file',
  ENOSPC: 'Free some space on the disk',
  EADDRINUSE: 'Another process listens there: choose another port with --port, or 0 for any free one',
  EADDRNOTAVAIL: 'Choose an address of this machine with --host',
}

function isSystemError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && 'syscall' in error && typeof (error as { code?: unknown }).code === 'string'
}

function pick(error: Error, code: string, hint: string, exitCode: ExitCode): ErrorReport {
  return { code, message: error.message, hint, exitCode }
}

/** The trainer's own error comes from another process, as a name and a message. */
function trainingReport({ reason, message }: TrainingFailed): ErrorReport {
  const { failure: exitCode } = exitCodes
  if (reason === 'NotEnoughData') {
    const [problem, ...advice] = message.split('. ')
    return { code: 'not_enough_data', message: problem, hint: advice.join('. '), exitCode }
  }
  const hint = 'The promoted model set is as it was; look above for what the trainer said'
  return { code: 'training_failed', message: `the training failed: ${message}`, hint, exitCode }
}

function settingsReport({ problems }: SettingsError): ErrorReport {
  const message = problems.length === 1 ? 'a setting is wrong' : `${problems.length} settings are wrong`
  const hint = '`sluice config` lists every setting, with its range and where its value comes from'
  return { code: 'invalid_settings', message, hint, exitCode: exitCodes.usage, problems }
}

/** As one object, for programs. */
export function errorJson({ code, message, hint, problems }: ErrorReport): string {
  return JSON.stringify({ error: { code, message, hint, ...(problems !== undefined && { problems }) } })
}

/** As one block, for people. */
export function errorText({ message, hint, problems = [] }: ErrorReport, colour: boolean): string {
  const lines = [`${paint('error:', 'red', colour)} ${message}`]
  for (const problem of problems) lines.push('', ...problemLines(problem))
  if (problems.length > 0) lines.push('')
  if (hint !== '') lines.push(`${paint('hint:', 'cyan', colour)} ${hint}`)
  return `${lines.join('\n')}\n`
}

function problemLines(problem: SettingProblem): string[] {
  const { key, value, allowed, layer, source, message, hint } = problem
  const parts = [
    ['value', JSON.stringify(value)],
    ['allowed', allowed],
    ['from', layer === 'command line' ? source : `${layer} ${source}`],
    ['hint', hint],
  ]
  const shown = parts.filter(([, text]) => text !== '').map(([name, text]) => `    ${name.padEnd(9)}${text}`)
  return [`  ${key === '' ? message : key}`, ...(allowed === '' && key !== '' ? [`    ${message}`] : []), ...shown]
}
