import { createHash } from 'node:crypto'
import { nearestName } from '../../config/names.ts'
import type { Clock } from '../../domain/ports.ts'
import { type Line, readLines } from '../../storage/lines.ts'
import { BadRecord, type BadRecords, type Place } from './bad-record.ts'
import type { Importer, ImportRecord } from './importer.ts'
import type { RecordReaders } from './readers.ts'

export interface JsonlSource {
  /** As it stands in messages. */
  readonly name: string
  readonly chunks: AsyncIterable<Uint8Array>
  readonly lineBytesMax: number
}

export interface JsonlParts {
  readonly importer: Importer
  readonly readers: RecordReaders
  readonly bad: BadRecords
  readonly clock: Clock
  readonly signal: AbortSignal
}

const kinds = ['item', 'user', 'event'] as const
const kindHint = `Each line is one object with a kind: ${kinds.join(', ')}`

/**
 * Imports one record per line, `{"kind": "item" | "user" | "event", ...}` with the fields of the HTTP body beside it.
 * Empty lines are passed over. Returns early when `signal` aborts. @throws BadRecord
 */
export async function importJsonl({ name, chunks, lineBytesMax }: JsonlSource, parts: JsonlParts): Promise<void> {
  for await (const lines of readLines(chunks, 'utf8', lineBytesMax)) {
    for (const line of lines) {
      if (line.text === '' && line.fault === undefined) continue
      const place = { file: name, line: line.number }
      const record = parts.bad.attempt(() => readRecord(line, place, parts))
      const full = record === undefined ? undefined : parts.importer.add(record, place)
      if (full !== undefined) await full
    }
    if (parts.signal.aborted) return
  }
}

/** @throws BadRecord */
function readRecord(line: Line, place: Place, { readers, clock }: JsonlParts): ImportRecord {
  if (line.fault !== undefined) throw new BadRecord(place, line.fault, 'Send one JSON object in UTF-8 per line')
  const { kind, ...body } = parseObject(line.text, place)
  switch (kind) {
    case 'item':
      return { kind, value: readers.item(body, place) }
    case 'user':
      return { kind, value: readers.user(body, place) }
    case 'event':
      return readers.event(body, place, () => assignedId(line), clock.now())
    default:
      throw unknownKind(kind, place)
  }
}

/** The same line at the same place of a file gets the same id, so that it counts once when the file comes again. */
function assignedId({ number, text }: Line): string {
  return `jsonl:${number}:${createHash('sha256').update(text).digest('base64url').slice(0, 22)}`
}

function parseObject(text: string, place: Place): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const { message } = error as Error
    throw new BadRecord({ ...place, column: columnOf(message, text) }, `is not JSON: ${reasonOf(message)}`, kindHint)
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new BadRecord(place, 'is JSON, but not an object', kindHint)
}

/** V8 says where it stopped, except at the end of the text. */
function columnOf(message: string, text: string): number | undefined {
  const position = / at position (\d+)/.exec(message)
  if (position !== null) return Number(position[1]) + 1
  return message.includes('end of JSON input') ? text.length + 1 : undefined
}

function reasonOf(message: string): string {
  return message.replace(/ in JSON at position.*$/s, '').replace(/, ".*" is not valid JSON$/s, '')
}

function unknownKind(kind: unknown, place: Place): BadRecord {
  const at = { ...place, field: 'kind' }
  if (kind === undefined) return new BadRecord(at, 'is missing', kindHint)
  const meant = typeof kind === 'string' ? nearestName(kind, kinds) : undefined
  const hint = meant === undefined ? kindHint : `Did you mean ${meant}?`
  return new BadRecord(at, `is not a kind of record: ${JSON.stringify(kind)}`, hint)
}
