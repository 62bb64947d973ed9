import { describe, expect, it } from 'vitest'
import { normal } from '../../../../models/engine/initialisers.ts'
import { mul } from '../../../../models/graph/arithmetic.ts'
import { attention } from '../../../../models/graph/attention.ts'
import { candidateSoftmax } from '../../../../models/graph/candidate-softmax.ts'
import { catalogueSoftmax } from '../../../../models/graph/catalogue-softmax.ts'
import type { Graph, Value } from '../../../../models/graph/graph.ts'
import { gather, selectRows, transpose } from '../../../../models/graph/layout.ts'
import { reduceSum } from '../../../../models/graph/reduction.ts'
import { sampledSoftmax } from '../../../../models/graph/sampled-softmax.ts'
import { relativeBias } from '../../../../models/sequence/positions.ts'
import { type Batch, gradientError } from './gradient-check.ts'

const tolerance = 1e-6

const parameter = (graph: Graph, name: string, ...shape: number[]) => graph.parameter(name, shape, normal(1))

/** A scalar in which every element has another weight, so that a gradient in the wrong place shows. */
function mixed(x: Value): Value {
  const shape = x.shape as readonly number[]
  const size = shape.reduce((product, length) => product * length, 1)
  const weights = Float64Array.from({ length: size }, (_, index) => Math.sin(index + 1))
  return reduceSum(mul(x, x.graph.constant(weights, shape)))
}

const queryKeyValue = (graph: Graph) =>
  ['query', 'key', 'value'].map(name => parameter(graph, name, 2, 2, 4, 3)) as [Value, Value, Value]

describe('the gradient of', () => {
  it.each<[string, (graph: Graph) => Value]>([
    ['attention', graph => attention(...queryKeyValue(graph), graph.constant(0), { scale: 0.6 })],
    [
      'attention with a learned bias and dropped shares',
      graph => {
        const mask = graph.dropoutMask([2, 2, 4, 4], 0.3)
        return attention(...queryKeyValue(graph), parameter(graph, 'bias', 2, 4, 4), { scale: 0.6, mask })
      },
    ],
    ['transpose', graph => transpose(parameter(graph, 'a', 2, 3, 4), [2, 0, 1])],
    ['a bias by distance', graph => relativeBias(parameter(graph, 'distance', 2, 6), 4)],
  ])('%s agrees with finite differences', async (_, build) => {
    expect(await gradientError(graph => mixed(build(graph)))).toBeLessThan(tolerance)
  })

  it('rows selected from a computed value agrees with finite differences', async () => {
    const feeds: Batch = { places: { data: Int32Array.of(3, 0, 4), shape: [3] } }
    const error = await gradientError(graph => {
      const x = parameter(graph, 'x', 5, 2)
      return mixed(selectRows(mul(x, x), graph.input('places', [3], 'int32')))
    }, feeds)
    expect(error).toBeLessThan(tolerance)
  })

  it.each([1, 3])(
    'the softmax over a catalogue in %s parts, with a masked row and a repeated label, agrees with finite differences',
    async parts => {
      const feeds: Batch = {
        labels: { data: Int32Array.of(2, 0, 2, 4, 1, 3, 3, 0, 1), shape: [9] },
        weights: { data: [0.5, 1, 0, 2, 1, 0.3, 1, 1, 0.7], shape: [9, 1] },
      }
      const error = await gradientError(graph => {
        const [hidden, table] = [parameter(graph, 'hidden', 9, 3), parameter(graph, 'table', 5, 3)]
        const [labels, weights] = [graph.input('labels', [9], 'int32'), graph.input('weights', [9, 1])]
        return mul(catalogueSoftmax(hidden, table, labels, weights, parts), graph.constant(0.3))
      }, feeds)
      expect(error).toBeLessThan(tolerance)
    },
  )

  it.each([4, 7])(
    'the softmax of 4 rows over %s candidates, with a masked cell and row, agrees with finite differences',
    async candidates => {
      const mask = Array.from({ length: 4 * candidates }, (_, cell) => (cell === 6 ? -1e9 : 0))
      const bias = Array.from({ length: candidates }, (_, column) => Math.sin(column))
      const error = await gradientError(graph => {
        const [hidden, columns] = [parameter(graph, 'hidden', 4, 3), parameter(graph, 'columns', candidates, 3)]
        const weights = graph.constant([0.5, 1, 0, 2], [4, 1])
        const [cells, columnBias] = [graph.constant(mask, [4, candidates]), graph.constant(bias, [candidates])]
        return mul(candidateSoftmax(hidden, columns, weights, cells, columnBias), graph.constant(0.3))
      })
      expect(error).toBeLessThan(tolerance)
    },
  )

  it.each([1, 2])('the softmax over drawn negatives, one of which is a label, in %s parts', async parts => {
    const feeds: Batch = {
      labels: { data: Int32Array.of(2, 0, 4, 4), shape: [4] },
      drawn: { data: Int32Array.of(1, 4, 3, 1), shape: [4] },
    }
    const error = await gradientError(graph => {
      const table = parameter(graph, 'table', 5, 3)
      const [labels, drawn] = [graph.input('labels', [4], 'int32'), graph.input('drawn', [4], 'int32')]
      const inputs = {
        hidden: parameter(graph, 'hidden', 4, 3),
        positives: gather(table, labels),
        negatives: gather(table, drawn),
        labels: graph.constant([2, 0, 4, 4], [4, 1], 'int32'),
        drawn: graph.constant([1, 4, 3, 1], [1, 4], 'int32'),
        bias: graph.constant([0.3, -1, 0, 0.3], [4]),
        weights: graph.constant([1, 0, 0.4, 2], [4, 1]),
      }
      return mul(sampledSoftmax(inputs, parts), graph.constant(0.3))
    }, feeds)
    expect(error).toBeLessThan(tolerance)
  })
})
