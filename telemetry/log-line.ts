import { type Colour, paint } from './terminal.ts'

const levelColours: Readonly<Record<string, Colour>> = { warn: 'yellow', error: 'red', fatal: 'red', info: 'green' }

/** Turns one JSON entry of the log into `time LEVEL name: message key=value ...`; what is not JSON passes as it is. */
export function formatLogLine(entry: string, colour: boolean): string {
  let fields: Record<string, unknown>
  try {
    fields = JSON.parse(entry)
  } catch {
    return entry
  }
  const { time, level, name, msg, ...rest } = fields
  const label = String(level)
  const clock = paint(String(time).slice(11, 23), 'dim', colour)
  const severity = paint(label.toUpperCase().padEnd(5), levelColours[label] ?? 'dim', colour)
  const pairs = Object.entries(rest).map(([key, value]) => paint(`${key}=`, 'dim', colour) + formatValue(value))
  return `${[`${clock} ${severity} ${name}:`, msg, ...pairs].filter(part => part !== undefined).join(' ')}\n`
}

function formatValue(value: unknown): string {
  if (typeof value === 'string') return /[\s"=]/.test(value) ? JSON.stringify(value) : value
  if (isError(value)) return JSON.stringify(`${value.type}: ${value.message} ${firstFrame(value.stack)}`.trim())
  return JSON.stringify(value)
}

/** The shape that pino gives to an Error under the key `err`. */
function isError(value: unknown): value is { type: string; message: string; stack: string } {
  return typeof value === 'object' && value !== null && 'stack' in value && 'message' in value && 'type' in value
}

function firstFrame(stack: string): string {
  return (
    stack
      .split('\n')
      .find(line => line.trimStart().startsWith('at '))
      ?.trim() ?? ''
  )
}
