import { createRandom, shuffle } from '../algorithms/statistics/random.ts'
import { lowerBound } from '../domain/lower-bound.ts'
import type { Engagements } from './engagements.ts'

/** A moment at which the ranker is asked: just before a person's next group of engagements. */
export interface RankerQuery {
  readonly userId: string
  /** Journal number of the first engagement of the group: everything before it is known. */
  readonly seq: number
  /** Epoch ms. */
  readonly time: number
  /** What the person engaged with from here on within the horizon, by item id, with all its roles. */
  readonly wanted: ReadonlyMap<string, number>
}

export interface QueryLimits {
  readonly queriesMax: number
  readonly queriesPerUserMax: number
  readonly horizonEvents: number
  readonly sessionGapMs: number
}

/**
 * Draws queries from the engagements [from, count), in journal order. Engagements of one person at one time are one
 * group: what comes first among them is the order of the log, not of the person.
 */
export function drawQueries(engagements: Engagements, from: number, limits: QueryLimits, seed: number): RankerQuery[] {
  const starts = groupStarts(engagements, from)
  const random = createRandom(seed)
  shuffle(starts, random)
  const perUser = new Map<number, number>()
  const drawn: number[] = []
  for (const { row } of starts) {
    if (drawn.length >= limits.queriesMax) break
    const user = engagements.users[row]
    const already = perUser.get(user) ?? 0
    if (already >= limits.queriesPerUserMax) continue
    perUser.set(user, already + 1)
    drawn.push(row)
  }
  const rowsOfUser = rowsByUser(engagements)
  return drawn
    .sort((a, b) => a - b)
    .map(row => ({
      userId: engagements.userIds[engagements.users[row]],
      seq: engagements.seqs[row],
      time: engagements.times[row],
      wanted: wantedFrom(engagements, rowsOfUser[engagements.users[row]], row, limits),
    }))
}

function groupStarts({ users, times, count, userIds }: Engagements, from: number): { row: number }[] {
  const lastTime = new Float64Array(userIds.length).fill(Number.NEGATIVE_INFINITY)
  const starts: { row: number }[] = []
  for (let row = 0; row < count; row++) {
    const isStart = times[row] !== lastTime[users[row]]
    lastTime[users[row]] = times[row]
    if (isStart && row >= from) starts.push({ row })
  }
  return starts
}

function rowsByUser({ users, count, userIds }: Engagements): number[][] {
  const rows: number[][] = userIds.map(() => [])
  for (let row = 0; row < count; row++) rows[users[row]].push(row)
  return rows
}

function wantedFrom(
  { items, itemIds, times, roles }: Engagements,
  rows: readonly number[],
  first: number,
  { horizonEvents, sessionGapMs }: QueryLimits,
): Map<string, number> {
  const wanted = new Map<string, number>()
  const start = lowerBound(rows, first)
  for (let i = start; i < rows.length && i < start + horizonEvents; i++) {
    if (i > start && times[rows[i]] - times[rows[i - 1]] > sessionGapMs) break
    const id = itemIds[items[rows[i]]]
    wanted.set(id, (wanted.get(id) ?? 0) | roles[rows[i]])
  }
  return wanted
}
