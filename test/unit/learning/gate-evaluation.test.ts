import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadSettings } from '../../../config/load.ts'
import { trainerFragments } from '../../../learning/settings.ts'
import { trainModelSet } from '../../../learning/train-model-set.ts'
import { promote } from '../../../models/artefact/artefact.ts'
import { silentProgress } from '../../../telemetry/progress.ts'
import type { MemoryEventLog } from '../../fakes/memory-event-log.ts'
import { simulatedJournal } from './simulated-journal.ts'

const small = {
  'training.queriesMax': '400',
  'training.groupSize': '32',
  'training.ials.dimension': '16',
  'training.ials.epochs': '4',
  'training.content.dimension': '16',
  'training.twoTower.epochs': '1',
  'training.content.buckets': '4096',
  'training.ranker.epochs': '4',
  'training.ranker.expertWidth': '16',
  'training.sequence.enabled': 'false',
  'training.gates.eceMax': '1',
}
const limits = { itemsMax: 10_000, rowsMax: 20_000 }

let modelsRoot = ''
beforeEach(() => {
  modelsRoot = mkdtempSync(join(tmpdir(), 'sluice-gates-'))
})
afterEach(() => rmSync(modelsRoot, { recursive: true, force: true }))

function train(journal: MemoryEventLog, createdAt: number, toSeq?: number, values: Record<string, string> = {}) {
  const settings = loadSettings(trainerFragments, { commandLine: { ...small, ...values } })
  return trainModelSet({ journal, settings, limits, seed: 7, modelsRoot, createdAt, toSeq, progress: silentProgress })
}

describe('a trained set before its gates', () => {
  it('is held to the absolute bounds alone where no set is in use', async () => {
    const { gate } = await train(await simulatedJournal(), 1)
    expect(gate).toMatchObject({ passed: true, against: null, reasons: [] })
    const { gate: strict } = await train(await simulatedJournal(), 2, undefined, { 'training.gates.eceMax': '0' })
    expect(strict?.passed).toBe(false)
    expect(strict?.reasons[0]).toMatch(/calibration error/)
  })

  it('is compared with the set in use on queries that neither has learned from', async () => {
    const journal = await simulatedJournal()
    const first = await train(journal, 1, Math.floor(journal.lastSeq * 0.9))
    await promote(modelsRoot, first.id)
    const tolerant = await train(journal, 2, undefined, { 'training.gates.ndcgDropMax': '1' })
    expect(tolerant.gate).toMatchObject({ passed: true, against: first.id })
    const order = tolerant.gate!.checks.find(({ name }) => name.startsWith('ndcg'))!
    expect(order.value).toBeGreaterThan(-0.5)
    expect(order.value).toBeLessThan(0.5)
  })

  it('measures what of the catalogue its feeds reach, when that is asked for', async () => {
    const { gate } = await train(await simulatedJournal(), 1, undefined, { 'training.gates.coverageMin': '0.999' })
    const coverage = gate!.checks.find(({ name }) => name === 'coverage')!
    expect(coverage.passed).toBe(false)
    expect(coverage.value).toBeGreaterThan(0.02)
  })
})
