import { Role, type RoleSet } from '../domain/roles.ts'
import { faded } from './numeric.ts'
import type { PackedRecords } from './packed-records.ts'

/**
 * Decayed weights by category or by creator: a bounded list of records of one user. All weights are as of one time,
 * kept by the caller, so that they compare with each other.
 */
export const Affinity = { code: 0, clicks: 1, positives: 2, negatives: 3 } as const
export const affinityWidth = 4

/**
 * Adds `weight` to every role in `roles`. A new code in a full list takes the place of the one with the smallest sum
 * of weights, the earliest of these on a tie.
 */
export function addAffinity(
  records: PackedRecords,
  list: number,
  code: number,
  roles: RoleSet,
  weight: number,
  capacity: number,
): void {
  const at = findOrInsert(records, list, code, capacity)
  const { data } = records
  if ((roles & Role.click) !== 0) data[at + Affinity.clicks] += weight
  if ((roles & Role.positive) !== 0) data[at + Affinity.positives] += weight
  if ((roles & Role.negative) !== 0) data[at + Affinity.negatives] += weight
}

export function decayAffinities(records: PackedRecords, list: number, factor: number): void {
  const { data } = records
  const end = records.offset(list) + records.length(list) * affinityWidth
  for (let at = records.offset(list); at < end; at += affinityWidth) {
    data[at + Affinity.clicks] = faded(data[at + Affinity.clicks], factor)
    data[at + Affinity.positives] = faded(data[at + Affinity.positives], factor)
    data[at + Affinity.negatives] = faded(data[at + Affinity.negatives], factor)
  }
}

/** Index in `data` of the record of `code`. */
function findOrInsert(records: PackedRecords, list: number, code: number, capacity: number): number {
  const { data } = records
  const offset = records.offset(list)
  const length = records.length(list)
  let smallest = 0
  let smallestWeight = Number.POSITIVE_INFINITY
  for (let i = 0; i < length; i++) {
    const at = offset + i * affinityWidth
    if (data[at] === code) return at
    const weight = data[at + Affinity.clicks] + data[at + Affinity.positives] + data[at + Affinity.negatives]
    if (weight < smallestWeight) {
      smallestWeight = weight
      smallest = i
    }
  }
  if (length >= capacity) records.remove(list, smallest)
  records.keepNewest(list, capacity - 1)
  const at = records.append(list)
  records.data.fill(0, at, at + affinityWidth)
  records.data[at + Affinity.code] = code
  return at
}
