/** One run of `evaluate funnel` against another that asked the same history, query by query. */
import { type Comparison, compareByPerson } from './comparison.ts'
import { type QueryKind, queryKinds } from './query-plan.ts'
import { type SavedMetric, type SavedQueries, savedMetrics } from './saved-queries.ts'

/** Lists that every version of the funnel has. */
const comparedArms = ['slate', 'ranked', 'retrieved'] as const

export type Differences = Readonly<Partial<Record<SavedMetric, Comparison>>>

export interface KindComparison {
  /** Queries that both runs asked, with as many relevant items; and those of one run alone. */
  readonly matched: number
  readonly onlyNow: number
  readonly onlyBefore: number
  readonly users: number
  /** By arm, this run less the other; none for a single person. */
  readonly differences: Readonly<Record<string, Differences>>
}

export interface RunComparison {
  /** Model set of the other run. */
  readonly against: string
  readonly kinds: Readonly<Record<QueryKind, KindComparison>>
}

export function compareRuns(now: SavedQueries, before: SavedQueries, seed: number): RunComparison {
  const kinds = queryKinds.map(kind => [kind, compareKind(kind, now, before, seed)] as const)
  return { against: before.model, kinds: Object.fromEntries(kinds) as Record<QueryKind, KindComparison> }
}

function compareKind(kind: QueryKind, now: SavedQueries, before: SavedQueries, seed: number): KindComparison {
  const placesNow = placesOf(now, kind)
  const placesBefore = placesOf(before, kind)
  const pairs = [...placesNow].flatMap(([key, place]) => {
    const other = placesBefore.get(key)
    return other === undefined ? [] : [{ place, other }]
  })
  const users = numbered(pairs.map(({ place }) => now.queries.user[place]))
  const people = new Set(users).size
  const difference = (arm: string, metric: SavedMetric): Comparison | undefined => {
    const [own, others] = [now.arms[arm]?.[metric], before.arms[arm]?.[metric]]
    if (own === undefined || others === undefined || people < 2) return undefined
    return compareByPerson(
      pairs.map(({ other }) => others[other]),
      pairs.map(({ place }) => own[place]),
      users,
      seed,
    )
  }
  const differences = comparedArms.map(arm => {
    const perMetric = savedMetrics.map(metric => [metric, difference(arm, metric)] as const)
    return [arm, Object.fromEntries(perMetric.filter(([, found]) => found !== undefined)) as Differences] as const
  })
  return {
    matched: pairs.length,
    onlyNow: placesNow.size - pairs.length,
    onlyBefore: placesBefore.size - pairs.length,
    users: people,
    differences: Object.fromEntries(differences.filter(([, found]) => Object.keys(found).length > 0)),
  }
}

/**
 * Places of the queries of one kind by what names them. The number of relevant items belongs to it: where versions differ
 * in what they take as relevant, they were not asked the same.
 */
function placesOf({ queries }: SavedQueries, kind: QueryKind): Map<string, number> {
  const places = new Map<string, number>()
  for (let place = 0; place < queries.kind.length; place++) {
    if (queries.kind[place] !== kind) continue
    places.set(JSON.stringify([queries.user[place], queries.time[place], queries.relevant[place]]), place)
  }
  return places
}

function numbered(names: readonly string[]): number[] {
  const numbers = new Map<string, number>()
  return names.map(name => {
    if (!numbers.has(name)) numbers.set(name, numbers.size)
    return numbers.get(name)!
  })
}
