import {
  describeLengths,
  describePopularity,
  describeRepeats,
  type LengthShape,
  type PopularityShape,
  type RepeatShape,
  sessionLengths,
} from '../algorithms/statistics/describe-distribution.ts'
import { Role, type RoleSet } from '../domain/roles.ts'
import { type SimulatedType, simulatedRoles } from './audience.ts'
import { events } from './events.ts'
import { type InteractionLog, InteractionLogBuilder } from './interaction-log.ts'
import { readKuaiRand } from './kuairand.ts'
import { readMovieLens } from './movielens.ts'
import { MINUTE_MS } from './segments.ts'
import { itemIndex, userIndex, type World } from './world.ts'

const sessionGapMs = 30 * MINUTE_MS

/** The shape of one kind of behaviour: being shown things, or opening them. */
export interface BehaviourShape {
  readonly items: PopularityShape
  /** The same statistics of events per person. */
  readonly people: PopularityShape
  /** Events per session, sessions being apart by half an hour. */
  readonly sessions: LengthShape
  readonly repeats: RepeatShape
}

/** By which a simulated log and real ones are compared. Rates are NaN where a log cannot tell. */
export interface LogProfile {
  readonly name: string
  /** Of impressions; absent where a log has none. */
  readonly shown?: BehaviourShape
  /** Of clicks; of ratings for MovieLens. */
  readonly opened: BehaviourShape
  readonly clickPerImpression: number
  readonly finishPerImpression: number
  readonly finishPerClick: number
  readonly positivePerClick: number
  readonly negativePerClick: number
}

/** Runs the whole history of a world. */
export function describeWorld(world: World, name = 'simulated'): LogProfile {
  const log = new InteractionLogBuilder()
  for (const event of events(world)) {
    log.add(
      userIndex(world, event.user),
      itemIndex(world, event.item),
      event.time,
      simulatedRoles[event.type as SimulatedType],
    )
  }
  return describeLog(name, log.build())
}

/** `path` is a `ratings.dat` or `ratings.csv`, see `readMovieLens`. */
export async function describeMovieLens(path: string, name = 'MovieLens'): Promise<LogProfile> {
  return describeLog(name, await readMovieLens(path))
}

/** `directory` holds the parquet files of KuaiRand-Pure, see `readKuaiRand`. */
export async function describeKuaiRand(directory: string, name = 'KuaiRand'): Promise<LogProfile> {
  return describeLog(name, await readKuaiRand(directory))
}

export function describeLog(name: string, log: InteractionLog): LogProfile {
  const count = (role: RoleSet) => log.roles.reduce((sum, roles) => sum + (roles & role ? 1 : 0), 0)
  const impressions = count(Role.impression)
  const clicks = count(Role.click)
  const perImpression = (role: RoleSet) => (impressions > 0 ? count(role) / impressions : Number.NaN)
  const perClick = (role: RoleSet) => (count(role) > 0 ? count(role) / clicks : Number.NaN)
  return {
    name,
    ...(impressions > 0 && { shown: describeBehaviour(log, Role.impression) }),
    opened: describeBehaviour(log, Role.click),
    clickPerImpression: perImpression(Role.click),
    finishPerImpression: perImpression(Role.finish),
    finishPerClick: perClick(Role.finish),
    positivePerClick: perClick(Role.positive),
    negativePerClick: perClick(Role.negative),
  }
}

function describeBehaviour(log: InteractionLog, role: RoleSet): BehaviourShape {
  const of = (column: Float64Array) => column.filter((_, row) => (log.roles[row] & role) !== 0)
  const users = of(log.users)
  const items = of(log.items)
  return {
    items: describePopularity(countsOf(items)),
    people: describePopularity(countsOf(users)),
    sessions: describeLengths(sessionLengths(users, of(log.times), sessionGapMs)),
    repeats: describeRepeats(users, items),
  }
}

function countsOf(ids: Float64Array): number[] {
  const counts = new Map<number, number>()
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1)
  return [...counts.values()]
}

const percent = (value: number): string => (Number.isNaN(value) ? '-' : `${(100 * value).toFixed(2)} %`)
const number = (digits: number) => (value: number) => (Number.isNaN(value) ? '-' : value.toFixed(digits))

const behaviourRows: readonly (readonly [string, (shape: BehaviourShape) => number, (value: number) => string])[] = [
  ['events', shape => shape.items.events, number(0)],
  ['titles', shape => shape.items.items, number(0)],
  ['people', shape => shape.people.items, number(0)],
  ['Gini of titles', shape => shape.items.gini, number(3)],
  ['share of top 1 % of titles', shape => shape.items.shareTop1Percent, percent],
  ['share of top 10 % of titles', shape => shape.items.shareTop10Percent, percent],
  ['Zipf slope of titles', shape => shape.items.zipfSlope, number(2)],
  ['Gini of people', shape => shape.people.gini, number(3)],
  ['share of top 1 % of people', shape => shape.people.shareTop1Percent, percent],
  ['share of top 10 % of people', shape => shape.people.shareTop10Percent, percent],
  ['session length, mean', shape => shape.sessions.mean, number(1)],
  ['session length, median', shape => shape.sessions.median, number(1)],
  ['session length, p90', shape => shape.sessions.p90, number(1)],
  ['sessions per person', shape => shape.sessions.count / shape.people.items, number(1)],
  ['repeated', shape => shape.repeats.eventShare, percent],
]

const rateRows: readonly (readonly [string, (profile: LogProfile) => number])[] = [
  ['clicks per impression', profile => profile.clickPerImpression],
  ['finishes per impression', profile => profile.finishPerImpression],
  ['finishes per click', profile => profile.finishPerClick],
  ['positives per click', profile => profile.positivePerClick],
  ['negatives per click', profile => profile.negativePerClick],
]

/** A table as text, first row the header: a column per profile, a row per statistic, `-` where a log cannot tell. */
export function calibrationTable(profiles: readonly LogProfile[]): string[][] {
  const rows = [['statistic', ...profiles.map(profile => profile.name)]]
  for (const [block, label] of [
    ['shown', 'shown: '],
    ['opened', 'opened: '],
  ] as const) {
    for (const [name, value, format] of behaviourRows) {
      rows.push([label + name, ...profiles.map(p => (p[block] ? format(value(p[block])) : '-'))])
    }
  }
  for (const [name, value] of rateRows) rows.push([name, ...profiles.map(profile => percent(value(profile)))])
  return rows
}
