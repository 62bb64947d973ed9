import { describe, expect, it } from 'vitest'
import { normal, ones, zeros } from '../../../../models/engine/initialisers.ts'
import { openSession, run, tensor } from '../../../../models/engine/session.ts'
import { add, mul, relu } from '../../../../models/graph/arithmetic.ts'
import { candidateSoftmax } from '../../../../models/graph/candidate-softmax.ts'
import { catalogueSoftmax } from '../../../../models/graph/catalogue-softmax.ts'
import { gradients } from '../../../../models/graph/gradients.ts'
import { Graph } from '../../../../models/graph/graph.ts'
import { concat, gather, reshape, slice, split } from '../../../../models/graph/layout.ts'
import { binaryCrossEntropy } from '../../../../models/graph/loss.ts'
import { linear, matmul } from '../../../../models/graph/matrix.ts'
import { reduceMean, reduceSum, softmax } from '../../../../models/graph/reduction.ts'
import { GraphError } from '../../../../models/graph/shape.ts'

const open = (graph: Graph) => openSession(graph.build('test'), { threads: 1 })

describe('a graph', () => {
  it('computes what its nodes say, for any size of an open dimension', async () => {
    const graph = new Graph()
    const x = graph.input('x', ['rows', 3])
    const [first, rest] = split(x, [1, 2])
    const total = reduceSum(concat([mul(first, graph.constant(10)), rest]), [-1])
    graph.output('total', total)
    const session = await open(graph)
    expect(session.inputMetadata).toMatchObject([{ name: 'x', type: 'float32', shape: ['rows', 3] }])
    for (const rows of [1, 4]) {
      const data = Float32Array.from({ length: rows * 3 }, (_, index) => index)
      const { total } = await run(session, { x: tensor(data, [rows, 3]) }, ['total'])
      expect([...total]).toEqual(Array.from({ length: rows }, (_, row) => 3 * row * 10 + (3 * row + 1) + (3 * row + 2)))
    }
  })

  it('has the same parameters whether they are fed or built in', async () => {
    const model = (graph: Graph) => {
      const x = graph.input('x', ['rows', 2])
      return relu(linear(x, graph.parameter('weight', [2, 2], ones), graph.parameter('bias', [2], zeros)))
    }
    const values: Record<string, Float32Array> = { weight: Float32Array.of(1, -2, 3, 4), bias: Float32Array.of(0.5, 1) }
    const fed = new Graph()
    fed.output('y', model(fed))
    const builtIn = new Graph({ weights: { view: name => values[name] } })
    builtIn.output('y', model(builtIn))
    const x = tensor(Float32Array.of(1, 2, 3, 4), [2, 2])
    const weights = { weight: tensor(values.weight, [2, 2]), bias: tensor(values.bias, [2]) }
    const expected = await run(await open(fed), { x, ...weights }, ['y'])
    const served = await open(builtIn)
    expect(served.inputNames).toEqual(['x'])
    expect(await run(served, { x }, ['y'])).toEqual(expected)
    expect([...expected.y]).toEqual([7.5, 7, 15.5, 11])
  })

  it('leaves out nodes and inputs that no output needs', async () => {
    const graph = new Graph()
    const x = graph.input('x', [2])
    add(x, graph.input('unused', [2]))
    graph.output('y', relu(x))
    expect((await open(graph)).inputNames).toEqual(['x'])
  })

  it.each<[string, (graph: Graph) => unknown]>([
    ['shapes that do not broadcast', g => add(g.input('a', [2, 3]), g.input('b', [2]))],
    ['an open dimension against a number', g => add(g.input('a', ['rows', 3]), g.input('b', [4, 3]))],
    ['matrices that do not fit', g => matmul(g.input('a', [2, 3]), g.input('b', [2, 3]))],
    ['a bias that does not fit', g => linear(g.input('x', [2, 3]), g.input('w', [3, 4]), g.input('b', [3]))],
    ['a split that does not add up', g => split(g.input('a', [2, 5]), [2, 2])],
    ['a slice outside the axis', g => slice(g.input('a', [2, 5]), 3, 6)],
    ['a concat along an open axis', g => concat([g.input('a', ['rows', 5]), g.input('b', ['rows', 5])], 0)],
    ['a reshape with two open dimensions', g => reshape(g.input('a', ['rows', 5]), ['one', 'two'])],
    ['a mean over an open axis', g => reduceMean(g.input('a', ['rows', 5]), [0])],
    [
      'labels that are no vector',
      g =>
        catalogueSoftmax(
          g.input('h', [2, 3]),
          g.parameter('t', [4, 3], zeros),
          g.input('l', [2, 1], 'int32'),
          g.input('w', [2, 1]),
          1,
        ),
    ],
    [
      'fewer candidates than rows',
      g =>
        candidateSoftmax(
          g.input('h', [5, 3]),
          g.input('c', [4, 3]),
          g.input('w', [5, 1]),
          g.input('m', [5, 4]),
          g.input('b', [4]),
        ),
    ],
    ['one name for two values', g => [g.input('a', [1]), g.parameter('a', [1], zeros)]],
    ['a gradient of something that is no scalar', g => gradients(g.parameter('a', [3], zeros))],
    [
      'a parameter that the loss ignores',
      g => [g.parameter('a', [3], zeros), gradients(reduceSum(g.parameter('b', [3], zeros)))],
    ],
    ['a dropout of open size', g => g.dropoutMask(['rows', 3], 0.5)],
    [
      'rows gathered from a computed table',
      g => gradients(reduceSum(gather(relu(g.parameter('table', [4, 3], zeros)), g.input('indices', [2], 'int32')))),
    ],
    [
      'a table stored by rows that is used whole',
      g => gradients(reduceSum(softmax(g.parameter('table', [4, 3], zeros, 'rows')))),
    ],
  ])('refuses %s', (_, build) => {
    expect(() => build(new Graph())).toThrow(GraphError)
  })

  it('refuses weights of another size', () => {
    const graph = new Graph({ weights: { view: () => new Float32Array(5) } })
    expect(() => graph.parameter('weight', [2, 3], normal(1))).toThrow('has 5 weights; its shape [2,3] needs 6')
  })
})

