import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CheckpointCorrupt, loadCheckpoint, saveCheckpoint } from '../../../../models/engine/checkpoint.ts'
import { glorotUniform, normal, ones, zeros } from '../../../../models/engine/initialisers.ts'
import { Parameters } from '../../../../models/engine/parameters.ts'
import { bitsAt, uniformAt } from '../../../../models/engine/random.ts'
import { type Feeds, tensor } from '../../../../models/engine/session.ts'
import { Training, TrainingDiverged, type TrainingSettings } from '../../../../models/engine/training.ts'
import { add, dropout, mul, relu, scale } from '../../../../models/graph/arithmetic.ts'
import type { Graph, Value } from '../../../../models/graph/graph.ts'
import { gather } from '../../../../models/graph/layout.ts'
import { binaryCrossEntropy } from '../../../../models/graph/loss.ts'
import { linear } from '../../../../models/graph/matrix.ts'
import { reduceMean, reduceSum } from '../../../../models/graph/reduction.ts'
import { GraphError } from '../../../../models/graph/shape.ts'
import { adamDefaults } from '../../../../models/optimizers/adam.ts'

const settings: TrainingSettings = { seed: 5, threads: 2, adam: adamDefaults, schedule: () => 0.01, clipNorm: 1 }
const [users, items, width, batch] = [40, 30, 8, 64]

/** A user table stored by rows, a dense item table that is also looked up, dropout and a hidden layer. */
function embeddingModel(graph: Graph): Value {
  const lookup = (name: string, count: number, storage: 'rows' | 'dense') =>
    gather(graph.parameter(name, [count, width], normal(0.3), storage), graph.input(`${name}.index`, [batch], 'int32'))
  const pair = mul(lookup('user', users, 'rows'), lookup('item', items, 'dense'))
  const hidden = relu(
    linear(pair, graph.parameter('hidden', [width, width], glorotUniform), graph.parameter('bias', [width], zeros)),
  )
  const mixed = add(dropout(hidden, 0.2), pair)
  const logits = reduceSum(mul(mixed, graph.parameter('head', [width], ones)), [1], true)
  const weights = graph.constant(new Float32Array(batch).fill(1), [batch, 1])
  return reduceMean(binaryCrossEntropy(logits, graph.input('labels', [batch, 1]), weights))
}

/** Users like items of their own parity. */
function feeds(step: number): Feeds {
  const user = Int32Array.from({ length: batch }, (_, row) => bitsAt(1, step * batch + row) % users)
  const item = Int32Array.from({ length: batch }, (_, row) => bitsAt(2, step * batch + row) % items)
  const labels = Float32Array.from(user, (id, row) => Number(id % 2 === item[row] % 2))
  return {
    'user.index': tensor(user, [batch]),
    'item.index': tensor(item, [batch]),
    labels: tensor(labels, [batch, 1]),
  }
}

