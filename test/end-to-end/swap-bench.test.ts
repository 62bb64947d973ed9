import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sluice } from '../../benchmarks/data/sluice.ts'
import { measureSwap, type SwapFigures } from '../../benchmarks/scenarios/swap.ts'
import { swapText } from '../../benchmarks/scenarios/swap-text.ts'
import { windowKinds } from '../../benchmarks/swap/windows.ts'
import { promote, readPromoted } from '../../models/artefact/artefact.ts'
import { simulatorSettings } from '../../simulator/settings.ts'
import { createWorld } from '../../simulator/world.ts'
import { layoutOf } from '../../storage/data-directory.ts'
import { silentProgress } from '../../telemetry/progress.ts'
import { tinyModelSet, tinyRanker, withNeuralSpaces, writeTinyModelSet } from '../fakes/tiny-model-set.ts'

const world = { titles: 150, people: 40, days: 20, seed: 3 }
const requests = 40
let folder: string
let dataDir: string
let figures: SwapFigures

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-swap-'))
  dataDir = join(folder, 'data')
  const log = join(folder, 'world.jsonl')
  const size = Object.entries(world).flatMap(([name, value]) => [`--${name}`, String(value)])
  await sluice(['--no-progress', 'simulate', ...size, '--out', log])
  await sluice(['--no-progress', '--data-dir', dataDir, 'import', 'jsonl', log])
  const { models } = layoutOf(dataDir)
  const items = [...createWorld(simulatorSettings(world)).items()]
  await writeTinyModelSet(models, 'tiny', withNeuralSpaces(tinyModelSet(items, 1, tinyRanker())))
  await promote(models, 'tiny')
  // How fast the machine is must not decide this test.
  const set = { 'funnel.requestDeadlineMs': '30000', 'funnel.gatherDeadlineMs': '10000' }
  const options = { requests, rounds: 1, replayed: 20, ladder: [4], peakSeconds: 1, set, seed: 1 }
  figures = await measureSwap(dataDir, options, silentProgress)
}, 120_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the swap benchmark, on a tiny world', () => {
  it('has every request answered whole, by one set at a time', () => {
    const [round] = figures.rounds
    for (const kind of windowKinds) {
      const { flawed, server, load } = round[kind]
      expect([kind, flawed, server.mixedFeeds, load.sets.wentBack]).toEqual([kind, 0, 0, 0])
      expect(load.feeds.count).toBeGreaterThanOrEqual(requests)
    }
    const seen = windowKinds.map(kind => Object.keys(round[kind].load.sets.feeds))
    expect(seen).toEqual([['tiny'], ['tiny', 'tiny-twin'], ['tiny-twin', 'tiny'], ['tiny']])
    expect(round.swap.done).toMatchObject({ from: 'tiny', to: 'tiny-twin' })
    expect(round.swap.load.stretch.count).toBeGreaterThan(0)
  })

  it('has the set of another feature schema refused by the command and by the server, and left behind', async () => {
    const { done } = figures.rounds[0].refused
    expect(done).toMatchObject({ set: 'tiny-foreign', code: 'model_schema' })
    for (const said of Object.values(done!).slice(2, 4)) expect(said).toMatch(/tiny-foreign.*feature schema/)
    expect(await readPromoted(layoutOf(dataDir).models)).toBe('tiny')
  })

  it('computes the feeds at the switches again from the set that each names', () => {
    expect(figures.replayed.checked).toBeGreaterThan(40)
    expect(figures.replayed).toMatchObject({ matched: figures.replayed.checked, skipped: {} })
  })

  it('says which bounds were held, and can be read by people', () => {
    const timed = figures.bounds.filter(({ name }) => !name.startsWith('p99'))
    expect(timed.map(({ holds }) => holds)).toEqual(timed.map(() => true))
    const text = swapText('tiny', figures)
    for (const part of ['tiny ↔ tiny-twin', 'p99 ÷ before', 'rollback', 'refused by the server']) {
      expect(text).toContain(part)
    }
    expect(text).not.toMatch(/NaN|undefined/)
  })
})
