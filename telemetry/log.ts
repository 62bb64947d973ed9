import { type DestinationStream, type Logger, pino } from 'pino'
import { formatLogLine } from './log-line.ts'
import { type TextStream, usesColour } from './terminal.ts'

export type { Logger } from 'pino'

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

export type LogLevel = (typeof logLevels)[number]

export interface LogOptions {
  readonly name: string
  readonly level: LogLevel
  /** Default: standard error, because standard output belongs to the command's own result. */
  readonly stream?: TextStream
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/** One line per entry: text for people on a terminal, JSON everywhere else. */
export function createLogger(options: LogOptions): Logger {
  const { name, level, stream = process.stderr, environment = process.env } = options
  return pino(
    {
      level,
      base: { name },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
    },
    destinationFor(stream, environment),
  )
}

function destinationFor(stream: TextStream, environment: LogOptions['environment']): DestinationStream {
  if (stream.isTTY === true) {
    const colour = usesColour(stream, environment ?? {})
    return { write: entry => stream.write(formatLogLine(entry, colour)) }
  }
  // Written synchronously: the last lines before a crash are the ones that matter.
  return stream === process.stderr ? pino.destination({ fd: 2, sync: true }) : { write: entry => stream.write(entry) }
}
