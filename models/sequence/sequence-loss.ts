/** The graphs of the sequence model that training and validation run. */

import { catalogueSoftmax } from '../graph/catalogue-softmax.ts'
import type { Graph, Value } from '../graph/graph.ts'
import { gather, selectRows } from '../graph/layout.ts'
import { matmul } from '../graph/matrix.ts'
import { encodeSequence, itemsParameter, type SequenceArchitecture, type SequenceDropout } from './sequence-model.ts'

/** Batches of one graph: `batch` histories of up to `length` items. */
export interface BatchShape {
  readonly batch: number
  readonly length: number
}

/**
 * Rows that a batch must hold: the softmax cuts them into equal parts, the last of which takes what is left. Batches of
 * fewer real positions are filled up with padding of weight 0.
 */
export function leastRows(shape: BatchShape): number {
  return softmaxParts(shape) ** 2
}

function softmaxParts({ batch, length }: BatchShape): number {
  return Math.ceil((batch * length) / partRows)
}

/** Rows whose probabilities over the catalogue are held at once, so that they stay in the processor's cache. */
const partRows = 400

/**
 * Mean cross-entropy of the softmax over all items against the item that came next, over real positions only. Fed are
 * `tokens` [batch · length] (anything at padding), `places` [n] of the real positions, each once, their `labels` [n] and
 * `weights` [n, 1].
 */
export function sequenceLoss(
  graph: Graph,
  architecture: SequenceArchitecture,
  shape: BatchShape,
  dropping: SequenceDropout,
): Value {
  const table = itemsParameter(graph, architecture)
  const tokens = gather(table, graph.input('tokens', [shape.batch * shape.length], 'int32'))
  const hidden = encodeSequence(graph, tokens, architecture, { ...shape, dropping })
  const real = selectRows(hidden, graph.input('places', ['real'], 'int32'))
  const labels = graph.input('labels', ['real'], 'int32')
  return catalogueSoftmax(real, table, labels, graph.input('weights', ['real', 1]), softmaxParts(shape))
}

/** Scores of all items after the position at `places` [batch] of each history, as output `scores` [batch, items]. */
export function sequenceScores(graph: Graph, architecture: SequenceArchitecture, shape: BatchShape): void {
  const table = itemsParameter(graph, architecture)
  const tokens = gather(table, graph.input('tokens', [shape.batch * shape.length], 'int32'))
  const hidden = encodeSequence(graph, tokens, architecture, shape)
  const last = selectRows(hidden, graph.input('places', [shape.batch], 'int32'))
  graph.output('scores', matmul(last, table, { transposeB: true }))
}
