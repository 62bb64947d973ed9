import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadSettings } from '../../../config/load.ts'
import { featureSchemaHash } from '../../../features/schema.ts'
import { featureSettings } from '../../../features/settings.ts'
import { readModelSet } from '../../../funnel/model-set-files.ts'
import { trainerFragments } from '../../../learning/settings.ts'
import { trainModelSet } from '../../../learning/train-model-set.ts'
import { loadArtefact } from '../../../models/artefact.ts'
import { silentProgress } from '../../../telemetry/progress.ts'
import { MemoryEventLog } from '../../fakes/memory-event-log.ts'
import { simulatedJournal } from './simulated-journal.ts'

const settings = loadSettings(trainerFragments, {
  commandLine: {
    'training.queriesMax': '400',
    'training.groupSize': '32',
    'training.ials.dimension': '16',
    'training.ials.epochs': '4',
    'training.content.dimension': '16',
    'training.content.buckets': '4096',
    'training.ranker.epochs': '4',
    'training.ranker.expertWidth': '16',
  },
})
const limits = { itemsMax: 10_000, rowsMax: 20_000 }

let modelsRoot = ''
beforeEach(() => {
  modelsRoot = mkdtempSync(join(tmpdir(), 'sluice-training-'))
})
afterEach(() => rmSync(modelsRoot, { recursive: true, force: true }))

const train = (journal: MemoryEventLog, toSeq?: number) =>
  trainModelSet({
    journal,
    settings,
    limits,
    seed: 7,
    modelsRoot,
    createdAt: 1_700_000_000_000,
    toSeq,
    progress: silentProgress,
  })

describe('training a model set', () => {
  it('writes an artefact whose ranker orders held-out candidates far better than chance', async () => {
    const manifest = await train(await simulatedJournal())
    expect(manifest.metrics['click.auc']).toBeGreaterThan(0.65)
    expect(manifest.objectives.click.trained).toBe(true)
    const schemaHash = featureSchemaHash(settings.of(featureSettings))
    const contents = await readModelSet(await loadArtefact(modelsRoot, manifest.id, schemaHash))
    expect(contents.vocabulary.length).toBeGreaterThan(50)
    expect(contents.ranker?.calibration).toHaveLength(4)
  })

  it('gives the same model for the same journal and seed', async () => {
    const journal = await simulatedJournal()
    const first = await train(journal)
    rmSync(join(modelsRoot, first.id), { recursive: true })
    const second = await train(journal)
    expect(second.files).toEqual(first.files)
  })

  it('looks at nothing behind the record it is told to stop at', async () => {
    const journal = await simulatedJournal()
    const toSeq = Math.floor(journal.lastSeq * 0.8)
    const whole = await train(journal, toSeq)
    rmSync(join(modelsRoot, whole.id), { recursive: true })
    const cut = new MemoryEventLog()
    await cut.append([...journal.read(1, { toSeq })].map(({ record }) => record))
    expect((await train(cut)).files).toEqual(whole.files)
  })

  it('masks an objective that the log has no labels for, and says so', async () => {
    const journal = await simulatedJournal()
    const withoutDislikes = new MemoryEventLog()
    const kept = [...journal.read(1)].filter(({ record }) => record.kind !== 'event' || record.event.type !== 'dislike')
    await withoutDislikes.append(kept.map(({ record }) => record))
    const manifest = await train(withoutDislikes)
    expect(manifest.objectives.negative).toEqual({ trained: false, reason: 'no positive labels' })
  })

  it('refuses a journal with too little history and writes nothing', async () => {
    await expect(train(new MemoryEventLog())).rejects.toThrow(/engagements, training needs/)
    expect(existsSync(modelsRoot) ? readdirSync(modelsRoot) : []).toEqual([])
  })
})