describe('binary cross-entropy', () => {
  it('stays exact for logits that overflow an exponential', async () => {
    const graph = new Graph()
    const [logits, labels, weights] = ['logits', 'labels', 'weights'].map(name => graph.input(name, [1, 4]))
    graph.output('loss', binaryCrossEntropy(logits, labels, weights))
    const feeds = {
      logits: tensor(Float32Array.of(1000, -1000, 1000, -20), [1, 4]),
      labels: tensor(Float32Array.of(1, 1, 0, 0), [1, 4]),
      weights: tensor(Float32Array.of(1, 1, 0.5, 1), [1, 4]),
    }
    const { loss } = await run(await open(graph), feeds, ['loss'])
    expect([...loss.subarray(0, 3)]).toEqual([0, 1000, 500])
    expect(loss[3]).toBeCloseTo(Math.log1p(Math.exp(-20)), 8)
  })
})

describe('softmax cross-entropy', () => {
  const crossEntropy = (logits: number[], label: number) =>
    Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0)) - logits[label]

  it('over a catalogue is the weighted negative log-probability of the labels', async () => {
    const graph = new Graph()
    const hidden = graph.constant([1, 0, 0, 2], [2, 2])
    const table = graph.constant([1, 0, 0, 1, 1, 1], [3, 2])
    const labels = graph.constant([2, 0], [2], 'int32')
    graph.output('loss', catalogueSoftmax(hidden, table, labels, graph.constant([1, 0.5], [2, 1]), 1))
    const { loss } = await run(await open(graph), {}, ['loss'])
    expect(loss[0]).toBeCloseTo(crossEntropy([1, 0, 1], 2) + 0.5 * crossEntropy([0, 2, 2], 0), 5)
  })

  it('over candidates counts the bias of each column and no masked cell, and row i is to find candidate i', async () => {
    const graph = new Graph()
    const hidden = graph.constant([1, 0, 0, 2], [2, 2])
    const candidates = graph.constant([1, 0, 0, 1, 1, 1], [3, 2])
    const [mask, bias] = [graph.constant([0, 0, -1e9, 0, 0, 0], [2, 3]), graph.constant([0.5, 0, -1], [3])]
    graph.output('loss', candidateSoftmax(hidden, candidates, graph.constant([1, 0.5], [2, 1]), mask, bias))
    const { loss } = await run(await open(graph), {}, ['loss'])
    expect(loss[0]).toBeCloseTo(crossEntropy([1.5, 0], 0) + 0.5 * crossEntropy([0.5, 2, 1], 1), 5)
  })
})
