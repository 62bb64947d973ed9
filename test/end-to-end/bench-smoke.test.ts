import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sluice } from '../../benchmarks/data/sluice.ts'
import type { Measured } from '../../benchmarks/load-bench.ts'
import { type FeedFigures, measureFeed } from '../../benchmarks/scenarios/feed.ts'
import { feedText } from '../../benchmarks/scenarios/feed-text.ts'
import { defaultMix } from '../../benchmarks/traffic/request-mix.ts'
import { promote } from '../../models/artefact/artefact.ts'
import { simulatorSettings } from '../../simulator/settings.ts'
import { createWorld } from '../../simulator/world.ts'
import { layoutOf } from '../../storage/data-directory.ts'
import { silentProgress } from '../../telemetry/progress.ts'
import { tinyModelSet, tinyRanker, writeTinyModelSet } from '../fakes/tiny-model-set.ts'

const world = { titles: 150, people: 40, days: 20, seed: 3 }

let folder: string
let figures: FeedFigures

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
  const dataDir = join(folder, 'data')
  const log = join(folder, 'world.jsonl')
  const size = Object.entries(world).flatMap(([name, value]) => [`--${name}`, String(value)])
  await sluice(['--no-progress', 'simulate', ...size, '--out', log])
  await sluice(['--no-progress', '--data-dir', dataDir, 'import', 'jsonl', log])
  const models = layoutOf(dataDir).models
  const items = [...createWorld(simulatorSettings(world)).items()]
  await writeTinyModelSet(models, 'tiny', tinyModelSet(items, 1, tinyRanker()))
  await promote(models, 'tiny')
  const mix = { ...defaultMix, eventShare: 0.3 }
  // How fast the machine is must not decide this test.
  const set = { 'funnel.requestDeadlineMs': '30000', 'funnel.gatherDeadlineMs': '10000' }
  figures = await measureFeed(dataDir, { seconds: 2, mix, ladder: [1, 4], set }, silentProgress)
}, 120_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the feed benchmark, on a tiny world', () => {
  it('has every request answered with a whole feed or an accepted event', () => {
    const measured: readonly Measured[] = [...figures.steps, figures.paced]
    expect(measured).toHaveLength(3)
    for (const { load } of measured) {
      expect(load.feeds.count).toBeGreaterThan(0)
      expect(load.events.count).toBeGreaterThan(0)
      const { refused, unanswered, rejected } = load
      expect({ refused, unanswered, rejected }).toEqual({ refused: 0, unanswered: 0, rejected: 0 })
    }
  })

  it('says what was measured and on what', () => {
    expect(figures.server.items).toBe(world.titles)
    expect(figures.server.modelSet).toBe('tiny')
    expect(figures.server.sources).toContain('collaborative')
    expect(figures.funnel.ranked).toBeGreaterThan(0)
    expect(figures.funnel.degraded).toBe(0)
    expect(figures.users).toBeGreaterThan(0)
    expect(figures.peak.perSecond).toBe(Math.max(...figures.steps.map(step => step.perSecond)))
  })

  it('has figures of the server for every stage and for its processor time', () => {
    const { server, cpuMsPerRequest, load } = figures.paced
    expect(cpuMsPerRequest).toBeGreaterThan(0)
    expect(server.eventLoopDelayMs.p99).toBeGreaterThanOrEqual(0)
    const stages = ['hydrate', 'encode', 'retrieve', 'rank', 'merge', 'features', 'score', 'slate']
    expect(Object.keys(server.stages)).toEqual(stages)
    expect(server.stages.rank.count).toBeGreaterThan(0)
    const { p50, p99, p999, max } = load.feeds.latencyMs
    expect([p50, p99, p999, max].every(value => value > 0)).toBe(true)
    expect([p50, p99, p999]).toEqual([p50, p99, p999].toSorted((a, b) => a - b))
  })

  it('can be read by people', () => {
    const text = feedText('tiny', figures)
    for (const part of ['150 items', 'requests/s', 'p99.9 ms', 'stage retrieve', 'event loop delay']) {
      expect(text).toContain(part)
    }
    expect(text).not.toMatch(/NaN|undefined/)
  })
})
