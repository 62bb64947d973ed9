import { describe, expect, it } from 'vitest'
import { normal } from '../../../../models/engine/initialisers.ts'
import { Parameters } from '../../../../models/engine/parameters.ts'
import { normalAt, uniformAt } from '../../../../models/engine/random.ts'
import { openSession, run, tensor } from '../../../../models/engine/session.ts'
import { Graph } from '../../../../models/graph/graph.ts'
import {
  clickColumn,
  exportRanker,
  memberLogits,
  type RankerLoss,
  rankerLoss,
  rankerLossSums,
} from '../../../../models/ranker/ranker.ts'
import { RankerEvaluation } from '../../../../models/ranker/ranker-evaluation.ts'
import { FeatureNotFinite, standardise } from '../../../../models/ranker/standardisation.ts'
import { gradientError } from '../engine/gradient-check.ts'

const [batch, features] = [6, 5]
const objectives = ['click', 'finish', 'positive', 'negative']
const architecture = { features, objectives, members: 2, experts: 3, expertWidth: 4, towerWidth: 3, dropout: 0 }
const loss: RankerLoss = { objectiveWeights: [1, 0.5, 2, 1], listwiseWeight: 0.7, groupSize: 3 }

const raw = Float32Array.from({ length: batch * features }, (_, index) => 5 + 3 * normalAt(9, index))
const standardisation = standardise(raw, features, () => true)
const labels = Float32Array.from({ length: batch * 4 }, (_, index) => Number(uniformAt(2, index) < 0.5))
const weights = Float32Array.from({ length: batch * 4 }, (_, index) => Math.max(0, uniformAt(3, index) * 2 - 0.5))

function trainingLoss(graph: Graph, dropout = 0, losses = loss, members = architecture.members) {
  const shape = { ...architecture, dropout, members }
  const logits = memberLogits(graph, shape, standardisation, { batch, train: true })
  return { members: logits, loss: rankerLoss(graph, rankerLossSums(logits, shape, losses, batch), losses) }
}

/** Weights away from the initial zeros of biases and of the wide part. */
function someParameters(graph: Graph): Parameters {
  return Parameters.initialise(
    graph.parameters.map(spec => ({ ...spec, initialise: normal(0.5) })),
    4,
  )
}

/** The loss of the training graph, without training. */
async function lossOf(
  rows: { features?: Float32Array; labels?: Float32Array; weights?: Float32Array },
  losses = loss,
  members = architecture.members,
): Promise<number> {
  const graph = new Graph()
  graph.output('loss', trainingLoss(graph, 0, losses, members).loss)
  const parameters = someParameters(graph)
  const session = await openSession(graph.build('loss'), { threads: 1 })
  const feeds = {
    features: tensor(rows.features ?? raw, [batch, features]),
    labels: tensor(rows.labels ?? labels, [batch, 4]),
    weights: tensor(rows.weights ?? weights, [batch, 4]),
  }
  const fed = parameters.specs.map(({ name, shape }) => [name, tensor(parameters.view(name), shape)])
  return (await run(session, { ...feeds, ...Object.fromEntries(fed) }, ['loss'])).loss[0]
}

