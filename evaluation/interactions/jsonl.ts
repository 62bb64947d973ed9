import { existsSync, statSync } from 'node:fs'
import { BadInput, BadLine } from './bad-line.ts'
import { type InteractionLog, InteractionLogBuilder } from './interaction-log.ts'
import { forEachLine, newHash, type TextLine } from './text-file.ts'

const form = 'A line is {"user":"u1","item":"t1","time":…,"rating":…}; time and rating may be left out'

/**
 * One JSON object per line with `user`, `item` and, where known, `time` (epoch ms or RFC 3339) and `rating`. The lines of
 * an import, `{"kind":"event",…}`, are read too, with `value` as the rating; other kinds are passed over. Either all lines
 * have a time or none has.
 */
export async function readJsonl(path: string): Promise<InteractionLog> {
  if (!existsSync(path)) throw new BadInput(`${path} does not exist`, 'Name a file of JSON lines')
  if (statSync(path).isDirectory()) throw new BadInput(`${path} is a folder`, 'Name the file of JSON lines itself')
  const hash = newHash()
  const builder = new InteractionLogBuilder({ time: true, rating: true })
  const timeless = new InteractionLogBuilder({ rating: true })
  let timed: boolean | undefined
  await forEachLine(path, 'utf8', hash, line => {
    const record = parse(line)
    if (record.kind !== undefined && record.kind !== 'event') return
    const [user, item] = [idOf(record.user, 'user', line), idOf(record.item, 'item', line)]
    const rating = ratingOf(record, line)
    const hasTime = record.time !== undefined
    timed ??= hasTime
    if (timed !== hasTime) {
      const problem = hasTime ? 'has a time, but lines before have none' : 'has no time, but lines before have one'
      throw new BadLine(line.file, line.number, problem, 'Give all lines a time, or none of them')
    }
    if (hasTime) builder.add(user, item, timeOf(record.time, line), rating)
    else timeless.add(user, item, Number.NaN, rating)
  })
  return (timed === true ? builder : timeless).build(hash.digest('hex'))
}

function parse({ file, number, text }: TextLine): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new BadLine(file, number, 'is not JSON', form)
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new BadLine(file, number, 'is JSON, but not an object', form)
}

function idOf(value: unknown, field: string, { file, number }: TextLine): string {
  if (typeof value === 'string' && value !== '') return value
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  throw new BadLine(file, number, `${field} must be an id, but is ${JSON.stringify(value) ?? 'missing'}`, form)
}

function timeOf(value: unknown, { file, number }: TextLine): number {
  const time = typeof value === 'string' ? Date.parse(value) : value
  if (typeof time === 'number' && Number.isFinite(time)) return time
  const problem = `time must be epoch ms or RFC 3339, but is ${JSON.stringify(value)}`
  throw new BadLine(file, number, problem, 'Correct the line or remove it')
}

function ratingOf({ rating, value }: Record<string, unknown>, { file, number }: TextLine): number {
  const given = rating ?? value
  if (given === undefined || given === null) return Number.NaN
  if (typeof given === 'number' && Number.isFinite(given)) return given
  throw new BadLine(file, number, `rating must be a number, but is ${JSON.stringify(given)}`, form)
}
