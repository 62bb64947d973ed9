/** The loss of a batch: a softmax over candidate items for every (history, target) pair. */
import { scale } from '../graph/arithmetic.ts'
import { candidateSoftmax } from '../graph/candidate-softmax.ts'
import type { Graph, Value } from '../graph/graph.ts'
import { concat, gather, reshape, split } from '../graph/layout.ts'
import { matmul } from '../graph/matrix.ts'
import { itemIds, itemTower, type TwoTowerArchitecture, userTower } from './towers.ts'
import { userFeatureWidth } from './user-features.ts'

export interface LossShape {
  /** Items of the catalogue. */
  readonly items: number
  readonly batch: number
  /** Candidate items of a batch, its own positives first. */
  readonly columns: number
  readonly temperature: number
  readonly dropout: number
  readonly useIds: boolean
}

/**
 * The mean cross-entropy of softmax(cosine / temperature + columnBias + mask) against each row's own positive, which stands in the column
 * of the row's number. Inputs, with b = batch, c = columns, n = historyLength, p = number of means:
 * `itemFeatures` [c, F] where F > 0, `ids` [c] and `idKeep` [c, 1] where ids are used, `vectors` [items, d], the item vectors of histories,
 * which take no gradient, `history` [b, n], `factors` [b, p, n], `lengths` [b, 2], `userFeatures` [b, U], `mask` [b, c],
 * `columnBias` [c], `rowWeights` [b, 1].
 */
export function twoTowerLoss(graph: Graph, architecture: TwoTowerArchitecture, shape: LossShape): Value {
  const { items, batch, columns, temperature, dropout, useIds } = shape
  const features = graph.input('itemFeatures', [columns, architecture.itemFeatures])
  const id = useIds ? itemIds(graph, architecture, items, columns) : graph.constant(0)
  const candidates = itemTower(graph, architecture, features, id, dropout)
  const pooled = pooledInput(graph, architecture, items, batch)
  const people = userTower(graph, architecture, pooled, graph.input('userFeatures', [batch, userFeatureWidth]), dropout)
  const weights = graph.input('rowWeights', [batch, 1])
  const mask = graph.input('mask', [batch, columns])
  const columnBias = graph.input('columnBias', [columns])
  return candidateSoftmax(scale(people, 1 / temperature), candidates, weights, mask, columnBias)
}

/** Rows whose histories are gathered at a time: their vectors are still in the processor's cache when they are multiplied. */
const rowsPerPart = 64

/** What `poolHistory` computes, as matrix products. */
function pooledInput(graph: Graph, architecture: TwoTowerArchitecture, items: number, batch: number): Value {
  const { dimension, decays, historyLength } = architecture
  const vectors = graph.input('vectors', [items, dimension])
  const history = graph.input('history', [batch, historyLength], 'int32')
  const factors = graph.input('factors', [batch, decays.length, historyLength])
  const sizes = Array.from({ length: Math.ceil(batch / rowsPerPart) }, (_, part) =>
    Math.min(rowsPerPart, batch - part * rowsPerPart),
  )
  const factorParts = split(factors, sizes, 0)
  const parts = split(history, sizes, 0).map((rows, part) => matmul(factorParts[part], gather(vectors, rows)))
  const means = reshape(concat(parts, 0), [batch, decays.length * dimension])
  return concat([means, graph.input('lengths', [batch, 2])])
}
