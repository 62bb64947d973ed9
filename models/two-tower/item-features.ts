/**
 * What the item tower sees of an item: one row of numbers that needs no history, so an item without a single event has a
 * row, and with it a vector, at once. Names are hashed into buckets; as the first layer multiplies them by a matrix, each
 * bucket has an embedding of its own there (feature hashing, Weinberger et al., ICML 2009).
 */
import { hashToken } from '../../algorithms/text/hashing.ts'

/** An item as its towers know it; everything may be absent. */
export interface ItemDescription {
  /** The unit vector of `algorithms/text/content-encoder.ts`, of the dimension that the layout names. */
  readonly content?: ArrayLike<number>
  readonly categories?: readonly string[]
  readonly creators?: readonly string[]
  /** Year of release, with or without a fraction. */
  readonly year?: number
  readonly minutes?: number
}

/** How a row is laid out: content, categories, creators, year, minutes. */
export interface ItemFeatureLayout {
  /** Dimension of the content vector, 0 for none. */
  readonly content: number
  /** Hash buckets. */
  readonly categories: number
  readonly creators: number
}

export const itemFeatureDefaults: ItemFeatureLayout = { content: 64, categories: 64, creators: 256 }

/** Years between which the position of a release is told by how near it is to the two around it. */
const yearKnots = [1930, 1945, 1955, 1965, 1975, 1982, 1987, 1991, 1994, 1996, 1998, 2000, 2005, 2010, 2015, 2020, 2025]
const minutesWidth = 2
/** Brings the elements of a unit vector to the size of the other columns. */
const contentScale = 4
const typicalMinutes = 60
/** Seeds that keep a category from sharing its bucket with a creator of the same name. */
const seeds = { categories: 0x0ca7, creators: 0x0c12 }

/** Columns of one row. */
export function itemFeatureWidth({ content, categories, creators }: ItemFeatureLayout): number {
  return content + categories + creators + yearKnots.length + minutesWidth
}

/** Writes one row [width] to `out` from `at` on. @throws RangeError when the content vector has another dimension */
export function writeItemFeatures(layout: ItemFeatureLayout, item: ItemDescription, out: Float32Array, at = 0): void {
  const { content, categories = [], creators = [], year = Number.NaN, minutes = Number.NaN } = item
  out.fill(0, at, at + itemFeatureWidth(layout))
  if (content !== undefined) {
    if (content.length !== layout.content)
      throw new RangeError(`the content vector has ${content.length} numbers, the item tower takes ${layout.content}`)
    for (let index = 0; index < content.length; index++) out[at + index] = contentScale * content[index]
  }
  at += layout.content
  addHashed(categories, layout.categories, seeds.categories, out, at)
  at += layout.categories
  addHashed(creators, layout.creators, seeds.creators, out, at)
  at += layout.creators
  if (Number.isFinite(year)) writeYear(year, out, at)
  at += yearKnots.length
  if (minutes > 0) {
    out[at] = 1
    out[at + 1] = Math.log(minutes / typicalMinutes)
  }
}

/** The bucket of a name, 0 ≤ bucket < buckets. */
export function bucketOf(name: string, buckets: number, seed: number): number {
  return hashToken(name, 0, name.length, seed) % buckets
}

/** Adds 1/√n in the bucket of each of n names, so that an item with many of them is not longer than one with few. */
function addHashed(names: readonly string[], buckets: number, seed: number, out: Float32Array, at: number): void {
  if (buckets === 0 || names.length === 0) return
  const share = 1 / Math.sqrt(names.length)
  for (const name of names) out[at + bucketOf(name, buckets, seed)] += share
}

function writeYear(year: number, out: Float32Array, at: number): void {
  const last = yearKnots.length - 1
  const above = yearKnots.findIndex(knot => knot > year)
  if (above === 0) out[at] = 1
  else if (above < 0) out[at + last] = 1
  else {
    const share = (year - yearKnots[above - 1]) / (yearKnots[above] - yearKnots[above - 1])
    out[at + above - 1] = 1 - share
    out[at + above] = share
  }
}
