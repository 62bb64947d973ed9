/**
 * The two towers, each defined once for training and serving (Covington et al., RecSys 2016; Yi et al., RecSys 2019):
 *   item: normalise( relu(x W₁ + b₁) W₂ + x W₃ + b₂ + id )
 *   user: normalise( relu(z V₁ + c₁) V₂ + means V₃ + c₂ ),  z = [means of the history's item vectors, length, profile, context]
 * Both give unit vectors of one space, whose inner product is a cosine, which an approximate index searches well. The
 * second summand of each is a way past the hidden layer: at first the user vector is the mean of the history.
 */
import { glorotUniform, heNormal, normal, zeros } from '../engine/initialisers.ts'
import { add, dropout, mul, relu } from '../graph/arithmetic.ts'
import { Graph, type Initialiser, type Value } from '../graph/graph.ts'
import { concat, gather, slice } from '../graph/layout.ts'
import { linear, matmul } from '../graph/matrix.ts'
import { l2Normalise } from '../graph/reduction.ts'
import { type PoolingSettings, pooledWidth } from './history-pooling.ts'
import { userFeatureWidth } from './user-features.ts'

export interface TwoTowerArchitecture extends PoolingSettings {
  /** Columns of an item's row, see `item-features.ts`; 0 where items are known by their ids alone. */
  readonly itemFeatures: number
  readonly itemHidden: number
  readonly userHidden: number
}

/** The weights that an export reads, by name. */
export interface TowerWeights {
  view(name: string): Float32Array
}

/** Name of the table of item ids [items, dimension], of which only the looked-up rows move. */
export const idTable = 'item.id'

/** Unit vectors [batch, dimension] of features [batch, itemFeatures] and what the item's own id adds [batch, dimension]. */
export function itemTower(graph: Graph, architecture: TwoTowerArchitecture, features: Value, id: Value, drop = 0) {
  const { itemFeatures, itemHidden, dimension } = architecture
  if (itemFeatures === 0) return l2Normalise(id)
  const first = layer(graph, 'item.hidden', features, itemFeatures, itemHidden, heNormal)
  const deep = layer(graph, 'item.output', dropout(relu(first), drop), itemHidden, dimension, glorotUniform)
  const wide = matmul(features, graph.parameter('item.wide', [itemFeatures, dimension], glorotUniform))
  return l2Normalise(add(add(deep, wide), id))
}

/** Unit vectors [batch, dimension] of pooled histories [batch, pooledWidth] and features [batch, userFeatureWidth]. */
export function userTower(graph: Graph, architecture: TwoTowerArchitecture, pooled: Value, features: Value, drop = 0) {
  const { userHidden, dimension, decays } = architecture
  const meansWidth = dimension * decays.length
  const input = concat([pooled, features])
  const width = pooledWidth(architecture) + userFeatureWidth
  const first = layer(graph, 'user.hidden', input, width, userHidden, heNormal)
  const deep = layer(graph, 'user.output', dropout(relu(first), drop), userHidden, dimension, glorotUniform)
  const means = slice(pooled, 0, meansWidth)
  const wide = matmul(means, graph.parameter('user.wide', [meansWidth, dimension], stackedIdentity))
  return l2Normalise(add(deep, wide))
}

/** The rows of the id table at the input `ids` [batch], times the input `idKeep` [batch, 1], which is 0 where the id is unknown. */
export function itemIds(graph: Graph, { dimension }: TwoTowerArchitecture, items: number, batch: number | string) {
  const table = graph.parameter(idTable, [items, dimension], normal(0.02), 'rows')
  const rows = gather(table, graph.input('ids', [batch], 'int32'))
  return mul(rows, graph.input('idKeep', [batch, 1]))
}

/** The item tower for serving: `features`, `id` → `vectors`, any number of rows. */
export function exportItemTower(architecture: TwoTowerArchitecture, weights: TowerWeights): Uint8Array<ArrayBuffer> {
  const graph = new Graph({ weights })
  const features = graph.input('features', ['rows', architecture.itemFeatures])
  const id = graph.input('id', ['rows', architecture.dimension])
  graph.output('vectors', itemTower(graph, architecture, features, id))
  return graph.build('item-tower')
}

/** The user tower for serving: `pooled`, `features` → `vectors`, any number of rows. */
export function exportUserTower(architecture: TwoTowerArchitecture, weights: TowerWeights): Uint8Array<ArrayBuffer> {
  const graph = new Graph({ weights })
  const pooled = graph.input('pooled', ['rows', pooledWidth(architecture)])
  const features = graph.input('features', ['rows', userFeatureWidth])
  graph.output('vectors', userTower(graph, architecture, pooled, features))
  return graph.build('user-tower')
}

function layer(graph: Graph, name: string, x: Value, from: number, to: number, initialise: Initialiser): Value {
  return linear(
    x,
    graph.parameter(`${name}.weight`, [from, to], initialise),
    graph.parameter(`${name}.bias`, [to], zeros),
  )
}

/** The mean over the means: identity matrices [d, d] one below another, each divided by their number. */
const stackedIdentity: Initialiser = (values, [rows, dimension]) => {
  values.fill(0)
  for (let row = 0; row < rows; row++) values[row * dimension + (row % dimension)] = dimension / rows
}
