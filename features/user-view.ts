import { defineFrame, type Frame } from '../domain/frame.ts'
import { Affinity, affinityWidth } from './affinity.ts'
import { contextFeatures, writeContext } from './context-features.ts'
import { engagementWeight } from './engagement-weight.ts'
import { clamp, decay, faded } from './numeric.ts'
import type { FeatureSettings } from './settings.ts'
import { userLongTermFeatures, userShortTermFeatures, writeUserLongTerm, writeUserShortTerm } from './user-features.ts'
import { Engagement, engagementWidth, impressedItemUnit, Scalar, UserList, UserState } from './user-state.ts'

/** The features that depend on the user and the moment alone: the first of every row. */
export const userFeatureCount = userLongTermFeatures.length + userShortTermFeatures.length + contextFeatures.length

/**
 * What leaves a user-shard for one request. Codes are 0 and the age is NaN when unknown; times are epoch ms.
 * Columns of one kind go together: `history…` newest first, `impressed…` by ascending item, `category…` and
 * `creator…` in the order they were met. `seen` ascends; weights are as of `now`.
 */
export const userViewLayout = defineFrame({
  scalars: [
    'now',
    'userSeq',
    // 0 for a user that nothing was ever heard of.
    'known',
    'region',
    'language',
    'ageBand',
    'age',
    'device',
    'deviceClass',
    'segment',
    'engagements',
    // From 1 for a new user down to 0: how far to trust what does not need a history.
    'coldness',
    'lastAt',
    'lastEngagedAt',
    // Decayed moments of the publication years engaged with; the mean is NaN when unknown.
    'yearMean',
    'yearDeviation',
  ],
  columns: {
    historyItem: 'u32',
    historyRoles: 'u8',
    historyTime: 'f64',
    historyValue: 'f32',
    historyWeight: 'f32',
    seen: 'u32',
    impressedItem: 'u32',
    impressedCount: 'u16',
    category: 'u32',
    categoryClicks: 'f32',
    categoryPositives: 'f32',
    categoryNegatives: 'f32',
    creator: 'u32',
    creatorClicks: 'f32',
    creatorPositives: 'f32',
    creatorNegatives: 'f32',
    userFeatures: 'f32',
  },
})

export type UserView = Frame<typeof userViewLayout>

/** What the request itself says, as codes, 0 when it does not. */
export interface RequestCodes {
  readonly region: number
  readonly language: number
  readonly device: number
  /** Class of a device code, see `DeviceClass`. */
  readonly deviceClassOf: (device: number) => number
}

const nobody = new UserState()

/** The view of a user at `now`; of `undefined`, that of a user without events. */
export function buildUserView(
  user: UserState | undefined,
  request: RequestCodes,
  now: number,
  settings: FeatureSettings,
): UserView {
  const state = user ?? nobody
  const device = firstKnown(request.device, state.get(Scalar.device), state.get(Scalar.lastDevice))
  const deviceClass = request.deviceClassOf(device)
  const coldness = coldnessOf(state.get(Scalar.engagements), settings)
  const yearWeight = state.get(Scalar.yearWeight)
  return {
    now,
    userSeq: state.userSeq,
    known: user === undefined ? 0 : 1,
    region: firstKnown(request.region, state.get(Scalar.region), state.get(Scalar.lastRegion)),
    language: firstKnown(request.language, state.get(Scalar.language), state.get(Scalar.lastLanguage)),
    ageBand: state.get(Scalar.ageBand),
    age: state.get(Scalar.age),
    device,
    deviceClass,
    segment: state.get(Scalar.segment),
    engagements: state.get(Scalar.engagements),
    coldness,
    lastAt: state.get(Scalar.lastAt),
    lastEngagedAt: state.get(Scalar.lastEngagedAt),
    yearMean: yearWeight > 0 ? state.get(Scalar.yearMean) : Number.NaN,
    yearDeviation: yearWeight > 0 ? Math.sqrt(state.get(Scalar.yearSquares) / yearWeight) : 0,
    ...historyColumns(state, settings),
    seen: seenItems(state, settings.impressionsUntilSeen),
    ...impressedColumns(state),
    ...affinityColumns(state, now, settings.affinityHalfLifeMs),
    userFeatures: userFeatures(state, now, deviceClass, coldness, settings),
  }
}

function firstKnown(request: number, profile: number, observed: number): number {
  return request > 0 ? request : profile > 0 ? profile : observed
}

