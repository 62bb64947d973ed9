/**
 * The multi-objective ranker: a multi-gate mixture of experts (Ma et al., KDD 2018) with one tower per objective, beside a
 * linear path from the features to each logit ("wide", Cheng et al., DLRS 2016). One definition trains, evaluates and serves.
 */

import { glorotUniform, heNormal, zeros } from '../engine/initialisers.ts'
import type { Parameters } from '../engine/parameters.ts'
import { add, clip, div, dropout, mul, relu, scale, sign, sub } from '../graph/arithmetic.ts'
import { Graph, type Value } from '../graph/graph.ts'
import { concat, gather, reshape, slice, split } from '../graph/layout.ts'
import { binaryCrossEntropy } from '../graph/loss.ts'
import { linear, matmul } from '../graph/matrix.ts'
import { logSoftmax, reduceSum, softmax } from '../graph/reduction.ts'
import { type Dimension, dataTypes } from '../onnx/model-proto.ts'
import type { Standardisation } from './standardisation.ts'

export interface RankerArchitecture {
  /** Number of feature columns F. */
  readonly features: number
  /** Names of the K objectives, in the order of the columns of labels, weights and logits. */
  readonly objectives: readonly string[]
  /** 0 leaves the linear path alone: a logistic regression per objective. */
  readonly experts: number
  readonly expertWidth: number
  readonly towerWidth: number
  /** Share of expert outputs dropped in training. */
  readonly dropout: number
  /**
   * Places on the screen that training tells apart; absent without position bias. Each place but the first adds a term of its
   * own to every logit in training (Haldar et al., KDD 2020; Guo et al., "PAL", RecSys 2019). Serving leaves it out: it
   * predicts for the first place, whatever place an item will get.
   */
  readonly places?: number
}

export const rankerDefaults = { experts: 4, expertWidth: 64, towerWidth: 32, dropout: 0.1 } as const

export interface RankerLoss {
  /** Weight of each objective, in their order. */
  readonly objectiveWeights: readonly number[]
  /** Weight of the listwise loss on the objective `click`; 0 leaves it out. */
  readonly listwiseWeight: number
  /** Rows per group: the candidates of one query, contiguous. */
  readonly groupSize: number
}

/** Sums from which the loss follows, over any number of batches. */
export interface RankerLossSums {
  /** Σ weight · cross-entropy per objective [K]. */
  readonly crossEntropy: Value
  /** Σ weight per objective [K]. */
  readonly weight: Value
  /** Σ cross-entropy of the click softmax over groups with a click, and their number; scalars. */
  readonly listwise?: { readonly crossEntropy: Value; readonly groups: Value }
}

/** How the graph will be used: `batch` is a number in training, a name in serving. */
export interface RankerMode {
  readonly batch: Dimension
  readonly train: boolean
}

/** Further than this many deviations from the mean an input says no more: an outlier must not carry a logit away. */
const standardisedBound = 10
/** Keeps quotients of empty sums at 0 instead of 0/0; far below any sum of weights. */
const tiny = 1e-12
const listwiseObjective = 'click'
/** Name of the parameter [K] that is added to the logits as it is. */
export const logitBias = 'wide.bias'

/** Logits [batch, K] of the input `features` [batch, F], raw as the feature layer gives them. */
export function rankerLogits(
  graph: Graph,
  architecture: RankerArchitecture,
  standardisation: Standardisation,
  { batch, train }: RankerMode,
): Value {
  const { features, objectives, experts, expertWidth, towerWidth, places } = architecture
  const layer = (name: string, x: Value, from: number, to: number, initialise = heNormal) =>
    linear(x, graph.parameter(`${name}.weight`, [from, to], initialise), graph.parameter(`${name}.bias`, [to], zeros))

  const mean = graph.constant(standardisation.mean, [features])
  const inverseDeviation = graph.constant(standardisation.inverseDeviation, [features])
  const x = clip(mul(sub(graph.input('features', [batch, features]), mean), inverseDeviation), standardisedBound)

  const wide = layer('wide', x, features, objectives.length, zeros)
  const shallow = train && places ? add(wide, positionTerm(graph, places, objectives.length, batch)) : wide
  if (experts === 0) return shallow
  const expertOutputs = Array.from({ length: experts }, (_, expert) => {
    const hidden = relu(layer(`expert.${expert}.0`, x, features, expertWidth))
    return relu(layer(`expert.${expert}.1`, hidden, expertWidth, expertWidth))
  })
  const stacked = reshape(dropout(concat(expertOutputs), train ? architecture.dropout : 0), [
    batch,
    experts,
    expertWidth,
  ])

  const gateLogits = layer('gates', x, features, objectives.length * experts, glorotUniform)
  const gates = softmax(reshape(gateLogits, [batch, objectives.length, experts]))
  const mixtures = split(
    reshape(matmul(gates, stacked), [batch, objectives.length * expertWidth]),
    objectives.map(() => expertWidth),
  )
  const deep = objectives.map((objective, index) => {
    const hidden = relu(layer(`tower.${objective}`, mixtures[index], expertWidth, towerWidth))
    return matmul(hidden, graph.parameter(`head.${objective}.weight`, [towerWidth, 1], glorotUniform))
  })
  return add(concat(deep), shallow)
}

