/**
 * A self-attentive next-item model (Kang & McAuley, "Self-Attentive Sequential Recommendation", ICDM 2018) as a graph: the
 * last items of a history in, one vector per position out, whose inner product with an item's vector says how likely that
 * item comes next. Items share one table between input and output. Training with the softmax over all items instead of
 * one sampled negative is what makes the model strong (Klenitskiy & Vasilev, RecSys 2023).
 *
 * Invariants
 * 1. A position sees itself and what came before, never what follows; padding stands on the right, so real positions
 *    never see it.
 * 2. Training, validation and serving make the same parameters by the same calls; only sizes and dropout differ.
 */
import { glorotUniform, normal, ones, zeros } from '../engine/initialisers.ts'
import { add, dropout, mul, relu, scale, sigmoid } from '../graph/arithmetic.ts'
import type { Graph, ParameterSpec, Value } from '../graph/graph.ts'
import { reshape, slice, transpose } from '../graph/layout.ts'
import { linear, matmul } from '../graph/matrix.ts'
import { layerNorm } from '../graph/reduction.ts'
import type { Dimension } from '../onnx/model-proto.ts'
import { causalAttention } from './causal-attention.ts'
import { lastRow, lastRowOfSquare, openPositions, openSquare, relativeBias } from './positions.ts'

export interface SequenceArchitecture {
  readonly items: number
  /** Elements of an item's vector and of every hidden vector; a multiple of `heads`. */
  readonly width: number
  readonly blocks: number
  readonly heads: number
  /** Items of a history that the model sees, the newest. */
  readonly maxLength: number
  /** Width of the feed-forward layer as a multiple of `width`. */
  readonly expansion: number
  /** `relu` as in SASRec, or `swiglu` (Shazeer 2020). */
  readonly feedForward: 'relu' | 'swiglu'
  /** Sigmoid gates on both residual branches (LiGR: Borisyuk et al. 2025; used by eSASRec, Tikhonovich et al. 2025). */
  readonly gated: boolean
  /** A learned attention bias per head and distance (Raffel et al., JMLR 2020, without buckets). */
  readonly relativePositions: boolean
}

export interface SequenceDropout {
  /** Of the embedded input and of both residual branches. */
  readonly dropout: number
  /** Of the attention shares. */
  readonly attentionDropout: number
}

/** Sizes of one graph over the model. */
interface SequenceShape {
  readonly batch: number
  /** Positions per history, or the name of an open dimension where the batch is 1. */
  readonly length: Dimension
  /** Absent when nothing is dropped: validation and serving. */
  readonly dropping?: SequenceDropout
  /** Whether only the last position is wanted, of a batch of one open length: the last block then computes no other. */
  readonly lastOnly?: boolean
}

/** The name of the table that input and output share, [items, width]. */
export const itemTable = 'items'

/** The table of item vectors as a parameter of the graph. */
export function itemsParameter(
  graph: Graph,
  { items, width }: SequenceArchitecture,
  storage: ParameterSpec['storage'] = 'dense',
): Value {
  return graph.parameter(itemTable, [items, width], normal(Math.sqrt(2 / (items + width))), storage)
}

/**
 * The vectors of all positions.
 * @param tokens item vectors, row-major by history, [batch · length, width]
 * @returns [batch · length, width], or [1, width] of the last position only
 */
