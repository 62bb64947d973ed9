import { createRandom, shuffle } from '../algorithms/statistics/random.ts'
import { lowerBound } from '../domain/lower-bound.ts'
import type { Engagements } from './engagements.ts'
import type { History } from './history.ts'

/** A moment at which the ranker is asked: just before a person is shown what they will engage with. */
export interface RankerQuery {
  readonly userId: string
  /** Journal number of the event that is asked before; its time and context are the request's. */
  readonly seq: number
  /** What the person engaged with of this feed, and of later ones within the horizon, by item id, with all its roles. */
  readonly wanted: ReadonlyMap<string, number>
  /** Engaged with from here on, but shown before: whether this feed was right to show it, nobody knows. */
  readonly undecided: ReadonlySet<string>
  /** What the request that began here showed, as far as events tell, first place first. */
  readonly shown: ReadonlySet<string>
}

export interface QueryLimits {
  readonly queriesMax: number
  readonly queriesPerUserMax: number
  readonly horizonEvents: number
  readonly sessionGapMs: number
  /** Share of the queries that stand at the beginning of a session, where there are so many; 0 if not given. */
  readonly sessionStartShare?: number
}

const nothing: ReadonlySet<string> = new Set()

/**
 * Draws queries from the engagements [from, count), in journal order.
 *
 * 1. One query per showing (see `Showings`); none for a showing that began before the first of these engagements.
 * 2. Engagements of one person at one time that nothing is known to have shown are one group: what comes first among
 *    them is the order of the log, not of the person.
 */
export function drawQueries(
  { engagements, showings }: History,
  from: number,
  limits: QueryLimits,
  seed: number,
): RankerQuery[] {
  const askSeqs = groupedAskSeqs(engagements)
  const starts = queryStarts(engagements, askSeqs, from)
  shuffle(starts, createRandom(seed))
  const isSessionStart = sessionStarting(engagements, limits.sessionGapMs)
  const drawn = new Set<number>()
  const perUser = new Map<number, number>()
  const draw = (rows: readonly number[], upTo: number) => {
    for (const row of rows) {
      if (drawn.size >= upTo) return
      const user = engagements.users[row]
      const already = perUser.get(user) ?? 0
      if (already >= limits.queriesPerUserMax || drawn.has(row)) continue
      perUser.set(user, already + 1)
      drawn.add(row)
    }
  }
  draw(starts.filter(isSessionStart), Math.floor(limits.queriesMax * (limits.sessionStartShare ?? 0)))
  draw(starts, limits.queriesMax)
  const rowsOfUser = rowsByUser(engagements)
  const shown = showings.shownBySeq(new Set(Array.from(drawn, row => askSeqs[row])))
  return [...drawn]
    .sort((a, b) => askSeqs[a] - askSeqs[b])
    .map(row => ({
      userId: engagements.userIds[engagements.users[row]],
      seq: askSeqs[row],
      ...outcomeOf(engagements, rowsOfUser[engagements.users[row]], askSeqs[row], limits),
      shown: shown.get(askSeqs[row]) ?? nothing,
    }))
}

/** Whether an engagement is a person's first after a pause, or their first of all; by row. */
function sessionStarting(
  { users, times, count, userIds }: Engagements,
  sessionGapMs: number,
): (row: number) => boolean {
  const lastTime = new Float64Array(userIds.length).fill(Number.NEGATIVE_INFINITY)
  const starting = new Uint8Array(count)
  for (let row = 0; row < count; row++) {
    if (times[row] - lastTime[users[row]] > sessionGapMs) starting[row] = 1
    lastTime[users[row]] = Math.max(lastTime[users[row]], times[row])
  }
  return row => starting[row] === 1
}

/** Where each engagement is asked before; what nothing has shown is asked with the others of its time. */
function groupedAskSeqs({ users, times, seqs, askSeqs, count, userIds }: Engagements): Float64Array {
  const lastRow = new Int32Array(userIds.length).fill(-1)
  const grouped = askSeqs.slice(0, count)
  for (let row = 0; row < count; row++) {
    const before = lastRow[users[row]]
    if (before >= 0 && grouped[row] === seqs[row] && times[row] === times[before]) grouped[row] = grouped[before]
    lastRow[users[row]] = row
  }
  return grouped
}

/** The first engagement of each showing that began behind the engagements before `from`. */
function queryStarts({ seqs, count }: Engagements, askSeqs: Float64Array, from: number): number[] {
  const cut = from === 0 ? Number.NEGATIVE_INFINITY : seqs[from - 1]
  const begun = new Set<number>()
  const starts: number[] = []
  for (let row = from; row < count; row++) {
    if (askSeqs[row] <= cut || begun.has(askSeqs[row])) continue
    begun.add(askSeqs[row])
    starts.push(row)
  }
  return starts
}

function rowsByUser({ users, count, userIds }: Engagements): number[][] {
  const rows: number[][] = userIds.map(() => [])
  for (let row = 0; row < count; row++) rows[users[row]].push(row)
  return rows
}

/** What came of a showing: all that was engaged with of it, however late, and of later ones within the horizon. */
function outcomeOf(
  { items, itemIds, times, roles, seqs, askSeqs, count }: Engagements,
  rows: readonly number[],
  seq: number,
  { horizonEvents, sessionGapMs }: QueryLimits,
): Pick<RankerQuery, 'wanted' | 'undecided'> {
  const wanted = new Map<string, number>()
  const undecided = new Set<string>()
  const start = lowerBound(rows, lowerBound(seqs, seq, count))
  let inHorizon = true
  for (let i = start; i < rows.length; i++) {
    const row = rows[i]
    const pause = i > start ? times[row] - times[rows[i - 1]] : 0
    if (i >= start + horizonEvents || pause > sessionGapMs) inHorizon = false
    const id = itemIds[items[row]]
    if (askSeqs[row] < seq) undecided.add(id)
    else if (inHorizon || askSeqs[row] === seq) wanted.set(id, (wanted.get(id) ?? 0) | roles[row])
  }
  for (const id of undecided) wanted.delete(id)
  return { wanted, undecided }
}
