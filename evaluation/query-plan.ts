/**
 * Which questions a walk forward asks, and when.
 *
 * 1. Events are ordered by (time, journal number). The first `trainShare` of them are for fitting, the rest is the
 *    window that is walked.
 * 2. A `group` query stands just before the first event of one person in one second; relevant is what the person liked
 *    in that second. A `session` query stands before the first event after a pause (or the first of the window);
 *    relevant is what the person liked until the next pause.
 * 3. Relevant items are those with a positive role that the person had not engaged with before the query: what was seen
 *    is never recommended, so no order of candidates could find it. Without any, there is no query.
 * 4. Of one person's queries of one kind at most `queriesPerUserMax` are asked, chosen by a seeded hash.
 */
import { splitSeed } from '../algorithms/statistics/random.ts'
import { engagementRoles, Role } from '../domain/roles.ts'
import type { EventColumns } from './event-columns.ts'

export const queryKinds = ['group', 'session'] as const
export type QueryKind = (typeof queryKinds)[number]

export interface PlannedQuery {
  readonly kind: QueryKind
  /** Place of the user and of the relevant items in the columns' lists of ids. */
  readonly user: number
  readonly relevant: readonly number[]
  /** Epoch ms: the request's time. */
  readonly time: number
}

/** A position in the order of events: before it lies everything that is smaller by time, then by number. */
export interface Cut {
  readonly time: number
  readonly seq: number
}

export interface QueryPlan {
  readonly cut: Cut
  readonly trainEvents: number
  /** Rows of the columns in the window, in order. */
  readonly window: Uint32Array
  /** Queries by the journal number of the event that they come just before. */
  readonly queries: ReadonlyMap<number, readonly PlannedQuery[]>
  readonly queryCounts: Readonly<Record<QueryKind, number>>
  readonly usersAsked: number
}

export interface QueryPlanOptions {
  readonly seed: number
  /** Share of the events that models may be fitted on. */
  readonly trainShare: number
  readonly queriesPerUserMax: number
  /** People that are asked about at most, chosen by a seeded hash. */
  readonly usersMax: number
  readonly sessionGapMs: number
}

export function isBefore(time: number, seq: number, cut: Cut): boolean {
  return time < cut.time || (time === cut.time && seq < cut.seq)
}

/** @throws RangeError when the window or the part before it is empty */
export function planQueries(columns: EventColumns, options: QueryPlanOptions): QueryPlan {
  const order = inOrder(columns)
  const trainEvents = Math.floor(columns.count * options.trainShare)
  if (trainEvents === 0 || trainEvents === columns.count) {
    throw new RangeError(`${columns.count} events cannot be split at ${options.trainShare}: more history is needed`)
  }
  const window = order.subarray(trainEvents)
  const cut = { time: columns.time[window[0]], seq: columns.seq[window[0]] }
  const people = chosenPeople(columns, window, options)
  const open = new OpenQueries(columns, options.sessionGapMs)
  open.rememberEngaged(order.subarray(0, trainEvents), people)
  for (const row of window) if (people.has(columns.user[row])) open.visit(row)
  const chosen = chooseQueries(open.all, options)
  return {
    cut,
    trainEvents,
    window,
    queries: Map.groupBy(chosen, query => query.beforeSeq),
    queryCounts: {
      group: chosen.filter(({ kind }) => kind === 'group').length,
      session: chosen.filter(({ kind }) => kind === 'session').length,
    },
    usersAsked: new Set(chosen.map(({ user }) => user)).size,
  }
}

function inOrder({ count, time, seq }: EventColumns): Uint32Array {
  return Uint32Array.from({ length: count }, (_, row) => row).sort((a, b) => time[a] - time[b] || seq[a] - seq[b])
}

function chosenPeople(columns: EventColumns, window: Uint32Array, { usersMax, seed }: QueryPlanOptions): Set<number> {
  const active = [...new Set(Array.from(window, row => columns.user[row]))]
  if (active.length <= usersMax) return new Set(active)
  const place = new Map(active.map(user => [user, splitSeed(seed, `user ${columns.userIds[user]}`)]))
  return new Set(active.sort((a, b) => place.get(a)! - place.get(b)!).slice(0, usersMax))
}

