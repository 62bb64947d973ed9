import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sluice } from '../../benchmarks/data/sluice.ts'
import { int8 } from '../../benchmarks/scenarios/int8.ts'
import { promote } from '../../models/artefact/artefact.ts'
import type { QuantisationComparison } from '../../models/quantisation/compare.ts'
import { simulatorSettings } from '../../simulator/settings.ts'
import { createWorld } from '../../simulator/world.ts'
import { layoutOf } from '../../storage/data-directory.ts'
import { silentProgress } from '../../telemetry/progress.ts'
import { tinyModelSet, tinyRanker, writeTinyModelSet } from '../fakes/tiny-model-set.ts'

const world = { titles: 120, people: 40, days: 20, seed: 3 }
let folder: string
let dataDir: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-int8-'))
  dataDir = join(folder, 'data')
  const log = join(folder, 'world.jsonl')
  const size = Object.entries(world).flatMap(([name, value]) => [`--${name}`, String(value)])
  await sluice(['--no-progress', 'simulate', ...size, '--out', log])
  await sluice(['--no-progress', '--data-dir', dataDir, 'import', 'jsonl', log])
}, 60_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

const run = () => int8.run({ dataDir, seed: 1, set: {}, runs: 2 }, silentProgress)

describe('the INT8 benchmark, on a tiny world', () => {
  it('says that it needs a promoted model set, and one with a ranker', async () => {
    await expect(run()).rejects.toThrow('has no model set')
    const items = [...createWorld(simulatorSettings(world)).items()]
    const { models } = layoutOf(dataDir)
    await writeTinyModelSet(models, 'bare', tinyModelSet(items))
    await promote(models, 'bare')
    await expect(run()).rejects.toThrow('model set bare has no ranker')
    await writeTinyModelSet(models, 'tiny', tinyModelSet(items, 1, tinyRanker()))
    await promote(models, 'tiny')
  })

  it('compares quality and time of both versions on what the funnel asks', async () => {
    const { figures, text } = await run()
    const { served, byRows, byWidth } = figures as Record<string, readonly QuantisationComparison[]>
    expect(served[0].rows).toBeGreaterThan(100)
    for (const { maxDifference, speedUp, int8Bytes, floatBytes } of [...served, ...byRows, ...byWidth]) {
      expect(maxDifference).toBeGreaterThan(0)
      expect(speedUp).toBeGreaterThan(0)
      expect(int8Bytes).toBeLessThan(floatBytes)
    }
    expect(served[0].objectives.click.int8Auc).toBeGreaterThan(0)
    expect(text).toContain('ΔAUC click')
  })
})
