import { usesColour } from '../../telemetry/terminal.ts'
import type { ExitCode } from '../exit.ts'
import { errorJson, errorText, reportOf } from './errors.ts'

/** Tells what went wrong: people on standard error, programs on standard output. @returns what to exit with */
export function tellError(error: unknown, json: boolean): ExitCode {
  const report = reportOf(error)
  if (json) process.stdout.write(`${errorJson(report)}\n`)
  else process.stderr.write(errorText(report, usesColour(process.stderr, process.env)))
  return report.exitCode
}
