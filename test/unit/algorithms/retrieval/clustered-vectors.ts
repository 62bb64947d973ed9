/**
 * Vectors shaped like learned item embeddings: topics of uneven size inside broader themes, variance that falls over
 * the dimensions, norms that grow with popularity; and queries shaped like users, who mix a few items' directions.
 * Uniformly random vectors would prove nothing: in them nothing is near anything.
 */
export interface ClusteredVectors {
  /** [count × dimension], row after row */
  readonly vectors: Float32Array
  /** [queryCount × dimension], row after row, norm 1 */
  readonly queries: Float32Array
}

const THEMES = 12
const TOPICS = 150
const ITEMS_PER_QUERY = 4

export function clusteredVectors(count: number, queryCount: number, dimension: number, seed: number): ClusteredVectors {
  const random = mulberry32(seed)
  const gaussian = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const spread = Float64Array.from({ length: dimension }, (_, j) => (j + 1) ** -0.7)
  const around = (centre: Float64Array, radius: number) =>
    centre.map((value, j) => value + radius * spread[j]! * gaussian())
  const origin = new Float64Array(dimension)
  const themes = Array.from({ length: THEMES }, () => around(origin, 1))
  const topics = Array.from({ length: TOPICS }, () => around(themes[Math.floor(THEMES * random())]!, 0.8))
  const vectors = new Float32Array(count * dimension)
  for (let item = 0; item < count; item++) {
    const topic = topics[Math.floor(TOPICS * random() ** 2)]!
    const norm = Math.exp(0.4 * gaussian())
    vectors.set(
      unit(around(topic, 0.6)).map(value => value * norm),
      item * dimension,
    )
  }
  const queries = new Float32Array(queryCount * dimension)
  for (let query = 0; query < queryCount; query++) {
    const sum = around(origin, 0.2)
    for (let at = 0; at < ITEMS_PER_QUERY; at++) {
      const item = Math.floor(count * random())
      for (let j = 0; j < dimension; j++) sum[j]! += vectors[item * dimension + j]!
    }
    queries.set(unit(sum), query * dimension)
  }
  return { vectors, queries }
}

/** A small seeded generator of numbers in [0, 1): Tommy Ettinger's mulberry32. */
export function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), state | 1)
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61)
    return ((value ^ (value >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

function unit(vector: Float64Array): Float64Array {
  const norm = Math.hypot(...vector)
  return vector.map(value => value / norm)
}