async function advance(training: Training, from: number, to: number): Promise<number[]> {
  const losses: number[] = []
  for (let step = from; step < to; step++) losses.push(await training.advance(feeds(step)))
  return losses
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoint-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('training', () => {
  it('learns through tables of both kinds', async () => {
    const training = await Training.open(embeddingModel, settings)
    const losses = await advance(training, 0, 400)
    const mean = (part: number[]) => part.reduce((sum, loss) => sum + loss, 0) / part.length
    expect(mean(losses.slice(0, 20))).toBeGreaterThan(0.6)
    expect(mean(losses.slice(-20))).toBeLessThan(0.2)
    await training.close()
  })

  it('goes on after a checkpoint bit for bit as if it had not stopped', async () => {
    const whole = await Training.open(embeddingModel, settings)
    const losses = await advance(whole, 0, 30)

    const first = await Training.open(embeddingModel, settings)
    await advance(first, 0, 17)
    const path = join(folder, 'resumed')
    await saveCheckpoint(path, first.checkpoint())
    const second = await Training.open(embeddingModel, settings)
    second.restore(await loadCheckpoint(path))
    expect(second.step).toBe(17)
    expect(await advance(second, 17, 30)).toEqual(losses.slice(17))
    expect(second.checkpoint()).toEqual(whole.checkpoint())
    await Promise.all([whole, first, second].map(training => training.close()))
  })

  it('does not depend on the number of threads', async () => {
    const runs = [1, 2].map(async threads => {
      const training = await Training.open(embeddingModel, { ...settings, threads })
      const losses = await advance(training, 0, 10)
      await training.close()
      return losses
    })
    const [one, two] = await Promise.all(runs)
    expect(one).toEqual(two)
  })

  it('moves no further than the clipped gradient allows', async () => {
    const steep = (graph: Graph) => scale(reduceSum(graph.parameter('x', [4], ones)), 1000)
    const training = await Training.open(steep, { ...settings, clipNorm: 0.5 })
    await training.advance({})
    const { first } = training.checkpoint().arrays
    expect(Math.hypot(...first)).toBeCloseTo(0.1 * 0.5, 6)
    await training.close()
  })

  it('stops at a loss that is not finite', async () => {
    const training = await Training.open(
      graph => reduceSum(mul(graph.parameter('x', [2], ones), graph.input('y', [2]))),
      settings,
    )
    await expect(training.advance({ y: tensor(Float32Array.of(1, Number.NaN), [2]) })).rejects.toThrow(TrainingDiverged)
    expect([...training.parameters.view('x')]).toEqual([1, 1])
    await training.close()
  })

  it('refuses indices that the graph computes', async () => {
    const build = (graph: Graph) =>
      reduceSum(gather(graph.parameter('table', [4, 2], zeros), graph.constant([1], [1], 'int32')))
    await expect(Training.open(build, settings)).rejects.toThrow(GraphError)
  })

  it('refuses a checkpoint of another seed or another model', async () => {
    const training = await Training.open(embeddingModel, settings)
    const checkpoint = training.checkpoint()
    expect(() => training.restore({ ...checkpoint, seed: 6 })).toThrow('made with seed 6')
    const arrays = { ...checkpoint.arrays, weights: new Float32Array(3) }
    expect(() => training.restore({ ...checkpoint, arrays })).toThrow('has 3 values of weights')
    await training.close()
  })
})

describe('a checkpoint file', () => {
  const checkpoint = { seed: 1, step: 9, arrays: { a: Float32Array.of(1, -0, 1e-40), b: new Float32Array(0) } }

  it('gives back what was saved, over an older one', async () => {
    const path = join(folder, 'file')
    await saveCheckpoint(path, { ...checkpoint, step: 8 })
    await saveCheckpoint(path, checkpoint)
    expect(await loadCheckpoint(path)).toEqual(checkpoint)
  })

  it.each([
    ['cut short', (bytes: Buffer) => bytes.subarray(0, bytes.length - 1)],
    ['altered', (bytes: Buffer) => bytes.with(bytes.length - 2, 77)],
    ['empty', () => new Uint8Array(0)],
    ['something else', () => new TextEncoder().encode('not a checkpoint')],
  ])('is refused when it is %s', async (_, damage) => {
    const path = join(folder, 'damaged')
    await saveCheckpoint(path, checkpoint)
    await writeFile(path, damage(await readFile(path)))
    await expect(loadCheckpoint(path)).rejects.toThrow(CheckpointCorrupt)
  })
})

describe('parameters', () => {
  const spec = (name: string, storage: 'dense' | 'rows' = 'dense') => ({
    name,
    shape: [3, 2],
    initialise: normal(1),
    storage,
  })

  it('start with values that depend on seed and name, not on their neighbours', () => {
    const alone = Parameters.initialise([spec('b')], 1)
    const together = Parameters.initialise([spec('a'), spec('b'), spec('c', 'rows')], 1)
    expect(together.view('b')).toEqual(alone.view('b'))
    expect(together.view('a')).not.toEqual(together.view('b'))
    expect(Parameters.initialise([spec('b')], 2).view('b')).not.toEqual(alone.view('b'))
    expect(together.flat.length).toBe(12)
  })

  it('name what is known when asked for what is not', () => {
    expect(() => new Parameters([spec('a')]).view('z')).toThrow('no parameter z; known are a')
  })

  it('start inside the bounds of their initialiser', () => {
    const values = new Float32Array(1000)
    glorotUniform(values, [20, 50], 4)
    const limit = Math.sqrt(6 / 70)
    expect(values.every(value => Math.abs(value) <= limit)).toBe(true)
    expect(Math.max(...values)).toBeGreaterThan(0.9 * limit)
    expect(uniformAt(4, 0)).not.toBe(values[0])
  })
})
