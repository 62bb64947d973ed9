import { describe, expect, it } from 'vitest'
import { normal } from '../../../../models/engine/initialisers.ts'
import { uniformAt } from '../../../../models/engine/random.ts'
import * as arithmetic from '../../../../models/graph/arithmetic.ts'
import type { Graph, Value } from '../../../../models/graph/graph.ts'
import * as layout from '../../../../models/graph/layout.ts'
import { binaryCrossEntropy } from '../../../../models/graph/loss.ts'
import { linear, matmul } from '../../../../models/graph/matrix.ts'
import * as reduction from '../../../../models/graph/reduction.ts'
import { type Batch, gradientError, gradientsOf } from './gradient-check.ts'

const tolerance = 1e-6

const parameter = (graph: Graph, name: string, ...shape: number[]) => graph.parameter(name, shape, normal(1))

/** Values in [0.5, 1.5], where logarithms and quotients are tame. */
const positive = (graph: Graph, name: string, ...shape: number[]) =>
  graph.parameter(name, shape, (values, _shape, key) => {
    for (let index = 0; index < values.length; index++) values[index] = 0.5 + uniformAt(key, index)
  })

/** A scalar in which every element has another weight, so that a gradient in the wrong place shows. */
function mixed(x: Value): Value {
  const shape = x.shape as readonly number[]
  const size = shape.reduce((product, length) => product * length, 1)
  const weights = Float64Array.from({ length: size }, (_, index) => Math.sin(index + 1))
  return reduction.reduceSum(arithmetic.mul(x, x.graph.constant(weights, shape)))
}

const operations: Record<string, (graph: Graph) => Value> = {
  'add of equal shapes': graph => arithmetic.add(parameter(graph, 'a', 3, 4), parameter(graph, 'b', 3, 4)),
  'add with a broadcast row': graph => arithmetic.add(parameter(graph, 'a', 3, 4), parameter(graph, 'b', 4)),
  'add with broadcasts on both sides': graph =>
    arithmetic.add(parameter(graph, 'a', 3, 1), parameter(graph, 'b', 1, 4)),
  'sub with a broadcast column': graph => arithmetic.sub(parameter(graph, 'a', 3, 4), parameter(graph, 'b', 3, 1)),
  'sub from a scalar': graph => arithmetic.sub(parameter(graph, 'a'), parameter(graph, 'b', 3, 4)),
  'mul of equal shapes': graph => arithmetic.mul(parameter(graph, 'a', 3, 4), parameter(graph, 'b', 3, 4)),
  'mul with itself': graph => {
    const a = parameter(graph, 'a', 3, 4)
    return arithmetic.mul(a, a)
  },
  'mul with a broadcast over a stack': graph =>
    arithmetic.mul(parameter(graph, 'a', 2, 3, 4), parameter(graph, 'b', 3, 1)),
  'div with a broadcast': graph => arithmetic.div(parameter(graph, 'a', 3, 4), positive(graph, 'b', 4)),
  scale: graph => arithmetic.scale(parameter(graph, 'a', 3, 4), -2.5),
  exp: graph => arithmetic.exp(parameter(graph, 'a', 3, 4)),
  log: graph => arithmetic.log(positive(graph, 'a', 3, 4)),
  relu: graph => arithmetic.relu(parameter(graph, 'a', 3, 4)),
  sigmoid: graph => arithmetic.sigmoid(parameter(graph, 'a', 3, 4)),
  tanh: graph => arithmetic.tanh(parameter(graph, 'a', 3, 4)),
  clip: graph => arithmetic.clip(parameter(graph, 'a', 3, 4), 0.8),
  dropout: graph => arithmetic.dropout(parameter(graph, 'a', 3, 4), 0.3),
  matmul: graph => matmul(parameter(graph, 'a', 3, 4), parameter(graph, 'b', 4, 5)),
  'matmul, first transposed': graph =>
    matmul(parameter(graph, 'a', 4, 3), parameter(graph, 'b', 4, 5), { transposeA: true, scale: 0.5 }),
  'matmul, second transposed': graph =>
    matmul(parameter(graph, 'a', 3, 4), parameter(graph, 'b', 5, 4), { transposeB: true }),
  'matmul, both transposed': graph =>
    matmul(parameter(graph, 'a', 4, 3), parameter(graph, 'b', 5, 4), { transposeA: true, transposeB: true, scale: 2 }),
  'matmul of stacks': graph => matmul(parameter(graph, 'a', 2, 3, 4), parameter(graph, 'b', 2, 4, 5)),
  'matmul of stacks, second transposed': graph =>
    matmul(parameter(graph, 'a', 2, 3, 4), parameter(graph, 'b', 2, 5, 4), { transposeB: true, scale: 0.25 }),
  linear: graph => linear(parameter(graph, 'x', 3, 4), parameter(graph, 'weight', 4, 5), parameter(graph, 'bias', 5)),
  reshape: graph => layout.reshape(parameter(graph, 'a', 3, 4), [2, 6]),
  'split, all parts used': graph => {
    const [first, second] = layout.split(parameter(graph, 'a', 3, 5), [2, 3])
    return layout.concat([arithmetic.exp(second), first])
  },
  'split, one part used': graph => layout.split(parameter(graph, 'a', 3, 5), [2, 3])[1],
  'split along the first axis': graph => layout.split(parameter(graph, 'a', 5, 2), [2, 3], 0)[0],
  concat: graph =>
    layout.concat([parameter(graph, 'a', 3, 2), parameter(graph, 'b', 3, 4), parameter(graph, 'c', 3, 1)]),
  'concat along the first axis': graph => layout.concat([parameter(graph, 'a', 2, 3), parameter(graph, 'b', 4, 3)], 0),
  slice: graph => layout.slice(parameter(graph, 'a', 3, 5), 1, 4),
  'slice of a stack': graph => layout.slice(parameter(graph, 'a', 2, 5, 3), 2, 4, 1),
  'reduceSum of all': graph => reduction.reduceSum(parameter(graph, 'a', 3, 4)),
  'reduceSum of one axis': graph => reduction.reduceSum(parameter(graph, 'a', 2, 3, 4), [1]),
  'reduceSum of one axis, kept': graph => reduction.reduceSum(parameter(graph, 'a', 2, 3, 4), [-1], true),
  reduceMean: graph => reduction.reduceMean(parameter(graph, 'a', 3, 4), [0]),
  softmax: graph => reduction.softmax(parameter(graph, 'a', 3, 4)),
  logSoftmax: graph => reduction.logSoftmax(parameter(graph, 'a', 3, 4)),
  layerNorm: graph =>
    reduction.layerNorm(parameter(graph, 'x', 3, 6), positive(graph, 'gain', 6), parameter(graph, 'bias', 6)),
  'layerNorm of a stack': graph =>
    reduction.layerNorm(parameter(graph, 'x', 2, 3, 6), positive(graph, 'gain', 6), parameter(graph, 'bias', 6)),
  l2Normalise: graph => reduction.l2Normalise(parameter(graph, 'a', 3, 4)),
  'binary cross-entropy': graph => {
    const labels = graph.constant([1, 0, 1, 0.25, 1, 0], [3, 2])
    const weights = graph.constant([1, 2, 0, 0.5, 1, 1], [3, 2])
    return binaryCrossEntropy(arithmetic.scale(parameter(graph, 'a', 3, 2), 5), labels, weights)
  },
}

