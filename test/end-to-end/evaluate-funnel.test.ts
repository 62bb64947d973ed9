import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { engineFragments } from '../../actors/fragments.ts'
import { loadSettings } from '../../config/load.ts'
import type { JournalRecord } from '../../domain/journal.ts'
import { Role } from '../../domain/roles.ts'
import { arms, baselineNames } from '../../evaluation/arms.ts'
import { compareRuns } from '../../evaluation/compare-runs.ts'
import { evaluateFunnel, type FunnelReport } from '../../evaluation/funnel-command.ts'
import { queryKinds } from '../../evaluation/query-plan.ts'
import { renderFunnelReport } from '../../evaluation/render-report.ts'
import { readSavedQueries, SavedQueriesUnreadable } from '../../evaluation/saved-queries.ts'
import { sources } from '../../funnel/sources/registry.ts'
import { learningFragments } from '../../learning/settings.ts'
import { events } from '../../simulator/events.ts'
import { simulatorSettings } from '../../simulator/settings.ts'
import { createWorld } from '../../simulator/world.ts'
import { DataDirectory, layoutOf } from '../../storage/data-directory.ts'
import { openJournal } from '../../storage/open-journal.ts'
import { storageSettings } from '../../storage/settings.ts'
import { createLogger } from '../../telemetry/log.ts'
import { silentProgress } from '../../telemetry/progress.ts'

const settings = loadSettings([...engineFragments, ...learningFragments], {
  commandLine: {
    'training.queriesMax': '1500',
    'training.ranker.epochs': '4',
    'training.ials.dimension': '32',
    'training.content.dimension': '32',
    'training.twoTower.epochs': '2',
    'training.sequence.epochs': '2',
    'training.sequence.width': '32',
  },
})

const execute = promisify(execFile)
const sluice = new URL('../../cli/sluice.mjs', import.meta.url).pathname

const rolesOf: Readonly<Record<string, number>> = {
  finish: Role.click | Role.finish | Role.positive,
  dislike: Role.negative,
}

/**
 * A small world's history in the shape of a rating log: what people finished is what they liked, told in one event.
 */
function* worldRecords(): Generator<JournalRecord> {
  const world = createWorld(simulatorSettings({ seed: 3, titles: 300, people: 200, days: 40, sessionsPerWeek: 3 }))
  for (const item of world.items()) yield { kind: 'item', at: world.startsAt, item }
  for (const user of world.users()) yield { kind: 'user', at: world.startsAt, user }
  let count = 0
  for (const event of events(world)) {
    const roles = rolesOf[event.type]
    if (roles === undefined) continue
    yield { kind: 'event', at: event.time, event: { ...event, roles, receivedAt: event.time } }
    if (++count % 300 === 0) yield { kind: 'epoch', at: event.time }
  }
}

async function writeJournal(root: string, records: Iterable<JournalRecord>): Promise<void> {
  const directory = DataDirectory.open(root, { now: () => 0 })
  const journal = await openJournal(directory.layout.journal, settings.of(storageSettings))
  await journal.append([...records])
  await journal.close()
  directory.close()
}

function evaluate(dataDir: string, files: { saveQueries?: string; compare?: string } = {}): Promise<FunnelReport> {
  const log = createLogger({ name: 'test', level: 'error' })
  const clock = { now: () => 1 }
  return evaluateFunnel({ dataDir, settings, seed: 5, progress: silentProgress, log, clock, ...files })
}

