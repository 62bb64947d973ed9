import { describe, expect, it } from 'vitest'
import { openSession, run, tensor } from '../../../../models/engine/session.ts'
import { exportRanker } from '../../../../models/ranker/ranker.ts'
import { trainRanker } from '../../../../models/ranker/ranker-trainer.ts'
import { objectives, worldFeatures, worldGroup, worldRows } from './ranker-world.ts'

const task = {
  training: worldRows(200, 100),
  validation: worldRows(50, 200),
  features: worldFeatures,
  objectives,
  groupSize: worldGroup,
  seed: 1,
}
const settings = { experts: 0, batchRows: 256, epochs: 3, warmupSteps: 5, learningRate: 0.01, threads: 1 }

describe('a ranker without experts', () => {
  it('is a logistic regression per objective: its logits are linear in the features', async () => {
    const { architecture, standardisation, parameters } = await trainRanker({ ...task, settings })
    expect(parameters.specs.map(({ name }) => name)).toEqual(['wide.weight', 'wide.bias'])
    const session = await openSession(exportRanker(architecture, standardisation, parameters), { threads: 1 })
    const [a, b] = [0, 1].map(row => task.validation.features.subarray(row * worldFeatures, (row + 1) * worldFeatures))
    const between = a.map((value, column) => (value + b[column]) / 2)
    const features = tensor(Float32Array.from([...a, ...b, ...between]), [3, worldFeatures])
    const { logits } = await run(session, { features }, ['logits'])
    for (let k = 0; k < objectives.length; k++) {
      expect(logits[2 * objectives.length + k]).toBeCloseTo((logits[k] + logits[objectives.length + k]) / 2, 4)
    }
  })
})

describe('a judge of epochs', () => {
  it('decides instead of the validation loss, and sees logits of every validation row', async () => {
    const seen: number[] = []
    const judge = (logits: Float32Array) => {
      seen.push(logits.length)
      return seen.length === 2 ? 0 : 1
    }
    const { best } = await trainRanker({ ...task, settings, judge })
    expect(best!.epoch).toBe(2)
    expect(seen).toEqual([1, 2, 3].map(() => task.validation.labels.length))
  })
})
