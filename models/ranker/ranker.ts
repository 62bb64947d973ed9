/**
 * The multi-objective ranker: a multi-gate mixture of experts (Ma et al., KDD 2018) with one tower per objective, beside a
 * linear path from the features to each logit ("wide", Cheng et al., DLRS 2016). Several such mixtures, its members, stand
 * side by side in one graph: each is trained on a loss of its own, and serving averages their logits (deep ensembles,
 * Lakshminarayanan et al., NeurIPS 2017; in one network as in TabM, Gorishniy et al., ICLR 2025). What a single mixture knows
 * by chance of its first weights averages out. One definition trains, evaluates and serves.
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
  /** Mixtures whose logits are averaged; they share nothing but the linear path. */
  readonly members: number
  /** Experts of each member. 0 leaves the linear path alone: a logistic regression per objective. */
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

export const rankerDefaults = { members: 4, experts: 4, expertWidth: 32, towerWidth: 16, dropout: 0.3 } as const

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
/**
 * Factor on the table of places. Adam moves a weight by about its rate a step, and what a place takes off a logit is of order 1:
 * without the factor a training of some hundred steps ends half way there.
 */
const positionScale = 10
/** Keeps quotients of empty sums at 0 instead of 0/0; far below any sum of weights. */
const tiny = 1e-12
const listwiseObjective = 'click'
/** Name of the parameter [K] that is added to the logits as it is. */
export const logitBias = 'wide.bias'

/** Logits [batch, K] of the input `features` [batch, F], raw as the feature layer gives them: the mean over the members. */
export function rankerLogits(
  graph: Graph,
  architecture: RankerArchitecture,
  standardisation: Standardisation,
  mode: RankerMode,
): Value {
  const logits = memberLogits(graph, architecture, standardisation, mode)
  return logits.length === 1 ? logits[0] : scale(logits.reduce(add), 1 / logits.length)
}

/** The logits [batch, K] of every member by itself, as training needs them. */
export function memberLogits(
  graph: Graph,
  architecture: RankerArchitecture,
  standardisation: Standardisation,
  { batch, train }: RankerMode,
): readonly Value[] {
  const { features, objectives, experts, places } = architecture
  const mean = graph.constant(standardisation.mean, [features])
  const inverseDeviation = graph.constant(standardisation.inverseDeviation, [features])
  const x = clip(mul(sub(graph.input('features', [batch, features]), mean), inverseDeviation), standardisedBound)

  const wide = layer(x, 'wide', objectives.length, zeros)
  const shallow = train && places ? add(wide, positionTerm(graph, places, objectives.length, batch)) : wide
  if (experts === 0) return [shallow]
  return mixtures(x, architecture, train).map(mixture => add(towers(mixture, architecture), shallow))
}

/** One dense layer x · weight + bias, under a name of its own. */
function layer(x: Value, name: string, width: number, initialise = heNormal): Value {
  const from = x.shape[1] as number
  const { graph } = x
  return linear(
    x,
    graph.parameter(`${name}.weight`, [from, width], initialise),
    graph.parameter(`${name}.bias`, [width], zeros),
  )
}

interface Mixture {
  readonly member: number
  /** What the gates of each objective mixed from the experts, [batch, expertWidth] each. */
  readonly byObjective: readonly Value[]
}

/** The mixtures of all members. Their first layers and their gates are one product each: wide products are cheap ones. */
function mixtures(
  x: Value,
  { members, experts, expertWidth, objectives, dropout: rate }: RankerArchitecture,
  train: boolean,
): Mixture[] {
  const [batch] = x.shape
  const kinds = objectives.length
  const hidden = relu(layer(x, 'experts', members * experts * expertWidth))
  const outputs = split(
    hidden,
    Array.from({ length: members * experts }, () => expertWidth),
  ).map((own, expert) => relu(layer(own, `expert.${expert}`, expertWidth)))
  const gateLogits = split(
    layer(x, 'gates', members * kinds * experts, glorotUniform),
    Array.from({ length: members }, () => kinds * experts),
  )
  return gateLogits.map((logits, member) => {
    const own = concat(outputs.slice(member * experts, (member + 1) * experts))
    const stacked = reshape(dropout(own, train ? rate : 0), [batch, experts, expertWidth])
    const gates = softmax(reshape(logits, [batch, kinds, experts]))
    const mixed = reshape(matmul(gates, stacked), [batch, kinds * expertWidth])
    return {
      member,
      byObjective: split(
        mixed,
        objectives.map(() => expertWidth),
      ),
    }
  })
}