describe('walking a simulated history forward through the running system', () => {
  let folder = ''
  let report: FunnelReport

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-funnel-'))
    await writeJournal(folder, worldRecords())
    report = await evaluate(folder, { saveQueries: join(folder, 'queries.json') })
  }, 120_000)

  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('asks both kinds of queries of every arm, and every feed is whole', () => {
    expectSound(report)
    expect(report.metrics.group.queries).toBeGreaterThan(200)
    expect(report.metrics.session.queries).toBeGreaterThan(100)
  })

  it('finds more in all sources together than the ranker is shown of any single one', () => {
    const { arms: perArm } = report.metrics.session
    // Asked alone and for so many, what is popular ends in whatever else there is.
    for (const source of sources.filter(({ name }) => name !== 'popular')) {
      expect(perArm.retrieved.recallAt500!).toBeGreaterThanOrEqual(perArm[source.name].recallAt500!)
    }
  })

  it('orders better than popularity does, beyond what chance explains', () => {
    for (const kind of queryKinds) {
      for (const baseline of ['popular', 'most-engaged', 'most-liked']) {
        expect(report.comparisons[kind][`ranked - ${baseline}`].lower).toBeGreaterThan(0)
      }
    }
  })

  it('mixes lists more by re-ranking than the order by value does', () => {
    const { ranked, slate } = report.metrics.group.diversity
    expect(slate.intraListDistance).toBeGreaterThan(ranked.intraListDistance)
    expect(slate.distinctCategories).toBeGreaterThan(ranked.distinctCategories)
  })

  it('leaves the data directory as it was, and nothing behind', async () => {
    const { journal: path, models } = layoutOf(folder)
    const journal = await openJournal(path, { readOnly: true })
    expect(journal.lastSeq).toBe(report.data.records)
    await journal.close()
    expect(await readdir(models)).toEqual([])
    expect(report.data.scratch).toBeNull()
  })

  it('names the source that does best by itself', () => {
    const { arms: perArm, bestSource } = report.metrics.session
    for (const { name } of sources) expect(perArm[bestSource].ndcgAt10).toBeGreaterThanOrEqual(perArm[name].ndcgAt10)
  })

  it('saves what every arm was worth on every query', async () => {
    const saved = await readSavedQueries(join(folder, 'queries.json'))
    const places = saved.queries.kind.flatMap((kind, place) => (kind === 'session' ? [place] : []))
    expect(places).toHaveLength(report.metrics.session.queries)
    for (const { name } of arms) {
      const mean = places.reduce((sum, place) => sum + saved.arms[name].ndcgAt10[place], 0) / places.length
      expect(mean).toBeCloseTo(report.metrics.session.arms[name].ndcgAt10, 5)
    }
    const { kinds } = compareRuns(saved, saved, 1)
    expect(kinds.group.matched).toBe(report.metrics.group.queries)
    expect(kinds.group.differences.retrieved.recallAt100).toEqual({ mean: 0, lower: 0, upper: 0 })
  })

  it('does not begin when there is nothing to compare with', async () => {
    await expect(evaluate(folder, { compare: join(folder, 'format.json') })).rejects.toThrow(SavedQueriesUnreadable)
    await expect(evaluate(folder, { saveQueries: join(folder, 'nowhere', 'queries.json') })).rejects.toThrow('ENOENT')
  })

  it('is told to people as tables', () => {
    const text = renderFunnelReport(report)
    for (const { name } of arms) expect(text).toContain(`\n${name} `)
    expect(text).toContain('slate - ranked')
    expect(text).not.toContain('this run less that of')
    const differences = { ranked: { ndcgAt10: { mean: 0.01, lower: -0.002, upper: 0.022 } } }
    const compared = { matched: 7, onlyNow: 1, onlyBefore: 2, users: 3, differences }
    const comparedRun = { against: 'ms-before', kinds: { group: compared, session: compared } }
    const withRun = renderFunnelReport({ ...report, comparedRun })
    expect(withRun).toContain('this run less that of ms-before: 7 queries of both by 3 people')
    expect(withRun).toMatch(/\nranked NDCG@10 +\+0\.0100 +-0\.0020 to \+0\.0220/)
  })
})

describe.skipIf(!process.env.SLUICE_DATA)('walking ml-latest-small forward (needs SLUICE_DATA)', () => {
  it('beats plain popularity just before groups of ratings', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-funnel-'))
    try {
      const ratings = join(process.env.SLUICE_DATA!, 'ml-latest-small')
      await execute(process.execPath, [sluice, 'import', 'movielens', ratings, '--data-dir', folder, '--no-progress'])
      const report = await evaluate(folder)
      expectSound(report)
      expect(report.comparisons.group['ranked - most-engaged'].lower).toBeGreaterThan(0)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }, 300_000)
})

/** What holds of every report, whatever the data. */
function expectSound(report: FunnelReport): void {
  const { data, metrics, comparisons } = report
  expect(data.incompleteFeeds).toBe(0)
  expect(data.refusedEvents).toBe(0)
  expect(data.fittedEvents).toBe(Math.floor(data.events * 0.9))
  expect(data.walkedEvents).toBe(data.events - data.fittedEvents)
  for (const kind of queryKinds) {
    const perArm = metrics[kind].arms
    expect(Object.keys(perArm)).toEqual(arms.map(({ name }) => name))
    for (const figures of Object.values(perArm)) {
      for (const figure of Object.values(figures)) {
        expect(figure).toBeGreaterThanOrEqual(0)
        expect(figure).toBeLessThanOrEqual(1)
      }
      if (figures.recallAt500 !== undefined) expect(figures.recallAt500).toBeGreaterThanOrEqual(figures.recallAt100!)
    }
    expect(Object.keys(comparisons[kind])).toEqual([...baselineNames.map(name => `ranked - ${name}`), 'slate - ranked'])
    for (const { mean, lower, upper } of Object.values(comparisons[kind])) {
      expect(mean).toBeGreaterThanOrEqual(lower)
      expect(mean).toBeLessThanOrEqual(upper)
    }
  }
  for (const space of Object.values(metrics.index.spaces)) expect(space.recallMerged).toBeGreaterThan(0.9)
}
