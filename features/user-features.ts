import { dayMs, minuteMs } from '../config/units.ts'
import { Role } from '../domain/roles.ts'
import { Affinity, affinityWidth } from './affinity.ts'
import { recentEngagements } from './engagement-weight.ts'
import { defineFeatures } from './feature-group.ts'
import { clamp, logCount, smoothedRate, squash } from './numeric.ts'
import type { FeatureSettings } from './settings.ts'
import { Engagement, engagementWidth, Scalar, UserList, type UserState } from './user-state.ts'

export const userLongTermFeatures = defineFeatures('user long-term', {
  userClicksLog: [1, 'ln(1 + clicks)'],
  userFinishesLog: [1, 'ln(1 + finishes)'],
  userPositivesLog: [1, 'ln(1 + positives)'],
  userNegativesLog: [1, 'ln(1 + negatives)'],
  userImpressionsLog: [1, 'ln(1 + impressions)'],
  userClickRate: [1, 'clicks per impression, smoothed'],
  userFinishRate: [1, 'finishes per click, smoothed'],
  userPositiveRate: [1, 'positives per click, smoothed'],
  userNegativeRate: [1, 'negatives per click, smoothed'],
  userMeanValue: [1, 'mean value of the engagements that have one, as v / (1 + |v|), 0 without'],
  userTenureLogDays: [1, 'ln(1 + days since the first event), 0 without'],
  userSessionsLog: [1, 'ln(1 + sessions)'],
  userCategoryEvenness: [1, 'entropy of the category affinities over its maximum, 0 below two categories'],
  userCategoriesLog: [1, 'ln(1 + categories with an affinity)'],
  userPublishYear: [1, 'decayed mean publication year as (year - 2000) / 25 within [-3, 3], 0 when unknown'],
  userAge: [1, 'lower bound of the age band in centuries, 0 when unknown'],
})

export const userShortTermFeatures = defineFeatures('user short-term', {
  userIdleLogMinutes: [1, 'ln(1 + minutes since the last event), 16 when never'],
  userEngagedLogMinutes: [1, 'ln(1 + minutes since the last engagement), 16 when never'],
  userInSession: [1, '1 while the last event is at most the session gap ago'],
  sessionEngagementsLog: [1, 'ln(1 + engagements in this session)'],
  sessionImpressionsLog: [1, 'ln(1 + impressions in this session)'],
  sessionAgeLogMinutes: [1, 'ln(1 + minutes since the session began), 0 outside a session'],
  recentFinishRate: [1, 'share of the last 10 engagements with a finish, smoothed'],
  recentPositiveRate: [1, 'the same with a positive'],
  recentNegativeRate: [1, 'the same with a negative'],
  recentGapRegularity: [1, '1 / (1 + coefficient of variation of the last 9 gaps), 0 below two gaps'],
})

const clickPrior = 0.1
const finishPrior = 0.5
const positivePrior = 0.3
const negativePrior = 0.1
/** Own trials that weigh as much as the prior. */
const priorStrength = 5
const neverLogMinutes = 16

export function writeUserLongTerm(out: Float32Array, at: number, state: UserState, now: number): number {
  const clicks = state.get(Scalar.clicks)
  const impressions = state.get(Scalar.impressions)
  const valueCount = state.get(Scalar.valueCount)
  const age = state.get(Scalar.age)
  const categories = state.records.length(UserList.categories)
  out[at++] = logCount(clicks)
  out[at++] = logCount(state.get(Scalar.finishes))
  out[at++] = logCount(state.get(Scalar.positives))
  out[at++] = logCount(state.get(Scalar.negatives))
  out[at++] = logCount(impressions)
  out[at++] = smoothedRate(clicks, impressions, clickPrior, priorStrength)
  out[at++] = smoothedRate(state.get(Scalar.finishes), clicks, finishPrior, priorStrength)
  out[at++] = smoothedRate(state.get(Scalar.positives), clicks, positivePrior, priorStrength)
  out[at++] = smoothedRate(state.get(Scalar.negatives), clicks, negativePrior, priorStrength)
  out[at++] = valueCount > 0 ? squash(state.get(Scalar.valueSum) / valueCount) : 0
  out[at++] = logCount((now - state.get(Scalar.firstAt)) / dayMs)
  out[at++] = logCount(state.get(Scalar.sessions))
  out[at++] = categoryEvenness(state)
  out[at++] = logCount(categories)
  out[at++] = state.get(Scalar.yearWeight) > 0 ? clamp((state.get(Scalar.yearMean) - 2000) / 25, -3, 3) : 0
  out[at++] = Number.isNaN(age) ? 0 : clamp(age / 100, 0, 1.5)
  return at
}

