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
    'training.twoTower.dimension': '8',
    'training.twoTower.itemHidden': '8',
    'training.twoTower.userHidden': '8',
    'training.twoTower.batchSize': '64',
    'training.twoTower.negatives': '64',
    'training.twoTower.epochs': '2',
    'training.twoTower.examplesPerEpoch': '512',
    'training.sequence.width': '16',
    'training.sequence.epochs': '4',
    'training.sequence.maxLength': '20',
  },
})

/** Retrieval on the simulated journal, up to a share of it, with how many epochs its towers and its sequence model were given. */
async function fitted(share: number, earlier?: RetrievalWeights) {
  const journal = await simulatedJournal()
  const epochs: Record<string, number> = {}
  const progress: Progress = {
    ...silentProgress,
    step(name, total = 0) {
      epochs[name] = total
    },
  }
  const through = Math.floor(journal.lastSeq * share)
  const retrieval = await fitRetrievalAsOf({ journal, settings, seed: 3, progress }, through, earlier)
  return { ...retrieval, epochs }
}

describe('retrieval that goes on from an earlier fit', () => {
  it('takes half as many epochs for what is trained step by step, and other vectors come of it', async () => {
    const older = await fitted(0.7)
    expect(older.epochs).toMatchObject({ 'Two towers': 2, 'Sequence model': 4 })
    const later = await fitted(1, older.weights)
    expect(later.epochs).toMatchObject({ 'Two towers': 1, 'Sequence model': 2 })
    const drawn = await fitted(1)
    expect(later.contents.vocabulary).toEqual(drawn.contents.vocabulary)
    expect(later.contents.sequence!.vectors).not.toEqual(drawn.contents.sequence!.vectors)
    expect(later.contents.twoTower!.ids).not.toEqual(drawn.contents.twoTower!.ids)
    expect(later.contents.collaborative).toEqual(drawn.contents.collaborative)
  })

  it('begins anew where items are not numbered as they were', async () => {
    const older = await fitted(0.7)
    const vocabulary = older.weights.vocabulary.toReversed()
    const later = await fitted(1, { ...older.weights, vocabulary })
    expect(later.epochs).toMatchObject({ 'Two towers': 2, 'Sequence model': 4 })
    expect(later.contents.sequence).toEqual((await fitted(1)).contents.sequence)
  })
})
