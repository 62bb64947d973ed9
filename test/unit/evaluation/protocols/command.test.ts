import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { main } from '../../../../cli/main.ts'

const folder = mkdtempSync(join(tmpdir(), 'sluice-evaluate-'))
afterAll(() => rmSync(folder, { recursive: true }))
const ratings = Array.from({ length: 120 }, (_, row) => {
  const [user, movie] = [row % 12, (Math.floor(row / 12) * 3 + (row % 12)) % 16]
  return `${user + 1}::${movie + 1}::${1 + ((user + movie) % 5)}::${978_300_000 + row}`
})
writeFileSync(join(folder, 'ratings.dat'), ratings.join('\n'))
writeFileSync(join(folder, 'pairs.txt'), '1 1\n1 2\n1\n')

afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = undefined
})

/** What the command writes to standard output. */
async function run(...args: readonly string[]): Promise<string> {
  const written: string[] = []
  vi.spyOn(process.stdout, 'write').mockImplementation(text => {
    written.push(String(text))
    return true
  })
  await main(['evaluate', ...args, '--no-progress'])
  return written.join('')
}

const movielens = ['--input', folder, '--format', 'movielens', '--threads', '1']

describe('sluice evaluate next-item', () => {
  it('prints exactly one JSON document with --json', async () => {
    const text = await run('next-item', ...movielens, '--model', 'popularity', '--k', '5,10', '--json')
    expect(text.trimEnd()).not.toContain('\n')
    const report = JSON.parse(text)
    expect(Object.keys(report)).toEqual([
      'protocol',
      'data',
      'model',
      'seed',
      'metrics',
      'segments',
      'seconds',
      'timings',
    ])
    expect(Object.keys(report.metrics)).toEqual(['hr@5', 'hr@10', 'ndcg@5', 'ndcg@10', 'mrr'])
    expect(report.data).toMatchObject({ users: 12, items: 16, interactions: 120 })
  })

  it('takes settings of the model by --set and those of the other by --compare-set', async () => {
    const models = [
      '--model',
      'ease',
      '--set',
      'regularisation=3',
      '--compare',
      'ease',
      '--compare-set',
      'regularisation=9',
    ]
    const report = JSON.parse(await run('next-item', ...movielens, ...models, '--json'))
    expect(report.model.settings).toMatchObject({ regularisation: 3 })
    expect(report.comparison.with.settings).toMatchObject({ regularisation: 9 })
    expect(report.comparison.differences['hr@5']).toMatchObject({
      lower: expect.any(Number),
      upper: expect.any(Number),
    })
  })

  it('names the line of a broken file and exits with 1', async () => {
    const input = ['--input', join(folder, 'pairs.txt'), '--format', 'sasrec']
    const { error } = JSON.parse(await run('next-item', ...input, '--model', 'popularity', '--json'))
    expect(error).toMatchObject({ code: 'bad_record', message: 'pairs.txt, line 3: has 1 id, but needs 2' })
    expect(error.hint).toContain('user item')
    expect(process.exitCode).toBe(1)
  })

  it.each([
    [['--model', 'popularty'], 'there is no model popularty'],
    [['--model', 'ease', '--set', 'lambda=1'], 'the model ease has no setting lambda'],
  ])('refuses %j as wrong usage', async (args, message) => {
    const { error } = JSON.parse(await run('next-item', ...movielens, ...args, '--json'))
    expect(error.message).toContain(message)
    expect(process.exitCode).toBe(2)
  })
})

describe('sluice evaluate top-n', () => {
  it('names the conventions that were chosen', async () => {
    const protocol = ['--protocol', 'random-8-1-1', '--min-rating', '2', '--recall', 'capped', '--idcg', 'full']
    const text = await run(
      'top-n',
      ...movielens,
      ...protocol,
      '--mask-validation',
      '--splits',
      '2',
      '--model',
      'popularity',
      '--k',
      '3',
      '--json',
    )
    const report = JSON.parse(text)
    expect(report.protocol).toMatchObject({
      name: 'random-8-1-1',
      relevance: 'ratings of at least 2',
      recall: expect.stringMatching(/^capped/),
      idcg: expect.stringMatching(/^full/),
      'mask-validation': true,
    })
    expect(Object.keys(report.metrics)).toEqual(['recall@3', 'ndcg@3', 'precision@3', 'coverage@3', 'gini@3'])
    expect(report.splits).toHaveLength(2)
  })

  it('prints a table and the protocol for people', async () => {
    const text = await run('top-n', ...movielens, '--protocol', 'global-time', '--model', 'popularity')
    expect(text).toMatch(/ndcg@10 +0\.\d{4}/)
    expect(text).toContain('split: the first 80 %')
  })
})
