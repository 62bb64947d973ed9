import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from './sluice.ts'

const cwd = mkdtempSync(join(tmpdir(), 'sluice-export-'))
afterAll(() => rmSync(cwd, { recursive: true, force: true }))

beforeAll(async () => {
  const world = ['--titles', '120', '--people', '50', '--days', '15', '--seed', '5']
  expect(await run(cwd, ['simulate', ...world, '--out', 'world.jsonl'])).toMatchObject({ code: 0 })
  expect(await run(cwd, ['import', 'jsonl', 'world.jsonl', '--json'])).toMatchObject({ code: 0 })
}, 120_000)

const exported = async (...options: string[]) => {
  const { code, out } = await run(cwd, ['export', '--out', 'sets', '--json', '--no-progress', ...options])
  return { code, document: JSON.parse(out) }
}

describe('the command export', { timeout: 120_000 }, () => {
  it('writes each data set with its manifest, up to the record it is told', async () => {
    const whole = await exported('--dataset', 'interactions')
    expect(whole).toMatchObject({ code: 0, document: { name: 'interactions', timeTravel: null } })
    const { rows, directory, lineage } = whole.document
    expect(rows).toBeGreaterThan(100)
    expect(directory).toBe(join(cwd, 'sets', 'interactions'))
    expect(readdirSync(directory)).toEqual(['manifest.json', 'part-00000.parquet'])
    const toSeq = Math.floor(lineage.toSeq / 2)
    const half = await exported('--dataset', 'interactions', '--to-seq', String(toSeq))
    expect(half.document.lineage.toSeq).toBe(toSeq)
    expect(half.document.rows).toBeLessThan(rows)
    const impressions = await exported('--dataset', 'impressions')
    expect(impressions.document.rows).toBeGreaterThan(rows)
  })

  it('checks on demand that no feature of the ranker’s rows has seen its future', async () => {
    const small = ['training.queriesMax=60', 'training.sequence.enabled=false', 'training.twoTower.enabled=false']
    const settings = [...small, 'dataSets.verifiedQueries=10'].flatMap(setting => ['--set', setting])
    const { code, document } = await exported('--dataset', 'ranker-rows', '--verify', ...settings)
    expect(code).toBe(0)
    expect(document.timeTravel).toMatchObject({ queries: 10, differing: 0, first: null })
    expect(document.timeTravel.rows).toBeGreaterThan(50)
    expect(document.lineage.details.fitsThrough).toBeLessThan(document.lineage.toSeq)
  })

  it('says what is wrong with what it is asked for', async () => {
    const unknown = await exported('--dataset', 'everything')
    expect(unknown).toMatchObject({ code: 2, document: { error: { code: 'unknown_data_set' } } })
    const nothing = await exported('--dataset', 'impressions', '--verify')
    expect(nothing).toMatchObject({ code: 2, document: { error: { code: 'nothing_to_verify' } } })
    const empty = await exported('--dataset', 'interactions', '--data-dir', 'elsewhere')
    expect(empty).toMatchObject({ code: 1, document: { error: { code: 'no_data' } } })
    const little = await exported('--dataset', 'ranker-rows', '--to-seq', '400')
    expect(little).toMatchObject({ code: 1, document: { error: { code: 'not_enough_data' } } })
  })
})