export function writeUserShortTerm(
  out: Float32Array,
  at: number,
  state: UserState,
  now: number,
  settings: FeatureSettings,
): number {
  const inSession = now - state.get(Scalar.lastAt) <= settings.sessionGapMs
  out[at++] = logMinutesSince(state.get(Scalar.lastAt), now)
  out[at++] = logMinutesSince(state.get(Scalar.lastEngagedAt), now)
  out[at++] = inSession ? 1 : 0
  out[at++] = inSession ? logCount(state.get(Scalar.sessionEngagements)) : 0
  out[at++] = inSession ? logCount(state.get(Scalar.sessionImpressions)) : 0
  out[at++] = inSession ? logMinutesSince(state.get(Scalar.sessionStart), now) : 0
  out[at++] = recentRate(state, Role.finish, finishPrior)
  out[at++] = recentRate(state, Role.positive, positivePrior)
  out[at++] = recentRate(state, Role.negative, negativePrior)
  out[at++] = gapRegularity(state)
  return at
}

function logMinutesSince(time: number, now: number): number {
  return Number.isNaN(time) ? neverLogMinutes : clamp(logCount((now - time) / minuteMs), 0, neverLogMinutes)
}

/** Shannon entropy of the clicks by category, relative to that of an even spread. */
function categoryEvenness({ records }: UserState): number {
  const length = records.length(UserList.categories)
  const first = records.offset(UserList.categories) + Affinity.clicks
  const end = first + length * affinityWidth
  let total = 0
  for (let at = first; at < end; at += affinityWidth) total += records.data[at]
  if (length < 2 || !(total > 0)) return 0
  let entropy = 0
  for (let at = first; at < end; at += affinityWidth) {
    const share = records.data[at] / total
    if (share > 0) entropy -= share * Math.log(share)
  }
  return clamp(entropy / Math.log(length), 0, 1)
}

function recentRate({ records }: UserState, role: number, prior: number): number {
  const length = records.length(UserList.history)
  const recent = Math.min(length, recentEngagements)
  let having = 0
  for (let i = length - recent; i < length; i++) {
    const roles = records.data[records.offset(UserList.history) + i * engagementWidth + Engagement.roles]
    if ((roles & role) !== 0) having++
  }
  return smoothedRate(having, recent, prior, priorStrength)
}

function gapRegularity({ records }: UserState): number {
  const length = records.length(UserList.history)
  const gaps = Math.min(length, recentEngagements) - 1
  if (gaps < 2) return 0
  let sum = 0
  let squares = 0
  const newest = records.offset(UserList.history) + (length - 1) * engagementWidth + Engagement.time
  for (let i = 0; i < gaps; i++) {
    const at = newest - i * engagementWidth
    // A late event makes a step back in time, which is a gap all the same.
    const gap = Math.abs(records.data[at] - records.data[at - engagementWidth])
    sum += gap
    squares += gap * gap
  }
  const mean = sum / gaps
  if (mean === 0) return 1
  const deviation = Math.sqrt(Math.max(0, squares / gaps - mean * mean))
  return 1 / (1 + deviation / mean)
}