interface OpenQuery extends PlannedQuery {
  readonly beforeSeq: number
  readonly relevant: number[]
}

/** The queries that were open when a person first engaged with an item; null before the window. */
type FirstEngagement = { readonly group: OpenQuery; readonly session: OpenQuery } | null

/** Queries as they come up while the window is walked; each collects what turns out to be relevant. */
class OpenQueries {
  readonly all: OpenQuery[] = []
  private readonly columns: EventColumns
  private readonly sessionGapMs: number
  /** The open query of each kind, by user. */
  private readonly groups = new Map<number, OpenQuery>()
  private readonly sessions = new Map<number, OpenQuery>()
  private readonly lastTime = new Map<number, number>()
  private readonly engaged = new Map<number, Map<number, FirstEngagement>>()

  constructor(columns: EventColumns, sessionGapMs: number) {
    this.columns = columns
    this.sessionGapMs = sessionGapMs
  }

  rememberEngaged(rows: Uint32Array, people: ReadonlySet<number>): void {
    const { user, item, roles } = this.columns
    for (const row of rows) {
      if ((roles[row] & engagementRoles) !== 0 && people.has(user[row])) this.engagedBy(user[row]).set(item[row], null)
    }
  }

  visit(row: number): void {
    const user = this.columns.user[row]
    const item = this.columns.item[row]
    const roles = this.columns.roles[row]
    const group = this.groupAt(user, row)
    const session = this.sessionAt(user, row)
    this.lastTime.set(user, this.columns.time[row])
    if ((roles & engagementRoles) === 0) return
    const engaged = this.engagedBy(user)
    if (!engaged.has(item)) engaged.set(item, { group, session })
    if ((roles & Role.positive) === 0) return
    // A click of the same second, or of the same session, does not make the like that follows it old news.
    const first = engaged.get(item)!
    if (first?.group === group) addOnce(group.relevant, item)
    if (first?.session === session) addOnce(session.relevant, item)
  }

  private groupAt(user: number, row: number): OpenQuery {
    const open = this.groups.get(user)
    if (open !== undefined && secondOf(open.time) === secondOf(this.columns.time[row])) return open
    return this.open('group', user, row, this.groups)
  }

  private sessionAt(user: number, row: number): OpenQuery {
    const open = this.sessions.get(user)
    if (open !== undefined && this.columns.time[row] - this.lastTime.get(user)! < this.sessionGapMs) return open
    return this.open('session', user, row, this.sessions)
  }

  private open(kind: QueryKind, user: number, row: number, opened: Map<number, OpenQuery>): OpenQuery {
    const query = { kind, user, relevant: [], time: this.columns.time[row], beforeSeq: this.columns.seq[row] }
    this.all.push(query)
    opened.set(user, query)
    return query
  }

  private engagedBy(user: number): Map<number, FirstEngagement> {
    let items = this.engaged.get(user)
    if (items === undefined) {
      items = new Map()
      this.engaged.set(user, items)
    }
    return items
  }
}

function secondOf(time: number): number {
  return Math.floor(time / 1000)
}

function addOnce(items: number[], item: number): void {
  if (!items.includes(item)) items.push(item)
}

/** Spread over each person's queries, in the order in which they are asked. */
function chooseQueries(queries: readonly OpenQuery[], { seed, queriesPerUserMax }: QueryPlanOptions): OpenQuery[] {
  const answerable = queries.filter(({ relevant }) => relevant.length > 0)
  const draw = new Map(answerable.map(query => [query, splitSeed(seed, `${query.kind} ${query.beforeSeq}`)]))
  const chosen = new Set<OpenQuery>()
  for (const kind of queryKinds) {
    const ofKind = answerable.filter(query => query.kind === kind)
    for (const own of Map.groupBy(ofKind, ({ user }) => user).values()) {
      for (const query of own.sort((a, b) => draw.get(a)! - draw.get(b)!).slice(0, queriesPerUserMax)) chosen.add(query)
    }
  }
  return answerable.filter(query => chosen.has(query))
}
