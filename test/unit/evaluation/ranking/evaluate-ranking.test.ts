import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { evaluateRankingCommand } from '../../../../cli/commands/evaluate-ranking.ts'
import { CommandContext } from '../../../../cli/context.ts'
import { readKuaiRandLog } from '../../../../evaluation/ranking/kuairand-log.ts'
import { rankingFeatures } from '../../../../evaluation/ranking/ranking-features.ts'
import { asText, world } from './impressions.ts'

let folder: string
let file: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-ranking-'))
  file = join(folder, 'log.jsonl')
  writeFileSync(file, asText(world(4000, 7)))
})
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => vi.restoreAllMocks())

const context = new CommandContext({ dataDir: folder!, json: true, progress: false })
const small = {
  epochs: '4',
  batchRows: '128',
  warmupSteps: '10',
  learningRate: '0.005',
  experts: '2',
  expertWidth: '8',
}
const command = {
  format: 'jsonl',
  model: 'mmoe',
  objectives: ['click', 'finish', 'hate'],
  part: 'test',
  seed: 1,
  trainings: 1,
  set: { ...small, ownDelayHours: '0', warmUp: '0' },
} as const

/** What the command writes to standard output, read as one JSON document. */
async function printed(options: object = {}) {
  const write = vi.spyOn(process.stdout, 'write').mockImplementation(() => true)
  await evaluateRankingCommand(context, { ...command, input: file, ...options })
  const text = write.mock.calls.map(([chunk]) => chunk).join('')
  write.mockRestore()
  return JSON.parse(text)
}

describe('sluice evaluate ranking --json', () => {
  it('prints one document with metrics by objective, and intervals against another model', async () => {
    const document = await printed({ compare: 'logistic' })
    expect(Object.keys(document)).toEqual(['protocol', 'data', 'model', 'seed', 'metrics', 'comparison', 'seconds'])
    const names = ['auc', 'gauc', 'logLoss', 'eceBefore', 'eceAfter', 'ndcg']
    expect(Object.keys(document.metrics)).toEqual(
      command.objectives.flatMap(objective => names.map(name => `${objective}.${name}`)),
    )
    expect(document.protocol.ndcg).toContain('one person on one day')
    const { click } = document.comparison.differences
    expect(click.meanDifference).toBeCloseTo(
      document.metrics['click.gauc'] - document.comparison.metrics['click.gauc'],
      6,
    )
    expect(click.lower).toBeLessThanOrEqual(click.upper)
  })

  it('finds what the world holds, the negative objective too, and the same again with the same seed', async () => {
    const first = await printed()
    const again = await printed()
    expect(again.metrics).toEqual(first.metrics)
    expect(first.metrics['click.gauc']).toBeGreaterThan(0.75)
    expect(first.metrics['hate.gauc']).toBeGreaterThan(0.7)
    expect((await printed({ seed: 2 })).metrics).not.toEqual(first.metrics)
  })

  it('judges the mean of several trainings where that is asked for', async () => {
    const [first, second] = [await printed({ compare: 'logistic' }), await printed({ compare: 'logistic', seed: 2 })]
    const both = await printed({ compare: 'logistic', trainings: 2 })
    expect(both.protocol.trainings).toBe('mean over 2 of each model, seeds 1 to 2')
    const mean = (of: (document: typeof first) => number) => (of(first) + of(second)) / 2
    expect(both.metrics['click.gauc']).toBeCloseTo(mean(({ metrics }) => metrics['click.gauc']))
    const difference = ({ comparison }: typeof first) => comparison.differences.click.meanDifference
    expect(difference(both)).toBeCloseTo(mean(difference))
    expect(both.model.epochs).toEqual([...first.model.epochs, ...second.model.epochs])
  })

  it('refuses an objective that the log does not have, and a setting that the model does not have', async () => {
    await expect(printed({ objectives: ['like'] })).rejects.toThrow('no outcome like')
    await expect(printed({ set: { width: '3' } })).rejects.toThrow('no setting width')
  })
})

const data = process.env.SLUICE_DATA

describe.skipIf(!data)('KuaiRand-Pure (skipped where SLUICE_DATA is not set)', () => {
  it('is read as a log whose features are finite and do not hold the row`s own outcome', async () => {
    await subsample(join(data!, 'kuairand-pure'), folder)
    const log = await readKuaiRandLog(folder)
    expect(log.rows).toBeGreaterThan(1000)
    expect(log.times.every((time, row) => row === 0 || time >= log.times[row - 1])).toBe(true)
    const { values, names } = rankingFeatures(log, 0)
    expect(values.every(Number.isFinite)).toBe(true)
    const width = log.signals.length
    const changed = log.outcomes.slice()
    changed.fill(1, (log.rows - 1) * width)
    const other = rankingFeatures({ ...log, outcomes: changed }, 0)
    expect(other.values.subarray((log.rows - 1) * names.length)).toEqual(values.subarray((log.rows - 1) * names.length))
  })
})

/** One person in a hundred, in files of the same names. */
async function subsample(from: string, to: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  for (const file of ['val', 'test', 'user_sequences', 'user_features']) {
    const source = join(from, `${file}.parquet`)
    const target = join(to, `${file}.parquet`)
    await connection.run(`COPY (SELECT * FROM '${source}' WHERE user_id % 100 = 0) TO '${target}' (FORMAT parquet)`)
  }
  const videos = 'video_features_basic_pure.csv'
  await connection.run(
    `COPY (SELECT * FROM read_csv('${join(from, videos)}', all_varchar = true)) TO '${join(to, videos)}' (HEADER)`,
  )
  connection.closeSync()
  instance.closeSync()
}
