import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { loadSettings } from '../../../config/load.ts'
import { Role } from '../../../domain/roles.ts'
import { readModelSet } from '../../../funnel/model-set-files.ts'
import { schemaHashOf } from '../../../funnel/schema-hash.ts'
import { NotEnoughData } from '../../../learning/not-enough-data.ts'
import { OfflineFunnel } from '../../../learning/offline-funnel.ts'
import { RankerRowCollector } from '../../../learning/ranker-rows.ts'
import { trainerFragments } from '../../../learning/settings.ts'
import { trainModelSet } from '../../../learning/train-model-set.ts'
import { loadArtefact } from '../../../models/artefact/artefact.ts'
import { silentProgress } from '../../../telemetry/progress.ts'
import { MemoryEventLog } from '../../fakes/memory-event-log.ts'
import { smallModels } from '../../fakes/small-models.ts'
import { simulatedJournal } from './simulated-journal.ts'

const small = {
  ...smallModels,
  'training.queriesMax': '400',
  'training.groupSize': '32',
  'training.content.buckets': '4096',
  'training.ranker.epochs': '4',
  'training.ranker.expertWidth': '16',
  'training.sequence.epochs': '1',
  'training.sequence.maxLength': '20',
}
const settings = loadSettings(trainerFragments, { commandLine: small })
const limits = { itemsMax: 10_000, rowsMax: 20_000 }

let modelsRoot = ''
beforeEach(() => {
  modelsRoot = mkdtempSync(join(tmpdir(), 'sluice-training-'))
})
afterEach(() => rmSync(modelsRoot, { recursive: true, force: true }))

const train = (journal: MemoryEventLog, toSeq?: number, given = settings) =>
  trainModelSet({
    journal,
    settings: given,
    limits,
    seed: 7,
    modelsRoot,
    createdAt: 1_700_000_000_000,
    toSeq,
    progress: silentProgress,
  })

/** The simulated journal, where everything that people did beyond looking means the same. */
async function withRoles(roles: number): Promise<MemoryEventLog> {
  const journal = new MemoryEventLog()
  await journal.append(
    [...(await simulatedJournal()).read(1)].map(({ record }) =>
      record.kind !== 'event' || record.event.type === 'impression'
        ? record
        : { ...record, event: { ...record.event, roles } },
    ),
  )
  return journal
}

describe('training a model set', () => {
  it('writes an artefact whose ranker orders held-out candidates far better than chance', async () => {
    const manifest = await train(await simulatedJournal())
    // Most candidates were never shown, so what the system before chose to show bounds how well any order can do.
    expect(manifest.metrics['click.auc']).toBeGreaterThan(0.6)
    expect(manifest.objectives.click.trained).toBe(true)
    const schemaHash = schemaHashOf(settings)
    const contents = await readModelSet(await loadArtefact(modelsRoot, manifest.id, schemaHash))
    expect(contents.vocabulary.length).toBeGreaterThan(50)
    expect(contents.ranker?.calibration).toHaveLength(4)
    expect(contents.twoTower).toMatchObject({ dimension: 16 })
    expect(contents.sequence).toMatchObject({ dimension: 16, maxLength: 20 })
    expect(manifest.spaces.sequence).toMatchObject({ dimension: 16, normalised: false })
  })

  it('gives the same model for the same journal and seed', async () => {
    const journal = await simulatedJournal()
    const first = await train(journal)
    rmSync(join(modelsRoot, first.id), { recursive: true })
    const second = await train(journal)
    expect(second.files).toEqual(first.files)
  })

  it('serves the ranker in INT8 where that is set, calibrated as it serves, at little loss', async () => {
    const journal = await simulatedJournal()
    const float = await train(journal)
    rmSync(join(modelsRoot, float.id), { recursive: true })
    const int8 = await train(
      journal,
      undefined,
      loadSettings(trainerFragments, { commandLine: { ...small, 'training.ranker.int8': 'true' } }),
    )
    expect(int8.files['ranker.onnx'].bytes).toBeLessThan(float.files['ranker.onnx'].bytes * 0.7)
    expect(int8.files['calibration.json'].sha256).not.toBe(float.files['calibration.json'].sha256)
    expect(Math.abs(int8.metrics['click.auc'] - float.metrics['click.auc'])).toBeLessThan(0.02)
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

  it('asks as the request was made that the next event tells of: its person, its time, its context', async () => {
    const asked: unknown[] = []
    const candidates = OfflineFunnel.prototype.candidates
    const spy = vi.spyOn(OfflineFunnel.prototype, 'candidates').mockImplementation(function (
      this: OfflineFunnel,
      ...of
    ) {
      asked.push([this.replay.catalog.appliedSeq, ...of])
      return candidates.apply(this, of)
    })
    const journal = await simulatedJournal()
    await train(journal)
    spy.mockRestore()
    expect(asked.length).toBeGreaterThan(20)
    for (const [seq, ...of] of asked as [number, string, number, unknown][]) {
      const { value } = journal.read(seq + 1).next()
      expect(of).toEqual([value.record.event.user, value.record.event.time, value.record.event.context])
    }
  })

  it('learns from likes alone what is engaged with', async () => {
    const { objectives } = await train(await withRoles(Role.positive))
    expect(objectives.click).toEqual({ trained: true })
    expect(objectives.positive).toEqual({ trained: false, reason: 'no negative labels' })
  })

  it('stores no ranker when there was nothing to learn', async () => {
    vi.spyOn(RankerRowCollector.prototype, 'trainingRows').mockImplementation(function (
      this: RankerRowCollector,
      ...of
    ) {
      const rows = this.rows(...of)
      return { ...rows, labels: new Float32Array(rows.labels.length) }
    })
    const manifest = await train(await simulatedJournal())
    vi.restoreAllMocks()
    expect(manifest.objectives.click).toEqual({ trained: false, reason: 'no positive labels' })
    const schemaHash = schemaHashOf(settings)
    expect((await readModelSet(await loadArtefact(modelsRoot, manifest.id, schemaHash))).ranker).toBeNull()
  })

  it('refuses a journal whose items are all gone', async () => {
    const journal = await simulatedJournal()
    const items = [...journal.read(1)].flatMap(({ record }) => (record.kind === 'item' ? [record.item.id] : []))
    await journal.append(items.map(id => ({ kind: 'item-delete', at: 0, id })))
    await expect(train(journal)).rejects.toThrow(NotEnoughData)
  })

  it('refuses a journal with too little history and writes nothing', async () => {
    await expect(train(new MemoryEventLog())).rejects.toThrow(/0 engagements .* training needs 200/)
    expect(existsSync(modelsRoot) ? readdirSync(modelsRoot) : []).toEqual([])
  })
})