describe('the ranker', () => {
  it.each([0, 0.3])('has exact gradients of all its losses, with dropout %s', async dropout => {
    const data = {
      features: { data: [...raw], shape: [batch, features] },
      labels: { data: [...labels], shape: [batch, 4] },
      weights: { data: [...weights], shape: [batch, 4] },
    }
    expect(await gradientError(graph => trainingLoss(graph, dropout).loss, data, normal(0.5))).toBeLessThan(1e-6)
  })

  it('gives, exported, the mean of the logits its members were trained with, row by row', async () => {
    const graph = new Graph()
    const { members } = trainingLoss(graph)
    for (const [member, logits] of members.entries()) graph.output(`member.${member}`, logits)
    const parameters = someParameters(graph)
    const fed = parameters.specs.map(({ name, shape }) => [name, tensor(parameters.view(name), shape)])
    const input = tensor(raw, [batch, features])
    const training = await openSession(graph.build('training'), { threads: 1 })
    const outputs = await run(training, { features: input, ...Object.fromEntries(fed) }, ['member.0', 'member.1'])
    const logits = outputs['member.0'].map((first, index) => (first + outputs['member.1'][index]) / 2)
    expect(outputs['member.0']).not.toEqual(outputs['member.1'])

    const served = await openSession(exportRanker(architecture, standardisation, parameters), { threads: 1 })
    expect(served.inputMetadata).toMatchObject([{ name: 'features', shape: ['rows', features] }])
    expect(served.outputMetadata).toMatchObject([{ name: 'logits', shape: ['rows', 4] }])
    const together = await run(served, { features: input }, ['logits'])
    for (const [index, value] of together.logits.entries()) expect(value).toBeCloseTo(logits[index], 5)
    for (let row = 0; row < batch; row++) {
      const single = tensor(raw.subarray(row * features, (row + 1) * features), [1, features])
      const alone = (await run(served, { features: single }, ['logits'])).logits
      for (const [index, value] of alone.entries()) expect(value).toBeCloseTo(together.logits[row * 4 + index], 5)
    }
  })

  it('evaluates to the loss that training minimises when it has one member, and to less when several agree on a mean', async () => {
    for (const members of [1, 2]) {
      const shape = { ...architecture, members }
      const graph = new Graph()
      trainingLoss(graph, 0, loss, members)
      const evaluation = await RankerEvaluation.open(shape, standardisation, loss, 1)
      const metrics = await evaluation.evaluate(someParameters(graph), { features: raw, labels, weights })
      const minimised = await lossOf({}, loss, members)
      // The cross-entropy is convex in the logits.
      if (members === 1) expect(metrics.loss).toBeCloseTo(minimised, 5)
      else expect(metrics.loss).toBeLessThan(minimised)
      expect(Object.keys(metrics.objectives)).toEqual(objectives)
      await evaluation.close()
    }
  })

  it('ignores labels of weight 0', async () => {
    const flipped = labels.map((label, index) => (weights[index] === 0 ? 1 - label : label))
    expect(flipped).not.toEqual(labels)
    expect(await lossOf({ labels: flipped })).toBe(await lossOf({}))
  })

  it('counts an objective by the mean over its weights, not by their size', async () => {
    const pointwise = { ...loss, listwiseWeight: 0 }
    const heavier = weights.map((weight, index) => (index % 4 === 2 ? 10 * weight : weight))
    expect(await lossOf({ weights: heavier }, pointwise)).toBeCloseTo(await lossOf({}, pointwise), 5)
  })

  it('has a finite loss when a batch has no label at all', async () => {
    expect(await lossOf({ weights: new Float32Array(batch * 4) })).toBe(0)
  })

  it('ranks listwise within groups with a click only, and without masked rows', async () => {
    const listwise = { ...loss, objectiveWeights: [0, 0, 0, 0], listwiseWeight: 1 }
    const clicks = (...values: number[]) =>
      Float32Array.from({ length: batch * 4 }, (_, index) => (index % 4 ? 0 : values[index / 4]))
    const shown = clicks(1, 1, 0, 1, 1, 1)
    const oneGroup = await lossOf({ labels: clicks(1, 0, 0, 0, 0, 0), weights: shown }, listwise)
    const moved = raw.map((value, index) =>
      index >= 3 * features || Math.floor(index / features) === 2 ? value + 1 : value,
    )
    expect(await lossOf({ labels: clicks(1, 0, 1, 0, 0, 0), weights: shown, features: moved }, listwise)).toBe(oneGroup)
    expect(oneGroup).toBeGreaterThan(0)
    expect(await lossOf({ labels: clicks(0, 0, 0, 0, 0, 0), weights: shown }, listwise)).toBe(0)
  })

  it('needs the click objective for a listwise loss', () => {
    expect(() => clickColumn({ ...architecture, objectives: ['finish'] })).toThrow("needs the objective 'click'")
  })
})

describe('standardisation', () => {
  it('brings columns to mean 0 and deviation 1, however large their offset', () => {
    const columns = Float32Array.from({ length: 4000 }, (_, index) =>
      index % 2 ? 1e6 + 10 * normalAt(1, index) : normalAt(2, index),
    )
    const { mean, inverseDeviation } = standardise(columns, 2, () => true)
    expect(mean[1]).toBeCloseTo(1e6, -1)
    expect(1 / inverseDeviation[1]).toBeGreaterThan(9)
    expect(1 / inverseDeviation[1]).toBeLessThan(11)
  })

  it('switches constant columns off, and leaves padding out', () => {
    const { mean, inverseDeviation } = standardise(Float32Array.of(0.1, 1, 0.1, 3, 99, 99), 2, row => row < 2)
    expect(mean[1]).toBe(2)
    expect([...inverseDeviation]).toEqual([0, 1])
  })

  it('switches off what hardly moves, so that an ordinary value later is not thousands of deviations', () => {
    const columns = Float32Array.from({ length: 2000 }, (_, index) => (index % 2 ? 1 : 1e-6) * normalAt(1, index))
    const { inverseDeviation } = standardise(columns, 2, () => true)
    expect(inverseDeviation[0]).toBe(0)
    expect(inverseDeviation[1]).toBeCloseTo(1, 1)
  })

  it('names the first feature that is not finite', () => {
    expect(() => standardise(Float32Array.of(1, 2, 3, Number.NaN), 2, () => true)).toThrow(FeatureNotFinite)
    expect(() => standardise(Float32Array.of(1, 2, 3, Number.NaN), 2, () => true)).toThrow('column 1 of row 1 is NaN')
  })
})
