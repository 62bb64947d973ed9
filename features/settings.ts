import Type from 'typebox'
import { defineSettings, type SettingsOf } from '../config/fragment.ts'
import { dayMs, hourMs, minuteMs, secondMs } from '../config/units.ts'

const centuryMs = 36_525 * dayMs

function count(description: string, unit: string, value: number, minimum: number, maximum: number) {
  return Type.Integer({ description, unit, default: value, minimum, maximum })
}

function duration(description: string, value: number, minimum: number) {
  return Type.Number({ description, unit: 'ms', default: value, minimum, maximum: centuryMs })
}

/**
 * What user state remembers and how fast it forgets. Of these, the ones that change a feature's value are part of the
 * feature schema's hash (`schema.ts`).
 */
export const featureSettings = defineSettings('features', 'User state, item counters, and the features made of them', {
  historyLength: count('Engagements kept per user, newest first', 'engagements', 256, 10, 4_096),
  viewHistoryLength: count('Engagements of a user that one request carries', 'engagements', 200, 10, 4_096),
  seenLimit: count('Seen items remembered exactly per user; older ones are forgotten', 'items', 10_000, 1, 1_000_000),
  impressionsUntilSeen: count('Impressions without a click until an item is seen (0: never)', 'count', 5, 0, 255),
  impressionCapacity: count('Items whose impressions without a click are counted per user', 'items', 512, 1, 65_536),
  eventIdWindow: count('Recent event ids per user that an event is a duplicate of', 'events', 256, 1, 65_536),
  categoryCapacity: count('Categories per user whose affinity is kept', 'categories', 64, 1, 1_024),
  creatorCapacity: count('Creators per user whose affinity is kept', 'creators', 32, 1, 1_024),
  sessionGapMs: duration('A pause longer than this starts a new session', 30 * minuteMs, secondMs),
  engagementWindowMs: duration(
    'Events of one user on one item this close together are one engagement, even across sessions',
    4 * hourMs,
    0,
  ),
  affinityHalfLifeMs: duration('After this time an engagement counts half in affinities', 30 * dayMs, minuteMs),
  recentHalfLifeMs: duration('The same for the category mix of the last few engagements', 6 * hourMs, minuteMs),
  counterShortHalfLifeMs: duration('Half-life of the fast item counters', dayMs, minuteMs),
  counterLongHalfLifeMs: duration('Half-life of the slow item counters', 30 * dayMs, minuteMs),
  launchWindowMs: duration('How long after publication an item counts as launching', 14 * dayMs, minuteMs),
  coldUntilEngagements: count('Up to this many engagements a user is fully cold', 'engagements', 5, 0, 10_000),
  warmFromEngagements: count('From this many engagements a user is not cold at all', 'engagements', 10, 0, 10_000),
})

export type FeatureSettings = SettingsOf<typeof featureSettings>
