import { describe, expect, it } from 'vitest'
import { zeros } from '../../../../models/engine/initialisers.ts'
import { Parameters } from '../../../../models/engine/parameters.ts'
import { normalAt } from '../../../../models/engine/random.ts'
import { openSession, run, tensor } from '../../../../models/engine/session.ts'
import { relu } from '../../../../models/graph/arithmetic.ts'
import { Graph } from '../../../../models/graph/graph.ts'
import { linear } from '../../../../models/graph/matrix.ts'
import { ModelUnreadable, readModel } from '../../../../models/onnx/read-model.ts'
import { calibrationFeeds } from '../../../../models/quantisation/calibration-rows.ts'
import { compareQuantised, quantisationLoss } from '../../../../models/quantisation/compare.ts'
import { CalibrationNotFinite } from '../../../../models/quantisation/observe.ts'
import { NothingToQuantise, quantiseModel } from '../../../../models/quantisation/quantise.ts'
import { exportRanker } from '../../../../models/ranker/ranker.ts'
import { trainRanker } from '../../../../models/ranker/ranker-trainer.ts'
import { exportSequenceEncoder } from '../../../../models/sequence/sequence-encoder.ts'
import { encodeSequence } from '../../../../models/sequence/sequence-model.ts'
import { objectives, worldFeatures, worldGroup, worldRows } from '../ranker/ranker-world.ts'

const heldOut = worldRows(200, 300)
const rowCount = heldOut.features.length / worldFeatures
const feed = (features: Float32Array) => ({
  features: tensor(features, [features.length / worldFeatures, worldFeatures]),
})

async function trainedRanker(): Promise<Uint8Array> {
  const { architecture, standardisation, parameters } = await trainRanker({
    training: worldRows(1200, 100),
    validation: worldRows(200, 200),
    features: worldFeatures,
    objectives,
    groupSize: worldGroup,
    seed: 3,
    settings: {
      experts: 2,
      expertWidth: 16,
      towerWidth: 8,
      batchRows: 512,
      epochs: 6,
      warmupSteps: 10,
      learningRate: 5e-3,
      threads: 1,
    },
  })
  return exportRanker(architecture, standardisation, parameters)
}

const onnx = await trainedRanker()
const calibration = [feed(worldRows(200, 100).features)]
const { onnx: int8, layers } = await quantiseModel(onnx, calibration)

async function logitsOf(model: Uint8Array, features: Float32Array): Promise<Float32Array> {
  const session = await openSession(model, { threads: 1 })
  const { logits } = await run(session, feed(features), ['logits'])
  await session.release()
  return logits
}

/** features [rows, 2] → logits [rows, 2] by the given layers. */
function smallModel(build: (graph: Graph, x: ReturnType<Graph['input']>) => ReturnType<Graph['input']>): Uint8Array {
  const graph = new Graph({ weights: { view: name => weightsOf[name] } })
  graph.output('logits', build(graph, graph.input('features', ['rows', 2])))
  return graph.build('small')
}
const weightsOf: Record<string, Float32Array> = {
  weight: Float32Array.of(1, -0.5, 0.25, 1),
  bias: Float32Array.of(0.5, -1),
}
const layer = (graph: Graph, x: ReturnType<Graph['input']>) =>
  linear(x, graph.parameter('weight', [2, 2], zeros), graph.parameter('bias', [2], zeros))

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i], 0)
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}

