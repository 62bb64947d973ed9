/** Attention to oneself and to what came before, computed for a few stretches of queries so that less of it is thrown away. */
import { attention } from '../graph/attention.ts'
import type { Value } from '../graph/graph.ts'
import { concat, slice, split } from '../graph/layout.ts'

interface CausalAttentionInputs {
  /** [batch, heads, length, d] each. */
  readonly query: Value
  readonly key: Value
  readonly value: Value
  /** [heads or 1, length, length], far below everything above the diagonal. */
  readonly bias: Value
}

/** Queries per stretch: shorter ones waste less above the diagonal, and cost more in cutting and joining. */
const stretchLength = 64

/**
 * A stretch of queries sees no key beyond its own end, so those are left out: of three stretches a third of the
 * products. An open length, as in serving, is computed whole.
 */
export function causalAttention(inputs: CausalAttentionInputs, scale: number, dropoutRate: number): Value {
  const { query, key, value, bias } = inputs
  const { graph, shape } = query
  const [batch, heads, length] = shape
  const parts = typeof length === 'number' ? Math.max(1, Math.round(length / stretchLength)) : 1
  if (typeof length !== 'number' || parts === 1) {
    const mask = dropoutRate > 0 ? graph.dropoutMask([batch, heads, length, length], dropoutRate) : undefined
    return attention(query, key, value, bias, { scale, mask })
  }
  const ends = Array.from({ length: parts }, (_, part) => Math.round((length * (part + 1)) / parts))
  const sizes = ends.map((end, part) => end - (ends[part - 1] ?? 0))
  const queries = split(query, sizes, 2)
  const biases = split(bias, sizes, 1)
  const mixed = ends.map((end, part) => {
    const cut = (x: Value, axis: number) => (end === length ? x : slice(x, 0, end, axis))
    const mask = dropoutRate > 0 ? graph.dropoutMask([batch, heads, sizes[part], end], dropoutRate) : undefined
    return attention(queries[part], cut(key, 2), cut(value, 2), cut(biases[part], 2), { scale, mask })
  })
  return concat(mixed, 2)
}
