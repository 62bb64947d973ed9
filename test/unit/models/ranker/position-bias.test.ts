import { describe, expect, it } from 'vitest'
import { normalAt, uniformAt } from '../../../../models/engine/random.ts'
import { openSession, run, tensor } from '../../../../models/engine/session.ts'
import { exportRanker } from '../../../../models/ranker/ranker.ts'
import { RankerDataInvalid, type RankerRows } from '../../../../models/ranker/ranker-data.ts'
import { type TrainedRanker, trainRanker } from '../../../../models/ranker/ranker-trainer.ts'

const places = 6
const rows = 6000
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))
/** What a place takes from the log-odds of a click. */
const loss = (place: number) => -0.8 * place
const truth = (x: readonly number[]) => x[0] - x[1]

/** A former ranker put what is high in the second feature first, although people do not care for it: they dislike it. */
function biasedRows(seed: number): Required<RankerRows> {
  const features = new Float32Array(rows * 2)
  const labels = new Float32Array(rows)
  const shown = new Int32Array(rows)
  for (let row = 0; row < rows; row++) {
    const x = [normalAt(seed, 2 * row), normalAt(seed, 2 * row + 1)]
    features.set(x, 2 * row)
    const place = Math.round(2.5 - 1.5 * x[1] + normalAt(seed + 1, row))
    shown[row] = Math.min(places - 1, Math.max(0, place))
    labels[row] = Number(uniformAt(seed + 2, row) < sigmoid(truth(x) + loss(shown[row])))
  }
  return { features, labels, weights: new Float32Array(rows).fill(1), places: shown }
}

const training = biasedRows(10)
const validation = biasedRows(20)

const train = (debiased: boolean) =>
  trainRanker({
    training,
    validation,
    features: 2,
    objectives: ['click'],
    groupSize: 1,
    seed: 1,
    places: debiased ? places : undefined,
    settings: {
      experts: 2,
      expertWidth: 8,
      towerWidth: 4,
      batchRows: 256,
      epochs: 30,
      patience: 30,
      warmupSteps: 10,
      learningRate: 0.02,
      dropout: 0,
      weightDecay: 0.01,
      listwiseWeight: 0,
      threads: 1,
    },
    // Validation is biased as training is, so its loss cannot tell; the last epoch is as good as any.
    judge: countDown(),
  })

function countDown(): () => number {
  let next = 0
  return () => next--
}

/** Correlation of the served logits with the true log-odds at one place. */
async function agreement({ architecture, standardisation, parameters }: TrainedRanker): Promise<number> {
  const model = exportRanker(architecture, standardisation, parameters)
  const session = await openSession(model, { threads: 1 })
  expect(session.inputNames).toEqual(['features'])
  const { logits } = await run(session, { features: tensor(validation.features, [rows, 2]) }, ['logits'])
  const truths = Array.from({ length: rows }, (_, row) =>
    truth([...validation.features.subarray(2 * row, 2 * row + 2)]),
  )
  return correlation([...logits], truths)
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [meanA, meanB] = [mean(a), mean(b)]
  const covariance = mean(a.map((value, row) => (value - meanA) * (b[row] - meanB)))
  const variance = (values: readonly number[], centre: number) => mean(values.map(value => (value - centre) ** 2))
  return covariance / Math.sqrt(variance(a, meanA) * variance(b, meanB))
}

describe('position bias', () => {
  it('is taken out: the ranker that learned places recovers what people like, the other what was shown first', async () => {
    const debiased = await train(true)
    const naive = await train(false)
    expect(await agreement(debiased)).toBeGreaterThan(0.95)
    expect(await agreement(naive)).toBeLessThan(0.8)
    // The first place is what the others are measured from, and each later one was seen to cost more.
    const learned = [...debiased.parameters.view('position.bias')]
    expect(learned[0]).toBe(0)
    expect(learned).toEqual([...learned].sort((one, other) => other - one))
  })

  it('needs a place for every row, within range', async () => {
    const task = { training, validation, features: 2, objectives: ['click'], groupSize: 1, seed: 1 }
    await expect(trainRanker({ ...task, places: 3 })).rejects.toThrow(RankerDataInvalid)
    const { places: _, ...unplaced } = training
    await expect(trainRanker({ ...task, training: unplaced, places })).rejects.toThrow('6000 rows need 6000 places')
  })
})
