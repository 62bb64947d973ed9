import { normalAt, uniformAt } from '../../models/engine/random.ts'
import { tensor } from '../../models/engine/session.ts'
import { Training } from '../../models/engine/training.ts'
import { adamDefaults } from '../../models/optimizers/adam.ts'
import { learningRateSchedule } from '../../models/optimizers/schedule.ts'
import { memberLogits, rankerDefaults, rankerLoss, rankerLossSums } from '../../models/ranker/ranker.ts'
import { rankerTrainerDefaults } from '../../models/ranker/ranker-trainer.ts'
import type { StepKind } from './steps.ts'

export interface RankerSize {
  readonly features: number
  readonly experts: number
  readonly expertWidth: number
  readonly batch: number
  readonly groupSize: number
}

const objectives = ['click', 'finish', 'positive', 'negative']

/** A step of the ranker with both losses, as its trainer takes it. */
export function rankerStep(size: RankerSize, threads: number, referenceMs: number | null): StepKind {
  const { features, experts, expertWidth, batch, groupSize } = size
  return {
    id: `ranker-${expertWidth}`,
    name: 'MMoE',
    work: `${features} inputs, ${experts} experts of ${expertWidth}, ${objectives.length} tasks, batch ${batch}`,
    referenceMs,
    async open() {
      const { dropout } = rankerDefaults
      const towerWidth = 32
      const architecture = { features, objectives, members: 1, experts, expertWidth, towerWidth, dropout }
      const neutral = (value: number) => new Float32Array(features).fill(value)
      const standardisation = { mean: neutral(0), inverseDeviation: neutral(1) }
      const { listwiseWeight, clipNorm, weightDecay } = rankerTrainerDefaults
      const loss = { objectiveWeights: objectives.map(() => 1), listwiseWeight, groupSize }
      const training = await Training.open(
        graph => {
          const logits = memberLogits(graph, architecture, standardisation, { batch, train: true })
          return rankerLoss(graph, rankerLossSums(logits, architecture, loss, batch), loss)
        },
        {
          ...{ seed: 1, threads, clipNorm, adam: { ...adamDefaults, weightDecay } },
          schedule: learningRateSchedule(rankerTrainerDefaults, 1000),
        },
      )
      const labels = Float32Array.from({ length: batch * objectives.length }, (_, at) =>
        uniformAt(2, at) < 0.1 ? 1 : 0,
      )
      const inputs = Float32Array.from({ length: batch * features }, (_, at) => normalAt(1, at))
      const feeds = {
        features: tensor(inputs, [batch, features]),
        labels: tensor(labels, [batch, objectives.length]),
        weights: tensor(new Float32Array(labels.length).fill(1), [batch, objectives.length]),
      }
      return { step: () => training.advance(feeds), close: () => training.close() }
    },
  }
}
