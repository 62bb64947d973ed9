import { describe, expect, it } from 'vitest'
import { openSession, run, tensor } from '../../../../models/engine/session.ts'
import { exportRanker } from '../../../../models/ranker/ranker.ts'
import { RankerDataInvalid } from '../../../../models/ranker/ranker-data.ts'
import {
  type RankerTrainerSettings,
  type RankerTrainingTask,
  trainRanker,
} from '../../../../models/ranker/ranker-trainer.ts'
import { auc, objectives, worldFeatures, worldGroup, worldRows } from './ranker-world.ts'

const training = worldRows(1500, 100)
const validation = worldRows(300, 200)
const task: RankerTrainingTask = {
  training,
  validation,
  features: worldFeatures,
  objectives,
  groupSize: worldGroup,
  seed: 3,
}
const small: Partial<RankerTrainerSettings> = {
  experts: 3,
  members: 2,
  expertWidth: 16,
  towerWidth: 8,
  batchRows: 512,
  epochs: 3,
  warmupSteps: 10,
  learningRate: 5e-3,
  threads: 1,
}

describe('training the ranker', () => {
  it('learns every objective of a world that no linear model can rank, and serves what it learned', async () => {
    const {
      architecture,
      standardisation,
      parameters,
      best,
      objectives: status,
    } = await trainRanker({
      ...task,
      settings: { ...small, epochs: 15, dropout: 0.05 },
    })
    expect(best!.validation.loss).toBeLessThan(2.3)
    expect(status).toEqual(Object.fromEntries(objectives.map(name => [name, { trained: true }])))

    const heldOut = worldRows(500, 300)
    const session = await openSession(exportRanker(architecture, standardisation, parameters), { threads: 1 })
    const input = tensor(heldOut.features, [heldOut.features.length / worldFeatures, worldFeatures])
    const { logits } = await run(session, { features: input }, ['logits'])
    for (const [column, name] of objectives.entries())
      expect([name, auc(logits, heldOut, column) > 0.84]).toEqual([name, true])
  })

  it('gives the same weights for the same seed, others for another', async () => {
    const runs = [3, 3, 4].map(seed => trainRanker({ ...task, seed, settings: small }))
    const [first, again, other] = (await Promise.all(runs)).map(({ parameters }) => parameters.flat)
    expect(again).toEqual(first)
    expect(other).not.toEqual(first)
  })

  it('keeps the weights of the best epoch and stops when patience ends', async () => {
    const memorable = { ...task, training: worldRows(40, 100), validation: worldRows(100, 200) }
    const long = { ...small, batchRows: 64, epochs: 200, patience: 2, learningRate: 0.02 }
    const { stopped, best, history, parameters } = await trainRanker({ ...memorable, settings: long })
    expect(stopped).toBe('patience')
    expect(history.length).toBe(best!.epoch + 2)
    expect(Math.min(...history.map(epoch => epoch.validation.loss))).toBe(best!.validation.loss)
    // A shorter run of the same schedule would end elsewhere, so the weights are compared through cancelling at that epoch.
    let steps = 0
    const isCancelled = () => steps++ >= best!.step
    const cancelled = await trainRanker({ ...memorable, settings: long, isCancelled })
    expect(cancelled.parameters.flat).toEqual(parameters.flat)
  })

  it('ends at once when cancelled, and says so', async () => {
    const epochs: number[] = []
    const { stopped, history, best } = await trainRanker({
      ...task,
      settings: small,
      onProgress: ({ epoch }) => epochs.push(epoch),
      isCancelled: () => epochs.length === 1,
    })
    expect([stopped, history.length, best!.epoch]).toEqual(['cancelled', 1, 1])
    const never = await trainRanker({ ...task, settings: small, isCancelled: () => true })
    expect([never.stopped, never.history, never.best]).toEqual(['cancelled', [], undefined])
  })

  it('reports objectives that the rows cannot teach, and trains the others', async () => {
    const labels = training.labels.map((label, index) => (index % 4 === 3 ? 0 : label))
    const weights = training.weights.map((weight, index) => (index % 4 === 1 ? 0 : weight))
    const settings = { ...small, epochs: 1 }
    const result = await trainRanker({ ...task, training: { ...training, labels, weights }, settings })
    expect(result.objectives).toEqual({
      click: { trained: true },
      finish: { trained: false, reason: 'no labelled rows' },
      positive: { trained: true },
      negative: { trained: false, reason: 'no positive labels' },
    })
    const { click, positive } = result.best!.validation.objectives
    expect(result.best!.validation.loss).toBeCloseTo(click + positive + 0.5 * result.best!.validation.listwise!, 5)
  })

  it('starts from how frequent each objective is', async () => {
    const labels = training.labels.map((_, index) => Number(index % 4 === 0 && index % 400 === 0))
    const start = { ...task, training: { ...training, labels }, settings: small, isCancelled: () => true }
    const { parameters } = await trainRanker(start)
    expect([...parameters.view('wide.bias')]).toEqual([expect.closeTo(Math.log(1 / 99), 5), 0, 0, 0])
  })

  it('does without a listwise loss where there is no click', async () => {
    const { best } = await trainRanker({ ...task, objectives: ['a', 'b', 'c', 'd'], settings: { ...small, epochs: 1 } })
    expect(best!.validation.listwise).toBeUndefined()
  })

  it.each([
    [
      'no rows',
      { training: { features: new Float32Array(0), labels: new Float32Array(0), weights: new Float32Array(0) } },
      'there are none',
    ],
    ['a wrong number of columns', { features: 7 }, 'do not divide into 7 columns'],
    ['rows that are no whole groups', { groupSize: 7 }, 'do not divide into groups of 7'],
    ['a wrong number of labels', { objectives: ['click'] }, 'need 12000 labels, there are 48000'],
    ['a label outside [0, 1]', { training: { ...training, labels: training.labels.with(9, 2) } }, 'label 2 of row 2'],
    ['a negative weight', { training: { ...training, weights: training.weights.with(5, -1) } }, 'weight -1 of row 1'],
    [
      'a validation weight that is no number',
      { validation: { ...validation, weights: validation.weights.with(0, Number.NaN) } },
      'validation rows',
    ],
  ])('refuses %s', async (_, change, message) => {
    const attempt = trainRanker({ ...task, ...change })
    await expect(attempt).rejects.toThrow(RankerDataInvalid)
    await expect(attempt).rejects.toThrow(message)
  })
})
