/** A log of impressions as JSON lines. */
import { BadLine } from '../interactions/bad-line.ts'
import { forEachLine, newHash, type TextLine } from '../interactions/text-file.ts'
import { Numbering } from './numbering.ts'
import { type CategoryColumn, type NumberColumn, type RankingLog, RankingLogInvalid } from './ranking-log.ts'

const form =
  'A line is {"user":"u1","item":"i1","time":1767225600000,"outcomes":{"click":1},' +
  '"context":"home","itemCategories":{"author":"a1"},"userCategories":{},"numbers":{"duration":2.3},"request":"r1","position":0}'

const dayMs = 86_400_000

interface Line {
  readonly user: string
  readonly item: string
  /** Epoch ms. */
  readonly time: number
  readonly outcomes: Readonly<Record<string, number>>
  readonly context: string
  readonly itemCategories: Readonly<Record<string, string>>
  readonly userCategories: Readonly<Record<string, string>>
  readonly numbers: Readonly<Record<string, number>>
  readonly request?: string
  readonly position?: number
}

/**
 * One JSON object per line, in any order; only user, item, time and outcomes are needed. An outcome that a line leaves out is
 * not known. Requests and positions count when every line has one; without requests a person's day is one.
 * @throws BadLine, or RankingLogInvalid when there are no lines
 */
export async function readJsonlRankingLog(path: string): Promise<RankingLog> {
  const lines: Line[] = []
  await forEachLine(path, 'utf8', newHash(), line => lines.push(parse(line)))
  if (lines.length === 0) throw new RankingLogInvalid(`${path} has no lines`)
  lines.sort((a, b) => a.time - b.time)
  return build(lines)
}

function build(lines: readonly Line[]): RankingLog {
  const users = new Numbering()
  const items = new Numbering()
  const userOf = Int32Array.from(lines, ({ user }) => users.of(user))
  const itemOf = Int32Array.from(lines, ({ item }) => items.of(item))
  const requests = new Numbering()
  const named = lines.every(({ request }) => request !== undefined)
  const requestOf = ({ request, user, time }: Line) => (named ? request : `${user}/${Math.floor(time / dayMs)}`)
  const signals = namesIn(lines, ({ outcomes }) => outcomes)
  return {
    rows: lines.length,
    times: Float64Array.from(lines, ({ time }) => time),
    users: userOf,
    items: itemOf,
    userCount: users.size,
    itemCount: items.size,
    signals,
    outcomes: Float32Array.from(lines.flatMap(({ outcomes }) => signals.map(signal => outcomes[signal] ?? Number.NaN))),
    context: category('context', 'impression', lines, ({ context }) => context, false),
    categories: [
      { name: 'user', of: 'user', values: userOf, size: users.size, perUser: false },
      { name: 'item', of: 'item', values: itemOf, size: items.size, perUser: true },
      ...namesIn(lines, line => line.itemCategories).map(name =>
        category(name, 'item', lines, line => line.itemCategories[name], true),
      ),
      ...namesIn(lines, line => line.userCategories).map(name =>
        category(name, 'user', lines, line => line.userCategories[name], false),
      ),
    ],
    numbers: namesIn(lines, line => line.numbers).map(
      (name): NumberColumn => ({ name, values: Float32Array.from(lines, line => line.numbers[name] ?? 0) }),
    ),
    requests: Int32Array.from(lines, line => requests.of(requestOf(line))),
    requestMeaning: named ? 'what the lines name so' : 'the impressions of one person on one day (UTC)',
    ...(lines.every(({ position }) => position !== undefined) && {
      positions: Int32Array.from(lines, ({ position }) => position ?? 0),
    }),
    earlier: [],
  }
}

function category(
  name: string,
  of: CategoryColumn['of'],
  lines: readonly Line[],
  value: (line: Line) => string | undefined,
  perUser: boolean,
): CategoryColumn {
  const numbers = new Numbering()
  const values = Int32Array.from(lines, line => numbers.of(value(line) ?? ''))
  return { name, of, values, size: numbers.size, perUser }
}

function namesIn(lines: readonly Line[], record: (line: Line) => object): string[] {
  return [...new Set(lines.flatMap(line => Object.keys(record(line))))]
}

function parse(line: TextLine): Line {
  let value: Record<string, unknown> | undefined
  try {
    value = JSON.parse(line.text) as Record<string, unknown>
  } catch {
    // What is missing is said below.
  }
  const fail = (problem: string): never => {
    throw new BadLine(line.file, line.number, problem, form)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fail('is not a JSON object')
  const { user, item, time, outcomes, request, position } = value
  if (!isId(user) || !isId(item)) return fail('needs a user and an item')
  const at = typeof time === 'string' ? Date.parse(time) : time
  if (typeof at !== 'number' || !Number.isFinite(at)) return fail('needs a time, epoch ms or RFC 3339')
  const probabilities = record(outcomes, isNumber)
  if (!probabilities || !Object.values(probabilities).every(outcome => outcome >= 0 && outcome <= 1))
    return fail('needs outcomes, numbers from 0 to 1 by name')
  const [itemCategories, userCategories] = [value.itemCategories, value.userCategories].map(part =>
    record(part ?? {}, isId),
  )
  const numbers = record(value.numbers ?? {}, isNumber)
  if (!itemCategories || !userCategories) return fail('has categories that are no ids by name')
  if (!numbers) return fail('has numbers that are none')
  if (position !== undefined && !(Number.isInteger(position) && Number(position) >= 0))
    return fail('has a position that is no whole number from 0')
  return {
    user: String(user),
    item: String(item),
    time: at,
    outcomes: probabilities,
    context: String(value.context ?? ''),
    itemCategories: itemCategories as Record<string, string>,
    userCategories: userCategories as Record<string, string>,
    numbers,
    request: request === undefined ? undefined : String(request),
    position: position as number | undefined,
  }
}

function isId(value: unknown): value is string | number {
  return (typeof value === 'string' && value !== '') || isNumber(value)
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function record<Value>(value: unknown, is: (part: unknown) => part is Value): Record<string, Value> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return Object.values(value).every(is) ? (value as Record<string, Value>) : undefined
}
