import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { uniformAt } from '../../../../models/engine/random.ts'
import { openSession, run, tensor } from '../../../../models/engine/session.ts'
import { Graph } from '../../../../models/graph/graph.ts'
import { type Histories, historyOf } from '../../../../models/histories.ts'
import { exportSequenceEncoder, SequenceEncoder } from '../../../../models/sequence/sequence-encoder.ts'
import { sequenceLoss, sequenceScores } from '../../../../models/sequence/sequence-loss.ts'
import type { SequenceTrainerSettings } from '../../../../models/sequence/sequence-settings.ts'
import {
  type SequenceTrainingTask,
  sequenceItemVectors,
  type TrainedSequence,
  trainSequence,
} from '../../../../models/sequence/sequence-trainer.ts'
import { gradientError } from '../engine/gradient-check.ts'

const items = 24

/** Everybody walks the catalogue in a circle, by steps of 1 or by steps of 5: the next item needs two items of history. */
function walks(from: (user: number) => number, to: (user: number) => number): Histories {
  const users = 72
  const parts = Array.from({ length: users }, (_, user) => {
    const start = Math.floor(uniformAt(8, user) * items)
    const stride = user % 2 ? 1 : 5
    return Array.from({ length: to(user) - from(user) }, (_, place) => (start + stride * (from(user) + place)) % items)
  })
  const offsets = new Uint32Array(users + 1)
  for (const [user, part] of parts.entries()) offsets[user + 1] = offsets[user] + part.length
  return { users, items, offsets, itemOf: Uint32Array.from(parts.flat()) }
}

const length = (user: number) => 4 + (user % 9)
const settings: Partial<SequenceTrainerSettings> = {
  width: 16,
  blocks: 2,
  heads: 2,
  maxLength: 8,
  relativePositions: true,
  gated: true,
  feedForward: 'swiglu',
  batchTokens: 96,
  bucketStep: 4,
  epochs: 14,
  learningRate: 0.02,
  warmupSteps: 5,
  averageDecay: 0.8,
}
const task: SequenceTrainingTask = {
  histories: walks(() => 0, length),
  validation: walks(length, user => length(user) + 1),
  settings,
  seed: 2,
  threads: 1,
}

let folder: string
let trained: TrainedSequence
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sequence-'))
  trained = await trainSequence(task)
})
afterAll(() => rm(folder, { recursive: true }))

describe('a trained sequence model', () => {
  it('knows what comes next where that follows from two items together', () => {
    const best = trained.history[trained.bestEpoch - 1]
    expect(best.validation!.ndcg10).toBeGreaterThan(0.9)
    expect(best.validation!.ndcg10).toBe(Math.max(...trained.history.map(epoch => epoch.validation!.ndcg10)))
  })

  it('is exported as an encoder whose scores are those of the graph it was validated with', async () => {
    const { architecture, parameters } = trained
    const graph = new Graph({ weights: parameters })
    sequenceScores(graph, architecture, { batch: 1, length: architecture.maxLength })
    const session = await openSession(graph.build('scores'), { threads: 1 })
    const { maxLength, width } = architecture
    const encoder = await SequenceEncoder.open(exportSequenceEncoder(trained), {
      threads: 1,
      maxLength,
      dimension: width,
    })
    const table = sequenceItemVectors(trained)
    for (let user = 0; user < 20; user++) {
      const history = historyOf(task.histories, user).slice(-maxLength)
      const tokens = new Int32Array(maxLength)
      tokens.set(history)
      const feeds = { tokens: tensor(tokens, [maxLength]), places: tensor(Int32Array.of(history.length - 1), [1]) }
      const { scores } = await run(session, feeds, ['scores'])
      const vectors = new Float32Array(maxLength * width)
      for (const [place, item] of history.entries()) {
        vectors.set(table.subarray(item * width, (item + 1) * width), place * width)
      }
      const query = new Float32Array(width)
      await encoder.encode(vectors, history.length, query)
      for (let item = 0; item < items; item++) {
        const score = query.reduce((sum, value, column) => sum + value * table[item * width + column], 0)
        expect(Math.abs(score - scores[item])).toBeLessThan(1e-4)
      }
    }
    await Promise.all([session.release(), encoder.close()])
  })

  it('refuses a history that it was not exported for', async () => {
    const options = { threads: 1, maxLength: 8, dimension: 16 }
    const encoder = await SequenceEncoder.open(exportSequenceEncoder(trained), options)
    const out = new Float32Array(16)
    await expect(encoder.encode(new Float32Array(9 * 16), 9, out)).rejects.toThrow(RangeError)
    await expect(encoder.encode(new Float32Array(16), 0, out)).rejects.toThrow(RangeError)
    await expect(encoder.encode(new Float32Array(16), 2, out)).rejects.toThrow(RangeError)
    await encoder.close()
  })
})

