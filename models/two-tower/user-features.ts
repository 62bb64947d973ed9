/**
 * What the user tower sees of a person: who they are and where they ask from (this file), and what they met
 * (`history-pooling.ts`). Everything that is unknown is zeros.
 */
import { bucketOf } from './item-features.ts'

export interface UserProfile {
  readonly ageBand?: string
  /** Gender, occupation or whatever groups of people a catalogue knows. */
  readonly segments?: readonly string[]
  readonly region?: string
  readonly language?: string
}

export interface UserContext {
  /** Class of the device, 0 when unknown (`features/device-class.ts`). */
  readonly deviceClass?: number
  /** Hour of the day in [0, 24), UTC. */
  readonly hour?: number
  /** Time since the newest interaction of the history, absent without one. */
  readonly pauseMs?: number
}

const buckets = { ageBand: 16, segments: 32, region: 32, language: 16 } as const
const seeds = { ageBand: 0x0a6e, segments: 0x05e6, region: 0x0e61, language: 0x01a6 } as const
const deviceClasses = 5
const hourWidth = 2
/** A pause of more than this begins a new visit. */
const visitPauseMs = 30 * 60_000
const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** Pauses up to each of these, and longer ones, are told apart: within a visit people want more of the same. */
const pauseBounds = [visitPauseMs, dayMs, 30 * dayMs]
/** How many classes of pauses there are. */
export const pauseClasses = pauseBounds.length + 1
const profileWidth = buckets.ageBand + buckets.segments + buckets.region + buckets.language

/** Columns of one row. */
export const userFeatureWidth = profileWidth + deviceClasses + hourWidth + pauseClasses

type ProfileField = keyof typeof buckets
const profileFields = Object.keys(buckets) as readonly ProfileField[]
const beginOf = Object.fromEntries(
  profileFields.map((field, index) => [field, profileFields.slice(0, index).reduce((sum, f) => sum + buckets[f], 0)]),
) as Readonly<Record<ProfileField, number>>

/** The column that a name of that field sets, for callers that hold codes of names and hash each name once. */
export function profileColumn(field: ProfileField, name: string): number {
  return beginOf[field] + bucketOf(name, buckets[field], seeds[field])
}

/** Writes one row [`userFeatureWidth`] to `out` from `at` on. */
export function writeUserFeatures(profile: UserProfile, context: UserContext, out: Float32Array, at = 0): void {
  out.fill(0, at, at + userFeatureWidth)
  for (const column of profileColumns(profile)) out[at + column] = 1
  writeUserContext(context, out, at)
}

/** Writes only the columns of the context, into the row [`userFeatureWidth`] that begins at `at`. */
export function writeUserContext(context: UserContext, out: Float32Array, at = 0): void {
  const { deviceClass = 0, hour = Number.NaN, pauseMs } = context
  out.fill(0, at + profileWidth, at + userFeatureWidth)
  if (pauseMs !== undefined) out[at + pauseColumn(pauseMs)] = 1
  if (deviceClass > 0 && deviceClass < deviceClasses) out[at + profileWidth + deviceClass] = 1
  if (!Number.isFinite(hour)) return
  const angle = (2 * Math.PI * hour) / 24
  out[at + profileWidth + deviceClasses] = Math.sin(angle)
  out[at + profileWidth + deviceClasses + 1] = Math.cos(angle)
}

/** What the moment says. @param time epoch ms @param newest epoch ms of the newest interaction of the history, if any */
export function momentOf(time: number, newest?: number): Pick<UserContext, 'hour' | 'pauseMs'> {
  return { hour: (time / hourMs) % 24, pauseMs: newest === undefined ? undefined : time - newest }
}

/** The column that a pause sets, for callers that hold columns. */
export function pauseColumn(pauseMs: number): number {
  return profileWidth + deviceClasses + hourWidth + pauseClass(pauseMs)
}

/** 0 within a visit, and one more behind each of the bounds. */
export function pauseClass(pauseMs: number): number {
  let index = 0
  while (index < pauseBounds.length && pauseMs > pauseBounds[index]) index++
  return index
}

/** The columns of everything that is known of a profile. */
export function profileColumns({ ageBand, segments = [], region, language }: UserProfile): number[] {
  const single = { ageBand, region, language } as const
  const columns = segments.map(name => profileColumn('segments', name))
  for (const field of ['ageBand', 'region', 'language'] as const) {
    const name = single[field]
    if (name !== undefined && name !== '') columns.push(profileColumn(field, name))
  }
  return columns
}
