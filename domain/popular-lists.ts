import { lowerBound } from './lower-bound.ts'

/**
 * The lists of one counter epoch, in shared memory: what is trending everywhere, what is trending per segment, and what
 * is popular over the long run. Each list is best first.
 */
export interface PopularLists {
  readonly epoch: number
  readonly trending: ScoredItems
  readonly popular: ScoredItems
  /** Ascending keys, see `segmentKey`. Segment i's list is [offsets[i], offsets[i + 1]) of `segmentItems`. */
  readonly segmentKeys: Uint32Array
  readonly segmentOffsets: Uint32Array
  readonly segmentItems: ScoredItems
}

export interface ScoredItems {
  readonly items: Uint32Array
  readonly scores: Float32Array
}

export const emptyPopularLists: PopularLists = {
  epoch: 0,
  trending: { items: new Uint32Array(0), scores: new Float32Array(0) },
  popular: { items: new Uint32Array(0), scores: new Float32Array(0) },
  segmentKeys: new Uint32Array(0),
  segmentOffsets: new Uint32Array(1),
  segmentItems: { items: new Uint32Array(0), scores: new Float32Array(0) },
}

/** People of one region and one age band share a segment; either part may be unknown (0). 0 is nobody's segment. */
export function segmentKey(region: number, ageBand: number): number {
  return region * 256 + ageBand
}

export function segmentRegion(segment: number): number {
  return segment >>> 8
}

export function segmentAgeBand(segment: number): number {
  return segment & 0xff
}

/** Index of the segment's list, or −1. */
export function findSegment({ segmentKeys }: PopularLists, segment: number): number {
  const place = lowerBound(segmentKeys, segment)
  return segmentKeys[place] === segment ? place : -1
}