describe('an INT8 version of a model', () => {
  it('has the same inputs and outputs, a third of the bytes, and every linear layer in integers', () => {
    const [before, after] = [readModel(onnx), readModel(int8)]
    expect([after.inputs, after.outputs]).toEqual([before.inputs, before.outputs])
    const products = ['Gemm', 'FusedMatMul']
    const constant = new Set(before.initializers.map(({ name }) => name))
    const linearLayers = before.nodes.filter(node => products.includes(node.operator) && constant.has(node.inputs[1]))
    expect(layers).toBe(linearLayers.length)
    expect(after.nodes.filter(node => node.operator === 'QGemm')).toHaveLength(layers)
    expect(after.nodes.some(node => node.operator === 'Gemm')).toBe(false)
    const weightBytes = (model: typeof before) => model.initializers.reduce((sum, { bytes }) => sum + bytes.length, 0)
    expect(weightBytes(after) / weightBytes(before)).toBeLessThan(0.45)
  })

  it('never scales by the batch', () => {
    const { nodes, initializers } = readModel(int8)
    const constants = initializers.map(({ name }) => name)
    expect(nodes.map(({ operator }) => operator)).not.toContain('DynamicQuantizeLinear')
    const quantising = nodes.filter(({ operator }) => operator === 'QuantizeLinear')
    expect(quantising.length).toBeGreaterThan(0)
    for (const { inputs } of quantising) expect(constants).toEqual(expect.arrayContaining(inputs.slice(1)))
  })

  it('stays close to the float model and ranks held-out rows as well', async () => {
    const clock = { ms: () => 0 }
    const { features, labels, weights } = heldOut
    const rows = { features, labels, weights, columns: worldFeatures }
    const report = await compareQuantised(onnx, int8, rows, { clock, objectives, rowsPerRun: 50, runs: 3 })
    expect(report.rows).toBe(rowCount)
    expect(report.maxDifference).toBeGreaterThan(0)
    expect(report.relativeDifference).toBeLessThan(0.05)
    for (const name of objectives) {
      const { floatAuc, int8Auc } = report.objectives[name]
      expect(floatAuc).toBeGreaterThan(0.7)
      expect(Math.abs(int8Auc - floatAuc)).toBeLessThan(0.005)
    }
    expect(report.int8Bytes).toBeLessThan(report.floatBytes)
    const { maxDifference, objectives: aucs } = report
    expect(await quantisationLoss(onnx, int8, rows, objectives)).toMatchObject({ maxDifference, objectives: aucs })
  })

  it('answers a row bit for bit alike whatever rows stand beside it', async () => {
    const together = await logitsOf(int8, heldOut.features)
    const width = objectives.length
    for (const [at, size] of [
      [0, 1],
      [5, 1],
      [17, 7],
      [100, 64],
      [rowCount - 1, 1],
    ]) {
      const part = heldOut.features.slice(at * worldFeatures, (at + size) * worldFeatures)
      expect(await logitsOf(int8, part)).toEqual(together.slice(at * width, (at + size) * width))
    }
    const beside = Float32Array.from([
      ...heldOut.features.slice(0, worldFeatures),
      ...new Float32Array(worldFeatures).fill(1e6),
    ])
    expect((await logitsOf(int8, beside)).slice(0, width)).toEqual(together.slice(0, width))
  })

  it('has the same bytes for the same model and calibration rows', async () => {
    expect((await quantiseModel(onnx, calibration)).onnx).toEqual(int8)
    expect((await quantiseModel(onnx, [feed(worldRows(200, 101).features)])).onnx).not.toEqual(int8)
  })

  it('has weights that need no more than seven bits, eight when asked', async () => {
    const largest = (model: Uint8Array) =>
      Math.max(
        ...readModel(model)
          .initializers.filter(({ type }) => type === 'int8')
          .flatMap(({ bytes }) => [...new Int8Array(bytes.buffer)].map(Math.abs)),
      )
    expect(largest(int8)).toBe(63)
    expect(largest((await quantiseModel(onnx, calibration, { weightBits: 8 })).onnx)).toBe(127)
  })

  it('computes a Relu between two layers by saturation and leaves one before other operations alone', async () => {
    const stacked = smallModel((graph, x) =>
      relu(layer(graph, relu(linear(x, graph.constant([1, 0, 0, 1], [2, 2]), graph.constant([0, 0], [2]))))),
    )
    const features = Float32Array.of(1, -1, -2, 0.5, 0, 0, 2, 2)
    const rows = { features: tensor(features, [4, 2]) }
    const { onnx } = await quantiseModel(stacked, [rows])
    expect(readModel(onnx).nodes.filter(({ operator }) => operator === 'Relu')).toHaveLength(1)
    const session = await openSession(onnx, { threads: 1 })
    const { logits } = await run(session, rows, ['logits'])
    const expected = [1.5, 0, 0.625, 0, 0.5, 0, 3, 0]
    for (const [i, logit] of logits.entries()) expect(logit).toBeCloseTo(expected[i], 1)
    expect(logits[1]).toBe(0)
  })

  it('of the sequence encoder points where the float one does, for histories of any length', async () => {
    const architecture = {
      ...{ items: 50, width: 32, blocks: 2, heads: 2, maxLength: 40, expansion: 2 },
      ...{ feedForward: 'swiglu' as const, gated: true, relativePositions: true },
    }
    const graph = new Graph()
    encodeSequence(graph, graph.input('vectors', ['length', 32]), architecture, { batch: 1, length: 'length' })
    const encoder = exportSequenceEncoder({ architecture, parameters: Parameters.initialise(graph.parameters, 1) })
    const history = (seed: number, length: number) => ({
      vectors: tensor(
        Float32Array.from({ length: length * 32 }, (_, at) => normalAt(seed, at) / 4),
        [length, 32],
      ),
    })
    const calibration = [40, 40, 40, 40, 12, 12, 3, 1, 1, 1].map((length, seed) => history(seed, length))
    const { onnx, layers } = await quantiseModel(encoder, calibration)
    expect(layers).toBeGreaterThan(8)
    const sessions = [await openSession(encoder, { threads: 1 }), await openSession(onnx, { threads: 1 })]
    for (const length of [1, 7, 40]) {
      const [a, b] = await Promise.all(sessions.map(session => run(session, history(9, length), ['query'])))
      expect(cosine(a.query, b.query)).toBeGreaterThan(0.99)
    }
  })

  it('cuts off what is rarer than the coverage', async () => {
    const model = smallModel(layer)
    const features = Float32Array.from({ length: 2000 }, (_, i) => (i === 0 ? 1000 : ((i * 7) % 11) / 11))
    const rows = { features: tensor(features, [1000, 2]) }
    const scaleOf = async (coverage: number) => {
      const { initializers } = readModel((await quantiseModel(model, [rows], { coverage })).onnx)
      return new Float32Array(initializers.find(({ name }) => name === 'features.scale')!.bytes.buffer)[0]
    }
    expect(await scaleOf(1)).toBeCloseTo(1000 / 255)
    expect(await scaleOf(0.99)).toBeLessThan(1 / 255)
  })

  it('is refused where calibration rows are not finite', async () => {
    const rows = { features: tensor(Float32Array.of(1, Number.NaN), [1, 2]) }
    await expect(quantiseModel(smallModel(layer), [rows])).rejects.toThrow(CalibrationNotFinite)
  })

  it('is refused where there is no linear layer', async () => {
    const model = smallModel((_, x) => relu(x))
    await expect(quantiseModel(model, [])).rejects.toThrow(NothingToQuantise)
  })

  it.each<[string, Uint8Array]>([
    ['are cut short', onnx.subarray(0, onnx.length - 50)],
    ['are none', new Uint8Array(0)],
    ['are something else', new TextEncoder().encode('not a model at all')],
  ])('is refused where the bytes %s', async (_, bytes) => {
    await expect(quantiseModel(bytes, calibration)).rejects.toThrow(ModelUnreadable)
  })
})

describe('calibration rows', () => {
  it('are taken evenly from all there are, or are all of them', () => {
    const features = Float32Array.from({ length: 20 }, (_, i) => i)
    const [{ features: some }] = calibrationFeeds(features, 2, 3)
    expect([some.dims, [...(some.data as Float32Array)]]).toEqual([
      [3, 2],
      [0, 1, 6, 7, 12, 13],
    ])
    const [{ features: all }] = calibrationFeeds(features, 2)
    expect(all.data).toEqual(features)
  })
})
