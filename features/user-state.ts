import { affinityWidth } from './affinity.ts'
import { PackedRecords, type RecordShape } from './packed-records.ts'
import { SeenSet } from './seen-set.ts'

const scalarNames = [
  'userSeq',
  // Codes of the profile, 0 when unknown; the age is the lower bound of its band, NaN when unknown.
  'region',
  'language',
  'ageBand',
  'age',
  'device',
  'segment',
  // Codes of the newest event context that named one.
  'lastRegion',
  'lastLanguage',
  'lastDevice',
  'clicks',
  'finishes',
  'positives',
  'negatives',
  'impressions',
  'valueSum',
  'valueCount',
  // History entries ever made.
  'engagements',
  // Epoch ms, NaN when it never happened.
  'firstAt',
  'lastAt',
  'lastEngagedAt',
  'sessionStart',
  'sessions',
  'sessionEngagements',
  'sessionImpressions',
  // The time that all decayed weights are as of.
  'affinityAt',
  // Decayed moments of the publication years: sum of weights, mean, sum of squared deviations.
  'yearWeight',
  'yearMean',
  'yearSquares',
] as const

type ScalarName = (typeof scalarNames)[number]

/** Positions of the scalars in the records of a user. */
export const Scalar = Object.fromEntries(scalarNames.map((name, i) => [name, i])) as Readonly<
  Record<ScalarName, number>
>

/** The lists in the records of a user, each oldest first. */
export const UserList = { history: 0, eventIds: 1, impressions: 2, categories: 3, creators: 4, seen: 5 } as const

/** Layout of a history record. */
export const Engagement = { item: 0, roles: 1, time: 2, value: 3 } as const
export const engagementWidth = 4

/**
 * A record of `impressions` packs an item and how often it was seen without a click, item · 2¹⁶ + count, in the order
 * of the last impression.
 */
export const impressedItemUnit = 0x1_0000
export const impressedCountMax = impressedItemUnit - 1

export const userShape: RecordShape = {
  scalars: scalarNames.length,
  widths: [engagementWidth, 1, 1, affinityWidth, affinityWidth, 1],
}

/**
 * Everything the engine knows of one user, as a fold over the journal: `user-fold.ts` writes it, `user-view.ts` reads
 * it, `user-state-codec.ts` stores it. Items are ordinals, so a state belongs to one data directory.
 *
 * Invariants
 * 1. It is a function of the applied events and profiles in journal order and of the settings, of nothing else: the
 *    same records give the same bits, also when the state was stored and loaded somewhere in between.
 * 2. Every list is bounded by a setting; what falls out is the oldest, of affinities the smallest.
 * 3. No number is infinite; NaN stands only for a time, age or value that is unknown.
 * 4. Every decayed weight is as of `affinityAt`, and one event adds at most 1 to it.
 */
export class UserState {
  readonly records: PackedRecords
  readonly seen: SeenSet
  /**
   * Roles that the last applied event added to its engagement: a finish after its click gains no second click. Only
   * meaningful right after `applyEvent`, and not stored.
   */
  gained = 0

  /** A user without events, or one that was stored. */
  constructor(records: PackedRecords = newRecords()) {
    this.records = records
    this.seen = new SeenSet(records, UserList.seen)
  }

  get userSeq(): number {
    return this.records.data[Scalar.userSeq]
  }

  get(scalar: number): number {
    return this.records.data[scalar]
  }

  set(scalar: number, value: number): void {
    this.records.data[scalar] = value
  }

  add(scalar: number, amount: number): void {
    this.records.data[scalar] += amount
  }
}

function newRecords(): PackedRecords {
  const records = new PackedRecords(userShape)
  const unknown = [
    Scalar.age,
    Scalar.firstAt,
    Scalar.lastAt,
    Scalar.lastEngagedAt,
    Scalar.sessionStart,
    Scalar.affinityAt,
  ]
  for (const scalar of unknown) records.data[scalar] = Number.NaN
  return records
}