/** What the place adds to each logit [batch, K], by the input `places` [batch] of int32; nothing for the first place, 0. */
function positionTerm(graph: Graph, places: number, objectives: number, batch: Dimension): Value {
  const place = graph.input('places', [batch], 'int32')
  const table = graph.parameter('position.bias', [places, objectives], zeros)
  const isLater = sign(graph.node('Cast', [place], [batch], { to: { int: dataTypes[graph.precision] } }, {}))
  return mul(gather(table, place), reshape(isLater, [batch, 1]))
}

/** The sums of the loss against the inputs `labels` and `weights` [batch, K]; weight 0 masks a label. */
export function rankerLossSums(
  graph: Graph,
  logits: Value,
  architecture: RankerArchitecture,
  loss: RankerLoss,
  batch: Dimension,
): RankerLossSums {
  const shape = [batch, architecture.objectives.length]
  const labels = graph.input('labels', shape)
  const weights = graph.input('weights', shape)
  const sums = {
    crossEntropy: reduceSum(binaryCrossEntropy(logits, labels, weights), [0]),
    weight: reduceSum(weights, [0]),
  }
  if (loss.listwiseWeight === 0) return sums
  const column = clickColumn(architecture)
  const groups = typeof batch === 'number' ? batch / loss.groupSize : 'groups'
  const grouped = (x: Value) => reshape(slice(x, column, column + 1), [groups, loss.groupSize])
  return { ...sums, listwise: listwiseSums(grouped(logits), grouped(labels), grouped(weights)) }
}

/** The scalar that training minimises: means per objective over the sum of its weights, plus the mean listwise loss. */
export function rankerLoss(graph: Graph, sums: RankerLossSums, loss: RankerLoss): Value {
  const perObjective = div(sums.crossEntropy, add(sums.weight, graph.constant(tiny)))
  const weights = graph.constant(loss.objectiveWeights, [loss.objectiveWeights.length])
  const pointwise = reduceSum(mul(perObjective, weights))
  if (!sums.listwise) return pointwise
  const listwise = div(sums.listwise.crossEntropy, add(sums.listwise.groups, graph.constant(tiny)))
  return add(pointwise, scale(listwise, loss.listwiseWeight))
}

/** The serving model: `features` [rows, F] → `logits` [rows, K], any number of rows. */
export function exportRanker(
  architecture: RankerArchitecture,
  standardisation: Standardisation,
  weights: Parameters,
): Uint8Array<ArrayBuffer> {
  const graph = new Graph({ weights })
  graph.output('logits', rankerLogits(graph, architecture, standardisation, { batch: 'rows', train: false }))
  return graph.build('ranker')
}

/** Column of the objective that the listwise loss ranks by. @throws Error when the ranker has none. */
export function clickColumn({ objectives }: RankerArchitecture): number {
  const column = objectives.indexOf(listwiseObjective)
  if (column >= 0) return column
  throw new Error(
    `A listwise loss needs the objective '${listwiseObjective}'; this ranker has ${objectives.join(', ')}.`,
  )
}

/**
 * Softmax cross-entropy within groups [groups, size] (ListNet's top-one loss, Cao et al., ICML 2007; for binary labels it bounds
 * NDCG, Bruch et al., ICTIR 2019). A group's target is its weighted labels brought to sum 1; rows of weight 0 take no part, and
 * neither do groups without a positive.
 */
function listwiseSums(logits: Value, labels: Value, weights: Value): { crossEntropy: Value; groups: Value } {
  const { graph } = logits
  const mass = mul(labels, weights)
  const groupMass = reduceSum(mass, [1], true)
  const target = div(mass, add(groupMass, graph.constant(tiny)))
  const absent = scale(sub(sign(weights), graph.constant(1)), 1e9)
  const crossEntropy = mul(target, logSoftmax(add(logits, absent)))
  return { crossEntropy: scale(reduceSum(crossEntropy), -1), groups: reduceSum(sign(groupMass)) }
}