describe('a training that goes on from an earlier one', () => {
  const again = { ...task, settings: { ...settings, epochs: 1, warmupSteps: 1, learningRate: 0.002 } }

  it('knows at once what that one had learned', async () => {
    const [drawn, goingOn] = [
      await trainSequence(again),
      await trainSequence({ ...again, initial: trained.parameters }),
    ]
    expect(drawn.history[0].validation!.ndcg10).toBeLessThan(0.5)
    expect(goingOn.history[0].validation!.ndcg10).toBeGreaterThan(0.9)
  })

  it('leaves the earlier weights as they were', async () => {
    const before = trained.parameters.flat.slice()
    await trainSequence({ ...again, initial: trained.parameters })
    expect(trained.parameters.flat).toEqual(before)
  })

  it('is refused with weights of another size', async () => {
    const wider = { ...again, settings: { ...again.settings, width: 32 } }
    await expect(trainSequence({ ...wider, initial: trained.parameters })).rejects.toThrow(RangeError)
  })
})

describe('training', () => {
  it.each([
    ['all items', 0],
    ['drawn negatives', 16],
  ])('on %s gives bit for bit the same after an interruption as without one', async (name, negatives) => {
    const short = { ...task, settings: { ...settings, negatives, epochs: 4 } }
    const whole = await trainSequence(short)
    const checkpointPath = join(folder, name)
    let epochs = 0
    const interrupted = await trainSequence({
      ...short,
      checkpointPath,
      onEpoch: () => epochs++,
      isCancelled: () => epochs === 2,
    })
    expect(interrupted.stopped).toBe('cancelled')
    const resumed = await trainSequence({ ...short, checkpointPath })
    expect(resumed.history).toEqual(whole.history.slice(2))
    expect(resumed.bestEpoch).toBe(whole.bestEpoch)
    expect(resumed.parameters.flat).toEqual(whole.parameters.flat)
    expect(sequenceItemVectors(resumed)).toEqual(sequenceItemVectors(whole))
  })

  it('stops when validation has not risen for as long as its patience, and keeps the best', async () => {
    const { stopped, bestEpoch, history } = await trainSequence({
      ...task,
      settings: { ...settings, patience: 1, epochs: 200 },
    })
    expect(stopped).toBe('patience')
    expect(bestEpoch).toBe(history.length - 1)
  })

  it('learns from drawn negatives too', async () => {
    const { bestEpoch, history } = await trainSequence({ ...task, settings: { ...settings, negatives: 8 } })
    expect(history[bestEpoch - 1].validation!.ndcg10).toBeGreaterThan(0.85)
  })

  it('needs no held-out items', async () => {
    const { validation: _, ...rest } = task
    const { bestEpoch, history } = await trainSequence({ ...rest, settings: { ...settings, epochs: 2 } })
    expect(bestEpoch).toBe(2)
    expect(history[1].validation).toBeUndefined()
    expect(history[1].trainingLoss).toBeLessThan(history[0].trainingLoss)
  })

  it('refuses histories without a pair of items, and heads that do not divide the width', async () => {
    const lonely = walks(
      () => 0,
      () => 1,
    )
    await expect(trainSequence({ ...task, histories: lonely })).rejects.toThrow('No history has two items')
    await expect(trainSequence({ ...task, settings: { ...settings, heads: 3 } })).rejects.toThrow('3 heads')
  })
})

describe('the loss of the whole model', () => {
  it.each([
    ['as in SASRec', { gated: false, feedForward: 'relu', relativePositions: false, heads: 1 }],
    ['with gates, SwiGLU and distances', { gated: true, feedForward: 'swiglu', relativePositions: true, heads: 2 }],
  ] as const)('%s has a gradient that agrees with finite differences', async (_, variant) => {
    const architecture = { items: 5, width: 4, blocks: 2, maxLength: 4, expansion: 2, ...variant }
    const dropping = { dropout: 0.2, attentionDropout: 0.3, negatives: 0 }
    const error = await gradientError(
      graph => sequenceLoss(graph, architecture, { batch: 2, length: 3 }, dropping),
      {
        tokens: { data: Int32Array.of(1, 3, 4, 0, 2, 0), shape: [6] },
        places: { data: Int32Array.of(0, 1, 2, 3, 4), shape: [5] },
        labels: { data: Int32Array.of(3, 4, 1, 2, 2), shape: [5] },
        weights: { data: [0.2, 0.2, 0.2, 0.2, 0.2], shape: [5, 1] },
      },
      (values, _shape, key) => {
        for (let index = 0; index < values.length; index++) values[index] = uniformAt(key, index) - 0.5
      },
    )
    expect(error).toBeLessThan(1e-5)
  })
})