export function encodeSequence(
  graph: Graph,
  tokens: Value,
  architecture: SequenceArchitecture,
  shape: SequenceShape,
): Value {
  const { width, maxLength, blocks } = architecture
  const { batch, length, dropping, lastOnly = false } = shape
  const drop = (x: Value) => dropout(x, dropping?.dropout ?? 0)
  const table = graph.parameter('positions', [maxLength, width], normal(0.02))
  const positions = typeof length === 'number' ? slice(table, 0, length, 0) : openPositions(table, tokens, length)
  const placed = add(reshape(scale(tokens, Math.sqrt(width)), [batch, length, width]), positions)
  let x = drop(reshape(placed, tokens.shape))
  for (let block = 0; block < blocks; block++) {
    const name = `block.${block}`
    const normed = norm(graph, x, `${name}.attention`, width)
    const narrow = (all: Value) => (lastOnly && block === blocks - 1 ? lastRow(all) : all)
    const attended = selfAttention(graph, narrow(normed), normed, name, architecture, shape)
    x = narrow(x)
    x = add(x, branch(graph, x, drop(attended), `${name}.attention`, architecture))
    const fed = feedForward(graph, norm(graph, x, `${name}.feed`, width), name, architecture)
    x = add(x, branch(graph, x, drop(fed), `${name}.feed`, architecture))
  }
  return norm(graph, x, 'final', width)
}

function norm(graph: Graph, x: Value, name: string, width: number): Value {
  return layerNorm(x, graph.parameter(`${name}.gain`, [width], ones), graph.parameter(`${name}.shift`, [width], zeros))
}

/** What a residual branch adds: its result, or its result times a gate that the stream itself opens. */
function branch(graph: Graph, x: Value, result: Value, name: string, { gated, width }: SequenceArchitecture): Value {
  return gated ? mul(result, sigmoid(dense(graph, x, `${name}.gate`, width, width))) : result
}

function dense(graph: Graph, x: Value, name: string, fanIn: number, fanOut: number): Value {
  return linear(
    x,
    graph.parameter(`${name}.weight`, [fanIn, fanOut], glorotUniform),
    graph.parameter(`${name}.bias`, [fanOut], zeros),
  )
}

/** @param queries positions that look, all of `x` or its last */
function selfAttention(
  graph: Graph,
  queries: Value,
  x: Value,
  name: string,
  { width, heads, maxLength, relativePositions }: SequenceArchitecture,
  { batch, length, dropping }: SequenceShape,
): Value {
  const headWidth = width / heads
  const perHead = (source: Value, part: string) => {
    const count = source === x ? length : 1
    const projected = reshape(dense(graph, source, `${name}.${part}`, width, width), [batch, count, heads, headWidth])
    return heads === 1 ? reshape(projected, [batch, 1, count, headWidth]) : transpose(projected, [0, 2, 1, 3])
  }
  const [query, key, value] = [perHead(queries, 'query'), perHead(x, 'key'), perHead(x, 'value')]
  const span = typeof length === 'number' ? length : maxLength
  let bias = graph.constant(futureMask(span), [1, span, span])
  if (relativePositions) {
    const byDistance = graph.parameter(`${name}.distance`, [heads, maxLength], zeros)
    bias = add(bias, relativeBias(byDistance, span))
  }
  if (typeof length === 'string') bias = openSquare(bias, x, length)
  if (queries !== x) bias = lastRowOfSquare(bias)
  const mixed = causalAttention({ query, key, value, bias }, 1 / Math.sqrt(headWidth), dropping?.attentionDropout ?? 0)
  const joined = heads === 1 ? mixed : transpose(mixed, [0, 2, 1, 3])
  return dense(graph, reshape(joined, queries.shape), `${name}.output`, width, width)
}

function feedForward(
  graph: Graph,
  x: Value,
  name: string,
  { width, expansion, feedForward: kind }: SequenceArchitecture,
): Value {
  const inner = width * expansion
  const wide = dense(graph, x, `${name}.feed.in`, width, inner)
  if (kind === 'relu') return dense(graph, relu(wide), `${name}.feed.out`, inner, width)
  const gate = matmul(x, graph.parameter(`${name}.feed.swish`, [width, inner], glorotUniform))
  return dense(graph, mul(mul(gate, sigmoid(gate)), wide), `${name}.feed.out`, inner, width)
}

/** [length, length], 0 where a position may look and far below everything where it may not. */
function futureMask(length: number): Float32Array {
  return Float32Array.from({ length: length * length }, (_, place) =>
    place % length > Math.floor(place / length) ? -1e9 : 0,
  )
}