function coldnessOf(engagements: number, settings: FeatureSettings): number {
  const { coldUntilEngagements: cold, warmFromEngagements: warm } = settings
  return engagements <= cold ? 1 : clamp((warm - engagements) / Math.max(1, warm - cold), 0, 1)
}

function historyColumns(state: UserState, settings: FeatureSettings) {
  const { data } = state.records
  const length = state.records.length(UserList.history)
  const count = Math.min(length, settings.viewHistoryLength)
  const historyItem = new Uint32Array(count)
  const historyRoles = new Uint8Array(count)
  const historyTime = new Float64Array(count)
  const historyValue = new Float32Array(count)
  const historyWeight = new Float32Array(count)
  const newest = state.get(Scalar.lastEngagedAt)
  for (let i = 0; i < count; i++) {
    const at = state.records.offset(UserList.history) + (length - 1 - i) * engagementWidth
    const time = data[at + Engagement.time]
    historyItem[i] = data[at + Engagement.item]
    historyRoles[i] = data[at + Engagement.roles]
    historyTime[i] = time
    historyValue[i] = data[at + Engagement.value]
    // Relative to the newest engagement, not to now: who comes back after a year has not lost the profile.
    historyWeight[i] = engagementWeight(historyRoles[i]) * decay(newest - time, settings.affinityHalfLifeMs)
  }
  return { historyItem, historyRoles, historyTime, historyValue, historyWeight }
}

/** Engaged items, and those with too many impressions; they are kept apart so that the former stay exact. */
function seenItems({ records, seen }: UserState, impressionsUntilSeen: number): Uint32Array {
  const impressed = impressionsUntilSeen === 0 ? 0 : records.length(UserList.impressions)
  const items = new Uint32Array(seen.size + impressed)
  seen.copyInto(items, 0)
  let count = seen.size
  for (let i = 0; i < impressed; i++) {
    const packed = records.data[records.offset(UserList.impressions) + i]
    const item = Math.floor(packed / impressedItemUnit)
    if (packed % impressedItemUnit >= impressionsUntilSeen && !seen.has(item)) items[count++] = item
  }
  return items.slice(0, count).sort()
}

function impressedColumns({ records }: UserState) {
  const first = records.offset(UserList.impressions)
  const packed = records.data.slice(first, first + records.length(UserList.impressions)).sort()
  const impressedItem = new Uint32Array(packed.length)
  const impressedCount = new Uint16Array(packed.length)
  for (let i = 0; i < packed.length; i++) {
    impressedItem[i] = Math.floor(packed[i] / impressedItemUnit)
    impressedCount[i] = packed[i] % impressedItemUnit
  }
  return { impressedItem, impressedCount }
}

function affinityColumns(state: UserState, now: number, halfLifeMs: number) {
  const factor = decay(now - state.get(Scalar.affinityAt), halfLifeMs)
  const weights = (list: number, field: number) => affinityColumn(Float32Array, state, list, field, factor)
  return {
    category: affinityColumn(Uint32Array, state, UserList.categories, Affinity.code, 1),
    categoryClicks: weights(UserList.categories, Affinity.clicks),
    categoryPositives: weights(UserList.categories, Affinity.positives),
    categoryNegatives: weights(UserList.categories, Affinity.negatives),
    creator: affinityColumn(Uint32Array, state, UserList.creators, Affinity.code, 1),
    creatorClicks: weights(UserList.creators, Affinity.clicks),
    creatorPositives: weights(UserList.creators, Affinity.positives),
    creatorNegatives: weights(UserList.creators, Affinity.negatives),
  }
}

function affinityColumn<T extends Float32Array | Uint32Array>(
  type: new (length: number) => T,
  { records }: UserState,
  list: number,
  field: number,
  factor: number,
): T {
  const column = new type(records.length(list))
  const offset = records.offset(list) + field
  for (let i = 0; i < column.length; i++) column[i] = faded(records.data[offset + i * affinityWidth], factor)
  return column
}

function userFeatures(
  state: UserState,
  now: number,
  deviceClass: number,
  coldness: number,
  settings: FeatureSettings,
): Float32Array {
  const features = new Float32Array(userFeatureCount)
  let at = writeUserLongTerm(features, 0, state, now)
  at = writeUserShortTerm(features, at, state, now, settings)
  writeContext(features, at, now, deviceClass, coldness)
  return features
}
