/** How recommendation, or attention, is spread over a catalogue. `counts` has one entry per item of the catalogue. */

/**
 * How often each item stands in the first k places of the lists. `lists` is [Q x width] row-major, item indices in
 * [0, catalogueSize), with -1 where a list is shorter.
 */
export function exposureCounts(lists: Int32Array, width: number, k: number, catalogueSize: number): Uint32Array {
  if (!(width >= 1) || lists.length % width !== 0) {
    throw new RangeError(`${lists.length} entries are not a whole number of lists of width ${width}`)
  }
  const counts = new Uint32Array(catalogueSize)
  const depth = Math.min(k, width)
  for (let start = 0; start < lists.length; start += width) {
    for (let i = start; i < start + depth; i++) {
      const item = lists[i]
      if (item < 0) continue
      if (item >= catalogueSize) throw new RangeError(`item ${item} is outside a catalogue of ${catalogueSize}`)
      counts[item]++
    }
  }
  return counts
}

/** Catalogue coverage: the share of items with any exposure at all. */
export function coverage(counts: ArrayLike<number>): number {
  let exposed = 0
  for (let i = 0; i < counts.length; i++) if (counts[i] > 0) exposed++
  return exposed / counts.length
}

/**
 * The Gini coefficient of counts: 0 when all items share equally, (n - 1) / n when one has everything. NaN when
 * there is nothing to share.
 */
export function gini(counts: ArrayLike<number>): number {
  const n = counts.length
  const sorted = Float64Array.from(counts).sort()
  let total = 0
  let weighted = 0
  for (let i = 0; i < n; i++) {
    total += sorted[i]
    weighted += (2 * (i + 1) - n - 1) * sorted[i]
  }
  return weighted / (n * total)
}

/** Shannon entropy of the shares, in bits; log2(n) when all n share equally, NaN when all counts are zero. */
export function shannonEntropy(counts: ArrayLike<number>): number {
  let total = 0
  for (let i = 0; i < counts.length; i++) total += counts[i]
  if (total === 0) return Number.NaN
  let bits = 0
  for (let i = 0; i < counts.length; i++) {
    if (counts[i] > 0) bits -= (counts[i] / total) * Math.log2(counts[i] / total)
  }
  return bits
}

/**
 * Popularity skew: the mean popularity of what is shown over the mean popularity of what people consume, both weighted
 * by occurrence. 1 is neutral, above 1 leans to the popular. It is one plus the "popularity lift" of Abdollahpouri et
 * al., "The connection between popularity bias, calibration, and fairness in recommendation", RecSys 2020, taken over
 * all users. `exposure` and `consumption` count occurrences per item; popularity is consumption. NaN if either is empty.
 */
export function popularitySkew(exposure: ArrayLike<number>, consumption: ArrayLike<number>): number {
  if (exposure.length !== consumption.length) {
    throw new RangeError(`exposure of ${exposure.length} items but consumption of ${consumption.length}`)
  }
  return meanPopularity(exposure, consumption) / meanPopularity(consumption, consumption)
}

function meanPopularity(occurrences: ArrayLike<number>, popularity: ArrayLike<number>): number {
  let total = 0
  let weighted = 0
  for (let i = 0; i < occurrences.length; i++) {
    total += occurrences[i]
    weighted += occurrences[i] * popularity[i]
  }
  return weighted / total
}
