/**
 * Feeds served amid everything that changes them are computed again from the journal, bit for bit. The traffic is drawn
 * from a seed, but how requests and changes interleave is up to the threads: parity must hold however that turns out.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { engineFragments } from '../../actors/fragments.ts'
import { loadSettings } from '../../config/load.ts'
import { checkParity, type ParityReport } from '../../evaluation/parity.ts'
import { layoutOf } from '../../storage/data-directory.ts'
import type { JournalReader } from '../../storage/event-log.ts'
import { openJournal } from '../../storage/open-journal.ts'
import { openForTraffic, Traffic } from './parity.fixtures.ts'

const settings = loadSettings(engineFragments, {
  commandLine: {
    'users.shards': '2',
    'users.residentsPerShardMax': '8',
    'users.writeBatch': '3',
    'catalog.sliceRecords': '7',
    'catalog.supersededKeptMs': '1500',
    'counters.epochIntervalMs': '400',
    'engine.snapshotIntervalMs': '1000',
    'models.lookIntervalMs': '50',
    'funnel.gatherDeadlineMs': '5000',
    'funnel.requestDeadlineMs': '10000',
  },
})

type Journal = Pick<JournalReader, 'firstSeq' | 'lastSeq' | 'read'>

async function parityOf(
  root: string,
  replaced: (journal: Journal) => Journal = journal => journal,
): Promise<ParityReport> {
  const layout = layoutOf(root)
  const journal = await openJournal(layout.journal, { readOnly: true })
  try {
    return await checkParity({ journal: replaced(journal), modelsRoot: layout.models, settings, mismatchesMax: 2000 })
  } finally {
    await journal.close()
  }
}

/** The journal as it would read if one record had never been written. */
function without(journal: Journal, lost: number): Journal {
  return {
    firstSeq: journal.firstSeq,
    lastSeq: journal.lastSeq,
    *read(fromSeq, options) {
      for (const numbered of journal.read(fromSeq, options)) if (numbered.seq !== lost) yield numbered
    },
  }
}

describe('replay parity', () => {
  let folder = ''
  const stopped = () => join(folder, 'stopped')
  const crashed = () => join(folder, 'crashed')
  const forgotten = () => join(folder, 'forgotten')

  /** Serves, is copied in full flight (which is what a crash leaves behind), goes on, stops and goes on again. */
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-parity-'))
    const traffic = new Traffic(11)
    let engine = await openForTraffic(stopped(), settings)
    await traffic.begin(engine, settings, layoutOf(stopped()).models)
    await traffic.serve(engine, 250)
    await traffic.promoteAnother(engine, layoutOf(stopped()).models)
    await traffic.serve(engine, 250)
    await engine.publishEpoch()
    await cp(stopped(), crashed(), { recursive: true, filter: path => !path.endsWith('lock') })
    await traffic.serve(engine, 100)
    await engine.stop()

    engine = await openForTraffic(stopped(), settings)
    await traffic.serve(engine, 200)
    await engine.stop()
    await cp(stopped(), forgotten(), { recursive: true })
    await rm(join(forgotten(), 'state'), { recursive: true })

    for (const root of [crashed(), forgotten()]) {
      engine = await openForTraffic(root, settings)
      await traffic.serve(engine, 200)
      await engine.stop()
    }
  }, 60_000)

  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('holds for every feed across changes of items and people, promotions, evictions and a restart', async () => {
    expect(await parityOf(stopped())).toEqual({ checked: 900, matched: 900, mismatches: [], skipped: {} })
  })

  it('holds after a crash, when the state on the disk is from different moments', async () => {
    expect(await parityOf(crashed())).toEqual({ checked: 800, matched: 800, mismatches: [], skipped: {} })
  })

  it('holds when all snapshots are lost and the journal is folded from its beginning', async () => {
    expect(await parityOf(forgotten())).toEqual({ checked: 1100, matched: 1100, mismatches: [], skipped: {} })
  })

  it('notices when the newest event of a person is missing', async () => {
    let lost = 0
    const report = await parityOf(stopped(), journal => {
      const feeds = [...journal.read(1, { kinds: ['served'] })].map(({ record }) => record.served)
      lost = feeds.find(({ userSeq }) => userSeq > 0)!.userSeq
      return without(journal, lost)
    })
    expect(report.checked).toBe(900)
    expect(report.matched).toBeLessThan(900)
    expect(report.mismatches.map(({ problem }) => problem)).toContain(`the person never was at ${lost}`)
  })

  it('notices one event too few in the item counters, and names the feature', async () => {
    const report = await parityOf(stopped(), journal => {
      const clicks = [...journal.read(1, { kinds: ['event'] })].filter(({ record }) => record.event.type === 'click')
      return without(journal, clicks[0].seq)
    })
    expect(report.matched).toBeLessThan(report.checked)
    expect(report.mismatches).toHaveLength(report.checked - report.matched)
    expect(report.mismatches.some(({ feature }) => feature !== undefined)).toBe(true)
  })

  it('skips feeds that were served with other settings, and says so', async () => {
    const layout = layoutOf(stopped())
    const journal = await openJournal(layout.journal, { readOnly: true })
    const other = loadSettings(engineFragments, { commandLine: { 'sources.content.budget': '9' } })
    const report = await checkParity({ journal, modelsRoot: layout.models, settings: other })
    await journal.close()
    expect(report).toEqual({ checked: 0, matched: 0, mismatches: [], skipped: { 'served with other settings': 900 } })
  })
})
