/**
 * Questions about a part of the history that was not learned from. A query stands before the first interaction of one person
 * after a pause, or the first of the part; what the person did before it, also within the part, is known. Relevant is what
 * the person liked until the next pause and had not met before. Without anything relevant there is no query.
 */
import { splitSeed } from '../../algorithms/statistics/random.ts'
import type { InteractionData, WeightedHistories } from './interaction-data.ts'

export interface OfflineQuery {
  readonly user: number
  /** Epoch ms of the interaction that the query stands before, and its row: what lies before is known. */
  readonly time: number
  readonly row: number
  /** Different items that the person had met before. */
  readonly known: number
  readonly relevant: readonly number[]
}

export interface OfflineQueryOptions {
  readonly seed: number
  readonly sessionGapMs: number
  /** Of one person's queries at most so many, chosen by a seeded hash. */
  readonly queriesPerUserMax: number
}

/** Queries about the rows begin ≤ row < end, in order of time. */
export function planOfflineQueries(
  data: InteractionData,
  begin: number,
  end: number,
  options: OfflineQueryOptions,
): OfflineQuery[] {
  const met = data.users.map(() => new Set<number>())
  for (let row = 0; row < begin; row++) met[data.user[row]].add(data.item[row])
  const open = new Map<number, { time: number; row: number; known: number; lastAt: number; relevant: number[] }>()
  const queries: OfflineQuery[] = []
  const close = (user: number) => {
    const query = open.get(user)
    if (query && query.relevant.length > 0) queries.push({ user, ...query })
    open.delete(user)
  }
  for (let row = begin; row < end; row++) {
    const user = data.user[row]
    const time = data.time[row]
    if (time - (open.get(user)?.lastAt ?? time) > options.sessionGapMs) close(user)
    const query = open.get(user) ?? { time, row, known: met[user].size, lastAt: time, relevant: [] }
    open.set(user, query)
    query.lastAt = time
    if (data.liked[row] === 1 && !met[user].has(data.item[row])) query.relevant.push(data.item[row])
    met[user].add(data.item[row])
  }
  for (const user of open.keys().toArray()) close(user)
  return choose(queries, options)
}

function choose(queries: readonly OfflineQuery[], { seed, queriesPerUserMax }: OfflineQueryOptions): OfflineQuery[] {
  const rank = ({ user, row }: OfflineQuery) => splitSeed(splitSeed(seed, user), row)
  return Map.groupBy(queries, query => query.user)
    .values()
    .flatMap(own => own.toSorted((a, b) => rank(a) - rank(b)).slice(0, queriesPerUserMax))
    .toArray()
    .toSorted((a, b) => a.row - b.row)
}

/** What is known at each query, one row per query in their order. */
export function historiesOfQueries(data: InteractionData, queries: readonly OfflineQuery[]): WeightedHistories {
  const rowsOf = data.users.map((): number[] => [])
  const offsets = new Uint32Array(queries.length + 1)
  const rows: number[] = []
  let row = 0
  for (const [place, query] of queries.entries()) {
    for (; row < query.row; row++) rowsOf[data.user[row]].push(row)
    for (const known of rowsOf[query.user]) rows.push(known)
    offsets[place + 1] = rows.length
  }
  return {
    users: queries.length,
    items: data.items.length,
    offsets,
    itemOf: Uint32Array.from(rows, at => data.item[at]),
    timeOf: Float64Array.from(rows, at => data.time[at]),
    weightOf: Float32Array.from(rows, at => data.weight[at]),
  }
}
