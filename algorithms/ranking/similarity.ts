/** How alike two candidates of one request are, by their indices: symmetric, in [-1, 1]. */
export type Similarity = (a: number, b: number) => number

export interface CandidateContent {
  /** Rows of `dimension` numbers, shared by all candidates: an item table, or a copy of just these rows. */
  readonly vectors: Float32Array
  readonly dimension: number
  /** The row of each candidate [N], -1 for a candidate without a vector. */
  readonly rows: Int32Array
  /** The categories of each candidate [N x categoryWidth], the primary one first, filled up with -1. */
  readonly categories: Int32Array
  readonly categoryWidth: number
  /** The share of the category overlap in the similarity, in [0, 1]; the rest is the cosine. */
  readonly categoryWeight: number
}

/**
 * (1 - w) * cosine of the vectors + w * Jaccard overlap of the category sets. A candidate without a vector (or with one
 * that is zero or not finite) has cosine 0 with all, one without categories overlap 0. The vectors are copied and
 * normalised once, O(N * d), so that each call costs one dot product over adjacent memory.
 */
export function contentSimilarity(content: CandidateContent): Similarity {
  const { dimension, categories, categoryWidth, categoryWeight } = content
  if (!(categoryWeight >= 0 && categoryWeight <= 1)) {
    throw new RangeError(`the category weight must lie in [0, 1], got ${categoryWeight}`)
  }
  if (categories.length !== content.rows.length * categoryWidth) {
    throw new RangeError(
      `${content.rows.length} candidates need ${categoryWidth} categories each, got ${categories.length}`,
    )
  }
  const unit = unitVectors(content)
  return (a, b) => {
    let similarity = 0
    if (categoryWeight < 1) similarity += (1 - categoryWeight) * dot(unit, a * dimension, b * dimension, dimension)
    if (categoryWeight > 0) similarity += categoryWeight * overlap(categories, a, b, categoryWidth)
    return similarity
  }
}

function unitVectors({ vectors, dimension, rows }: CandidateContent): Float32Array {
  const unit = new Float32Array(rows.length * dimension)
  for (let i = 0; i < rows.length; i++) {
    if (rows[i] < 0) continue
    const start = rows[i] * dimension
    if (start + dimension > vectors.length) throw new RangeError(`row ${rows[i]} is outside the vector table`)
    const norm = Math.sqrt(dot(vectors, start, start, dimension))
    if (!(norm > 0 && norm < Number.POSITIVE_INFINITY)) continue
    for (let d = 0; d < dimension; d++) unit[i * dimension + d] = vectors[start + d] / norm
  }
  return unit
}

/** Four partial sums let the processor overlap the additions; the order is fixed, so results are reproducible. */
function dot(vectors: Float32Array, a: number, b: number, dimension: number): number {
  let s0 = 0
  let s1 = 0
  let s2 = 0
  let s3 = 0
  let d = 0
  for (; d + 3 < dimension; d += 4) {
    s0 += vectors[a + d] * vectors[b + d]
    s1 += vectors[a + d + 1] * vectors[b + d + 1]
    s2 += vectors[a + d + 2] * vectors[b + d + 2]
    s3 += vectors[a + d + 3] * vectors[b + d + 3]
  }
  for (; d < dimension; d++) s0 += vectors[a + d] * vectors[b + d]
  return s0 + s1 + s2 + s3
}

/** |A and B| / |A or B| of two short lists without repetitions. */
function overlap(categories: Int32Array, a: number, b: number, width: number): number {
  let inA = 0
  let inB = 0
  let shared = 0
  for (let j = 0; j < width; j++) if (categories[b * width + j] >= 0) inB++
  for (let i = 0; i < width; i++) {
    const category = categories[a * width + i]
    if (category < 0) continue
    inA++
    for (let j = 0; j < width; j++) if (categories[b * width + j] === category) shared++
  }
  return shared === 0 ? 0 : shared / (inA + inB - shared)
}