describe('the gradient of', () => {
  it.each(Object.entries(operations))('%s agrees with finite differences', async (_, build) => {
    expect(await gradientError(graph => mixed(build(graph)))).toBeLessThan(tolerance)
  })

  it('a lookup adds up the rows of repeated indices', async () => {
    const feeds: Batch = { indices: { data: Int32Array.of(2, 0, 2, 4), shape: [2, 2] } }
    const error = await gradientError(graph => {
      const table = graph.parameter('table', [5, 3], normal(1), 'rows')
      return mixed(arithmetic.exp(layout.gather(table, graph.input('indices', [2, 2], 'int32'))))
    }, feeds)
    expect(error).toBeLessThan(tolerance)
  })

  it('a table that is looked up and also used whole has both parts', async () => {
    const feeds: Batch = { indices: { data: Int32Array.of(1, 1, 3), shape: [3] } }
    const error = await gradientError(graph => {
      const table = parameter(graph, 'table', 4, 3)
      const rows = layout.gather(table, graph.input('indices', [3], 'int32'))
      return mixed(matmul(rows, table, { transposeB: true }))
    }, feeds)
    expect(error).toBeLessThan(tolerance)
  })

  it('a block of causal self-attention agrees with finite differences', async () => {
    const [batch, length, width] = [2, 4, 3]
    const causal = Float64Array.from({ length: length * length }, (_, cell) =>
      cell % length > Math.floor(cell / length) ? -1e9 : 0,
    )
    const error = await gradientError(graph => {
      const tokens = parameter(graph, 'tokens', batch * length, width)
      const project = (name: string) =>
        layout.reshape(matmul(tokens, parameter(graph, name, width, width)), [batch, length, width])
      const scores = matmul(project('query'), project('key'), { transposeB: true, scale: 0.5 })
      const attention = reduction.softmax(arithmetic.add(scores, graph.constant(causal, [length, length])))
      const mixedTokens = layout.reshape(matmul(attention, project('value')), [batch * length, width])
      return mixed(
        reduction.layerNorm(
          arithmetic.add(tokens, mixedTokens),
          positive(graph, 'gain', width),
          parameter(graph, 'bias', width),
        ),
      )
    })
    expect(error).toBeLessThan(tolerance)
  })
})

describe('in float32, as models train, the gradient of', () => {
  it.each(Object.entries(operations))('%s is that of float64', async (_, build) => {
    const loss = (graph: Graph) => mixed(build(graph))
    const coarse = await gradientsOf(loss, {}, 'float32')
    for (const [name, exact] of await gradientsOf(loss, {}, 'float64')) {
      const largest = exact.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
      for (const [index, value] of coarse.get(name)!.entries()) {
        expect(Math.abs(value - exact[index])).toBeLessThanOrEqual(1e-5 * largest)
      }
    }
  })
})