/** What the towers of one member make of its mixtures, [batch, K]. */
function towers({ member, byObjective }: Mixture, { objectives, towerWidth }: RankerArchitecture): Value {
  const logits = objectives.map((objective, index) => {
    const hidden = relu(layer(byObjective[index], `tower.${member}.${objective}`, towerWidth))
    return matmul(hidden, hidden.graph.parameter(`head.${member}.${objective}.weight`, [towerWidth, 1], glorotUniform))
  })
  return concat(logits)
}

/** What the place adds to each logit [batch, K], by the input `places` [batch] of int32; nothing for the first place, 0. */
function positionTerm(graph: Graph, places: number, objectives: number, batch: Dimension): Value {
  const place = graph.input('places', [batch], 'int32')
  const table = graph.parameter('position.bias', [places, objectives], zeros)
  const isLater = sign(graph.node('Cast', [place], [batch], { to: { int: dataTypes[graph.precision] } }, {}))
  return mul(scale(gather(table, place), positionScale), reshape(isLater, [batch, 1]))
}

/** The sums of the loss against the inputs `labels` and `weights` [batch, K], as means over the members; weight 0 masks a label. */
export function rankerLossSums(
  members: readonly Value[],
  architecture: RankerArchitecture,
  loss: RankerLoss,
  batch: Dimension,
): RankerLossSums {
  const [{ graph }] = members
  const shape = [batch, architecture.objectives.length]
  const labels = graph.input('labels', shape)
  const weights = graph.input('weights', shape)
  const meanOf = (of: (logits: Value) => Value) => scale(members.map(of).reduce(add), 1 / members.length)
  const sums = {
    crossEntropy: meanOf(logits => reduceSum(binaryCrossEntropy(logits, labels, weights), [0])),
    weight: reduceSum(weights, [0]),
  }
  if (loss.listwiseWeight === 0) return sums
  const column = clickColumn(architecture)
  const groups = typeof batch === 'number' ? batch / loss.groupSize : 'groups'
  const grouped = (x: Value) => reshape(slice(x, column, column + 1), [groups, loss.groupSize])
  const target = listwiseTarget(grouped(labels), grouped(weights))
  return {
    ...sums,
    listwise: { crossEntropy: meanOf(logits => listwiseCrossEntropy(grouped(logits), target)), groups: target.groups },
  }
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

interface ListwiseTarget {
  /** Labels of each group brought to sum 1, [groups, size]. */
  readonly shares: Value
  /** 0 where a row takes part, -1e9 where it does not. */
  readonly absent: Value
  /** Number of groups with a positive. */
  readonly groups: Value
}

function listwiseTarget(labels: Value, weights: Value): ListwiseTarget {
  const { graph } = labels
  const mass = mul(labels, weights)
  const groupMass = reduceSum(mass, [1], true)
  return {
    shares: div(mass, add(groupMass, graph.constant(tiny))),
    absent: scale(sub(sign(weights), graph.constant(1)), 1e9),
    groups: reduceSum(sign(groupMass)),
  }
}

/**
 * Softmax cross-entropy within groups [groups, size] (ListNet's top-one loss, Cao et al., ICML 2007; for binary labels it bounds
 * NDCG, Bruch et al., ICTIR 2019). Rows of weight 0 take no part, and neither do groups without a positive.
 */
function listwiseCrossEntropy(logits: Value, { shares, absent }: ListwiseTarget): Value {
  return scale(reduceSum(mul(shares, logSoftmax(add(logits, absent)))), -1)
}
