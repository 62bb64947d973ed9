import { describe, expect, it } from 'vitest'
import { normal } from '../../../../models/engine/initialisers.ts'
import { type Feeds, tensor } from '../../../../models/engine/session.ts'
import { Training, type TrainingSettings } from '../../../../models/engine/training.ts'
import { WeightAverage } from '../../../../models/engine/weight-average.ts'
import { dropout, mul, sub } from '../../../../models/graph/arithmetic.ts'
import type { Graph } from '../../../../models/graph/graph.ts'
import { matmul } from '../../../../models/graph/matrix.ts'
import { reduceMean } from '../../../../models/graph/reduction.ts'
import { GraphError } from '../../../../models/graph/shape.ts'
import { adamDefaults } from '../../../../models/optimizers/adam.ts'

const settings: TrainingSettings = { seed: 3, threads: 1, adam: adamDefaults, schedule: () => 0.05, clipNorm: 1e9 }

/** A regression on batches of some size. */
const regression =
  (rows: number, rate = 0) =>
  (graph: Graph) => {
    const predicted = matmul(graph.input('x', [rows, 2]), graph.parameter('weight', [2, 1], normal(1)))
    const error = sub(dropout(predicted, rate), graph.input('y', [rows, 1]))
    return reduceMean(mul(error, error))
  }

function feeds(rows: number): Feeds {
  const x = Float32Array.from({ length: rows * 2 }, (_, index) => Math.sin(3 * index + rows))
  const y = Float32Array.from({ length: rows }, (_, row) => 2 * x[2 * row] - x[2 * row + 1])
  return { x: tensor(x, [rows, 2]), y: tensor(y, [rows, 1]) }
}

describe('variants of a training', () => {
  it('move the same weights by batches of their own size', async () => {
    const training = await Training.openVariants([regression(4), regression(16)], settings)
    for (let step = 0; step < 400; step++) await training.advance(feeds(step % 2 ? 16 : 4), step % 2)
    expect(training.step).toBe(400)
    const weight = training.parameters.view('weight')
    expect(weight[0]).toBeCloseTo(2, 2)
    expect(weight[1]).toBeCloseTo(-1, 2)
    await training.close()
  })

  it('go on after a checkpoint bit for bit, dropout included', async () => {
    const builds = [regression(4, 0.5), regression(16, 0.5)]
    const [whole, first, second] = await Promise.all([0, 1, 2].map(() => Training.openVariants(builds, settings)))
    const advance = async (training: Training, from: number, to: number) => {
      for (let step = from; step < to; step++) await training.advance(feeds(step % 3 ? 16 : 4), Number(step % 3 > 0))
    }
    await advance(whole, 0, 20)
    await advance(first, 0, 7)
    second.restore(structuredClone(first.checkpoint()))
    await advance(second, 7, 20)
    expect(second.checkpoint()).toEqual(whole.checkpoint())
    await Promise.all([whole, first, second].map(training => training.close()))
  })

  it('are refused when they are not of one model', async () => {
    const other = (graph: Graph) => reduceMean(graph.parameter('other', [2, 1], normal(1)))
    await expect(Training.openVariants([regression(4), other], settings)).rejects.toThrow(GraphError)
    await expect(Training.openVariants([], settings)).rejects.toThrow(GraphError)
  })
})

describe('an average of weights', () => {
  it('follows the weights early on and remembers at the given rate later', async () => {
    const training = await Training.open(regression(4), settings)
    const average = new WeightAverage(training.parameters, 0.9)
    const weight = training.parameters.view('weight')
    weight.fill(1)
    for (let step = 1; step <= 1000; step++) average.update(step)
    expect(average.parameters.view('weight')[0]).toBeCloseTo(1, 5)
    weight.fill(2)
    average.update(1001)
    expect(average.parameters.view('weight')[0]).toBeCloseTo(1.1, 5)
    await training.close()
  })
})
