/** What the sequence model knows of places: a bias by distance, and cuts to a length that is known only when it runs. */
import { mul } from '../graph/arithmetic.ts'
import type { Value } from '../graph/graph.ts'
import { concat, reshape, selectRows, slice } from '../graph/layout.ts'

/**
 * A matrix per head whose element (i, j) is the head's value for the distance i − j, 0 above the diagonal.
 * Rows of a repeated vector, read with a period one shorter than its length, shift by one from row to row; so a Toeplitz
 * matrix is a reshape, and needs no scatter on the way back.
 * @param byDistance [heads, longest], distance k at column longest − 1 − k
 * @returns [heads, length, length]
 */
export function relativeBias(byDistance: Value, length: number): Value {
  const { graph, shape } = byDistance
  const [heads, longest] = shape as readonly number[]
  const known = slice(byDistance, longest - length, longest, 1)
  const period = concat([known, graph.constant(new Float32Array(heads * length), [heads, length])], 1)
  const ones = graph.constant(new Float32Array(length).fill(1), [1, length, 1])
  const repeated = reshape(mul(reshape(period, [heads, 1, 2 * length]), ones), [heads, 2 * length * length])
  const begin = length - 1
  const shifted = slice(repeated, begin, begin + length * (2 * length - 1), 1)
  return slice(reshape(shifted, [heads, length, 2 * length - 1]), 0, length, 2)
}

/** The first rows of a table [longest, width], as many as `tokens` [length, width] has; takes no gradient. */
export function openPositions(table: Value, tokens: Value, length: string): Value {
  const { graph } = table
  const end = lengthOf(tokens)
  return graph.node('Slice', [table, graph.integers([0]), end, graph.integers([0])], [length, table.shape[1]])
}

/** The leading square of [heads, longest, longest], as wide as `tokens` is long; takes no gradient. */
export function openSquare(matrix: Value, tokens: Value, length: string): Value {
  const { graph } = matrix
  const end = lengthOf(tokens)
  const ends = graph.node('Concat', [end, end], [2], { axis: { int: 0 } }, { type: 'int64' })
  const shape = [matrix.shape[0], length, length]
  return graph.node('Slice', [matrix, graph.integers([0, 0]), ends, graph.integers([1, 2])], shape)
}

/** The last row of x [length, width], as [1, width]. */
export function lastRow(x: Value): Value {
  return selectRows(x, x.graph.constant([-1], [1], 'int32'))
}

/** The last row of each matrix of a stack [n, length, length], as [n, 1, length]; takes no gradient. */
export function lastRowOfSquare(matrix: Value): Value {
  const { graph, shape } = matrix
  return graph.node('Gather', [matrix, graph.integers([-1])], [shape[0], 1, shape[2]], { axis: { int: 1 } })
}

function lengthOf(tokens: Value): Value {
  return tokens.graph.node('Shape', [tokens], [1], { start: { int: 0 }, end: { int: 1 } }, { type: 'int64' })
}
