import type { ItemReader } from '../domain/item-table/item-reader.ts'
import { engagementRoles, Role, type RoleSet } from '../domain/roles.ts'
import { addAffinity, decayAffinities } from './affinity.ts'
import { boundedValue, type FoldedEvent } from './folded-event.ts'
import { decay, faded } from './numeric.ts'
import { publishedYear } from './published-year.ts'
import type { FeatureSettings } from './settings.ts'
import {
  Engagement,
  engagementWidth,
  impressedCountMax,
  impressedItemUnit,
  Scalar,
  UserList,
  type UserState,
} from './user-state.ts'

export type AppliedOutcome = 'applied' | 'duplicate' | 'unknown-item'

/** What is known of a user beside events, as codes; 0 is unknown, of the age NaN. */
export interface ProfileCodes {
  readonly region: number
  readonly language: number
  readonly ageBand: number
  /** Lower bound of the age band, in years. */
  readonly age: number
  readonly device: number
  readonly segment: number
}

/**
 * Folds one event into the state of its user, in place. An event whose id is in the window, or whose item did not exist
 * or was deleted at the event's own journal number, changes nothing.
 */
export function applyEvent(
  state: UserState,
  event: FoldedEvent,
  items: ItemReader,
  settings: FeatureSettings,
): AppliedOutcome {
  if (isDuplicate(state, event.eventIdHash)) return 'duplicate'
  const row = event.item >= 0 && event.item < items.itemCount ? items.rowAt(event.item, event.seq) : -1
  if (row < 0 || items.isDeleted(row)) return 'unknown-item'

  rememberEventId(state, event.eventIdHash, settings.eventIdWindow)
  state.set(Scalar.userSeq, event.seq)
  if (event.region > 0) state.set(Scalar.lastRegion, event.region)
  if (event.language > 0) state.set(Scalar.lastLanguage, event.language)
  if (event.device > 0) state.set(Scalar.lastDevice, event.device)
  advanceTime(state, event.time, settings.sessionGapMs)
  state.gained = event.roles & Role.impression
  if ((event.roles & Role.impression) !== 0) {
    state.add(Scalar.impressions, 1)
    if (event.time >= state.get(Scalar.sessionStart)) state.add(Scalar.sessionImpressions, 1)
  }
  if ((event.roles & engagementRoles) !== 0) foldEngagement(state, event, row, items, settings)
  else if ((event.roles & Role.impression) !== 0) countImpression(state, event.item, settings.impressionCapacity)
  return 'applied'
}

export function applyProfile(state: UserState, profile: ProfileCodes, seq: number): void {
  state.set(Scalar.userSeq, seq)
  state.set(Scalar.region, profile.region)
  state.set(Scalar.language, profile.language)
  state.set(Scalar.ageBand, profile.ageBand)
  state.set(Scalar.age, profile.age)
  state.set(Scalar.device, profile.device)
  state.set(Scalar.segment, profile.segment)
}

function isDuplicate(state: UserState, eventIdHash: number): boolean {
  const { data } = state.records
  const start = state.records.offset(UserList.eventIds)
  for (let at = start + state.records.length(UserList.eventIds) - 1; at >= start; at--) {
    if (data[at] === eventIdHash) return true
  }
  return false
}

function rememberEventId({ records }: UserState, eventIdHash: number, window: number): void {
  records.keepNewest(UserList.eventIds, window - 1)
  const at = records.append(UserList.eventIds)
  records.data[at] = eventIdHash
}

/** A late event neither starts a session nor moves the last time. Comparisons are written so that NaN is replaced. */
function advanceTime(state: UserState, time: number, sessionGapMs: number): void {
  const last = state.get(Scalar.lastAt)
  if (!(time - last <= sessionGapMs)) {
    state.set(Scalar.sessionStart, time)
    state.add(Scalar.sessions, 1)
    state.set(Scalar.sessionEngagements, 0)
    state.set(Scalar.sessionImpressions, 0)
  }
  if (!(time <= last)) state.set(Scalar.lastAt, time)
  if (!(time >= state.get(Scalar.firstAt))) state.set(Scalar.firstAt, time)
}

function countImpression(state: UserState, item: number, capacity: number): void {
  const { records } = state
  const count = takeImpressions(state, item)
  records.keepNewest(UserList.impressions, capacity - 1)
  const at = records.append(UserList.impressions)
  records.data[at] = item * impressedItemUnit + Math.min(count + 1, impressedCountMax)
}

/** Forgets the impressions of an item and says how many there were. */
function takeImpressions({ records }: UserState, item: number): number {
  const { data } = records
  const first = records.offset(UserList.impressions)
  const none = item * impressedItemUnit
  for (let at = first + records.length(UserList.impressions) - 1; at >= first; at--) {
    const count = data[at] - none
    if (count > 0 && count <= impressedCountMax) {
      records.remove(UserList.impressions, at - first)
      return count
    }
  }
  return 0
}

