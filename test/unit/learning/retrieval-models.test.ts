import { describe, expect, it } from 'vitest'
import { loadSettings } from '../../../config/load.ts'
import { fitRetrievalAsOf } from '../../../learning/retrieval-as-of.ts'
import type { RetrievalWeights } from '../../../learning/retrieval-models.ts'
import { trainerFragments } from '../../../learning/settings.ts'
import { type Progress, silentProgress } from '../../../telemetry/progress.ts'
import { simulatedJournal } from './simulated-journal.ts'

const settings = loadSettings(trainerFragments, {
  commandLine: {
    'training.ials.dimension': '8',
    'training.ials.epochs': '1',
    'training.content.dimension': '8',
    'training.content.buckets': '4096',
    'training.twoTower.enabled': 'false',
    'training.sequence.width': '16',
    'training.sequence.epochs': '4',
    'training.sequence.maxLength': '20',
  },
})

/** Retrieval on the simulated journal, up to a share of it, with how many epochs its sequence model was given. */
async function fitted(share: number, earlier?: RetrievalWeights) {
  const journal = await simulatedJournal()
  let epochs = 0
  const progress: Progress = {
    ...silentProgress,
    step(name, total = 0) {
      if (name === 'Sequence model') epochs = total
    },
  }
  const through = Math.floor(journal.lastSeq * share)
  const retrieval = await fitRetrievalAsOf({ journal, settings, seed: 3, progress }, through, earlier)
  return { ...retrieval, epochs }
}

describe('retrieval that goes on from an earlier fit', () => {
  it('takes half as many epochs for the sequence model, and other vectors come of it', async () => {
    const older = await fitted(0.7)
    expect(older.epochs).toBe(4)
    const later = await fitted(1, older.weights)
    expect(later.epochs).toBe(2)
    const drawn = await fitted(1)
    expect(later.contents.vocabulary).toEqual(drawn.contents.vocabulary)
    expect(later.contents.sequence!.vectors).not.toEqual(drawn.contents.sequence!.vectors)
    expect(later.contents.collaborative).toEqual(drawn.contents.collaborative)
  })

  it('begins anew where items are not numbered as they were', async () => {
    const older = await fitted(0.7)
    const vocabulary = older.weights.vocabulary.toReversed()
    const later = await fitted(1, { ...older.weights, vocabulary })
    expect(later.epochs).toBe(4)
    expect(later.contents.sequence).toEqual((await fitted(1)).contents.sequence)
  })
})
