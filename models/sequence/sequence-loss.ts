/** The graphs of the sequence model that training and validation run. */

import { catalogueSoftmax } from '../graph/catalogue-softmax.ts'
import type { Graph, Value } from '../graph/graph.ts'
import { gather, selectRows } from '../graph/layout.ts'
import { matmul } from '../graph/matrix.ts'
import { sampledSoftmax } from '../graph/sampled-softmax.ts'
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
  return softmaxParts(shape, catalogueRows) ** 2
}

function softmaxParts({ batch, length }: BatchShape, rows: number): number {
  return Math.ceil((batch * length) / rows)
}

/** Rows whose probabilities over the catalogue, or over drawn negatives, are held at once, so that they stay in the cache. */
const catalogueRows = 400
const sampledRows = 1600

export interface SequenceLossOptions extends SequenceDropout {
  /** Negatives drawn per batch and shared by its positions; 0 scores all items. */
  readonly negatives: number
}

/**
 * Mean cross-entropy of the softmax over all items, or over the true one and drawn negatives, against the item that came
 * next, over real positions only. Fed are `tokens` [batch · length] (anything at padding), `places` [n] of the real
 * positions, each once, their `labels` [n] and `weights` [n, 1]; with negatives, `drawn` [k] and `bias` [k] (see
 * `sampledSoftmax`), and then only those rows of the table move that a batch looks up.
 */
export function sequenceLoss(
  graph: Graph,
  architecture: SequenceArchitecture,
  shape: BatchShape,
  { negatives, ...dropping }: SequenceLossOptions,
): Value {
  const table = itemsParameter(graph, architecture, negatives > 0 ? 'rows' : 'dense')
  const tokens = gather(table, graph.input('tokens', [shape.batch * shape.length], 'int32'))
  const encoded = encodeSequence(graph, tokens, architecture, { ...shape, dropping })
  const hidden = selectRows(encoded, graph.input('places', ['real'], 'int32'))
  const labels = graph.input('labels', ['real'], 'int32')
  const weights = graph.input('weights', ['real', 1])
  if (negatives === 0) return catalogueSoftmax(hidden, table, labels, weights, softmaxParts(shape, catalogueRows))
  const drawn = graph.input('drawn', [negatives], 'int32')
  const inputs = {
    hidden,
    positives: gather(table, labels),
    negatives: gather(table, drawn),
    labels: graph.node('Unsqueeze', [labels, graph.integers([1])], ['real', 1], {}, { type: 'int32' }),
    drawn: graph.node('Unsqueeze', [drawn, graph.integers([0])], [1, negatives], {}, { type: 'int32' }),
    bias: graph.input('bias', [negatives]),
    weights,
  }
  return sampledSoftmax(inputs, softmaxParts(shape, sampledRows))
}

/** Scores of all items after the position at `places` [batch] of each history, as output `scores` [batch, items]. */
export function sequenceScores(graph: Graph, architecture: SequenceArchitecture, shape: BatchShape): void {
  const table = itemsParameter(graph, architecture)
  const tokens = gather(table, graph.input('tokens', [shape.batch * shape.length], 'int32'))
  const hidden = encodeSequence(graph, tokens, architecture, shape)
  const last = selectRows(hidden, graph.input('places', [shape.batch], 'int32'))
  graph.output('scores', matmul(last, table, { transposeB: true }))
}