function foldEngagement(
  state: UserState,
  event: FoldedEvent,
  row: number,
  items: ItemReader,
  settings: FeatureSettings,
): void {
  const before = state.get(Scalar.engagements)
  const gained = recordEngagement(state, event, settings)
  const isNew = state.get(Scalar.engagements) > before
  state.gained |= gained
  if ((gained & Role.click) !== 0) state.add(Scalar.clicks, 1)
  if ((gained & Role.finish) !== 0) state.add(Scalar.finishes, 1)
  if ((gained & Role.positive) !== 0) state.add(Scalar.positives, 1)
  if ((gained & Role.negative) !== 0) state.add(Scalar.negatives, 1)
  if (isNew && event.time >= state.get(Scalar.sessionStart)) state.add(Scalar.sessionEngagements, 1)
  if (!(event.time <= state.get(Scalar.lastEngagedAt))) state.set(Scalar.lastEngagedAt, event.time)
  if (gained !== 0) foldTaste(state, event.time, gained, isNew, row, items, settings)
  state.seen.add(event.item, settings.seenLimit)
  takeImpressions(state, event.item)
}

/**
 * Merges the event into the engagement it belongs to, which becomes the newest, or makes a new one.
 * @returns the engagement roles that this engagement did not have before
 */
function recordEngagement(state: UserState, event: FoldedEvent, settings: FeatureSettings): RoleSet {
  const { records } = state
  const index = findEngagement(state, event, settings)
  let roles = 0
  let time = event.time
  let value = Number.NaN
  if (index >= 0) {
    const at = records.offset(UserList.history) + index * engagementWidth
    roles = records.data[at + Engagement.roles]
    time = Math.max(time, records.data[at + Engagement.time])
    value = records.data[at + Engagement.value]
    records.remove(UserList.history, index)
  } else {
    state.add(Scalar.engagements, 1)
  }
  records.keepNewest(UserList.history, settings.historyLength - 1)
  const at = records.append(UserList.history)
  const gained = event.roles & engagementRoles & ~roles
  records.data[at + Engagement.item] = event.item
  records.data[at + Engagement.roles] = roles | gained
  records.data[at + Engagement.time] = time
  records.data[at + Engagement.value] = replaceValue(state, value, boundedValue(event.value))
  return gained
}

/**
 * The newest engagement with the item, when the event belongs to it: both in the current session, or close in time.
 * A film is finished hours after its click with nothing in between, so sessions alone would split it.
 */
function findEngagement(state: UserState, event: FoldedEvent, settings: FeatureSettings): number {
  // While the seen set reaches further back than the history, an unseen item needs no search.
  if (settings.seenLimit >= settings.historyLength && !state.seen.has(event.item)) return -1
  const { data } = state.records
  const offset = state.records.offset(UserList.history)
  let index = state.records.length(UserList.history) - 1
  while (index >= 0 && data[offset + index * engagementWidth + Engagement.item] !== event.item) index--
  if (index < 0) return -1
  const time = data[offset + index * engagementWidth + Engagement.time]
  const sessionStart = state.get(Scalar.sessionStart)
  const sameSession = time >= sessionStart && event.time >= sessionStart
  return sameSession || Math.abs(event.time - time) <= settings.engagementWindowMs ? index : -1
}

/** An engagement has one value, its newest: a rating that is changed counts once. */
function replaceValue(state: UserState, previous: number, value: number): number {
  if (Number.isNaN(value)) return previous
  if (Number.isNaN(previous)) state.add(Scalar.valueCount, 1)
  else state.add(Scalar.valueSum, -previous)
  state.add(Scalar.valueSum, value)
  return value
}

function foldTaste(
  state: UserState,
  time: number,
  gained: RoleSet,
  isNew: boolean,
  row: number,
  items: ItemReader,
  settings: FeatureSettings,
): void {
  const { records } = state
  const halfLifeMs = settings.affinityHalfLifeMs
  decayTo(state, time, halfLifeMs)
  const weight = decay(state.get(Scalar.affinityAt) - time, halfLifeMs)
  const categories = items.categoryCount(row)
  for (let i = 0; i < categories; i++) {
    addAffinity(records, UserList.categories, items.categoryAt(row, i), gained, weight, settings.categoryCapacity)
  }
  const creators = items.creatorCount(row)
  for (let i = 0; i < creators; i++) {
    addAffinity(records, UserList.creators, items.creatorAt(row, i), gained, weight, settings.creatorCapacity)
  }
  if (isNew) foldYear(state, publishedYear(items.publishedAt(row)), weight)
}

/** Brings all decayed weights to `time`, unless it is earlier than they are: then the event is weighted down instead. */
function decayTo(state: UserState, time: number, halfLifeMs: number): void {
  const at = state.get(Scalar.affinityAt)
  if (time <= at) return
  state.set(Scalar.affinityAt, time)
  const factor = decay(time - at, halfLifeMs)
  if (factor === 1) return
  decayAffinities(state.records, UserList.categories, factor)
  decayAffinities(state.records, UserList.creators, factor)
  state.set(Scalar.yearWeight, faded(state.get(Scalar.yearWeight), factor))
  state.set(Scalar.yearSquares, faded(state.get(Scalar.yearSquares), factor))
}

/** Weighted incremental mean and variance (West, Communications of the ACM 22(9), 1979). */
function foldYear(state: UserState, year: number, weight: number): void {
  const total = state.get(Scalar.yearWeight) + weight
  if (Number.isNaN(year) || !(total > 0)) return
  const deviation = year - state.get(Scalar.yearMean)
  const mean = state.get(Scalar.yearMean) + (deviation * weight) / total
  state.add(Scalar.yearSquares, weight * deviation * (year - mean))
  state.set(Scalar.yearMean, mean)
  state.set(Scalar.yearWeight, total)
}
