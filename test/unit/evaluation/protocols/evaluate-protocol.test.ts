import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { evaluateProtocol, type ProtocolEvaluation } from '../../../../evaluation/protocols/evaluate-protocol.ts'
import { modelSettings } from '../../../../evaluation/protocols/model-settings.ts'
import { recommenderModels } from '../../../../evaluation/protocols/models/registry.ts'
import { nextItemRun } from '../../../../evaluation/protocols/next-item.ts'
import type { RecommenderModel } from '../../../../evaluation/protocols/recommender.ts'
import { renderProtocolReport } from '../../../../evaluation/protocols/render-protocol.ts'
import { type TopNOptions, topNRun } from '../../../../evaluation/protocols/top-n.ts'
import { silentProgress as progress } from '../../../../telemetry/progress.ts'
import { lastPlaceModel } from './toy.ts'

const folder = mkdtempSync(join(tmpdir(), 'sluice-protocols-'))
afterAll(() => rmSync(folder, { recursive: true }))
const input = join(folder, 'pairs')
// Twelve users meet six items each, out of eight.
const lines = Array.from({ length: 72 }, (_, row) => `u${row % 12} t${(Math.floor(row / 12) + (row % 12)) % 8}`)
writeFileSync(input, lines.join('\n'))

const options = { input, format: 'sasrec', minInteractions: 1, seed: 4, splits: 1, threads: 1, progress }
const topN: TopNOptions = {
  protocol: 'random-8-1-1',
  cutoffs: [2],
  recall: 'relevant',
  idealGain: 'full',
  maskValidation: true,
  minInteractions: 1,
  part: 'test',
}
const nextItem: ProtocolEvaluation['runOf'] = data =>
  nextItemRun(data, { cutoffs: [2], minInteractions: 1, part: 'test' })
const modelOf = (name: string) => recommenderModels.find(model => model.name === name)!

describe('a protocol', () => {
  it('reports what was measured, on what, and everything that it depends on', async () => {
    const chosen = { model: lastPlaceModel(), settings: { weight: '2' } }
    const report = await evaluateProtocol({ ...options, chosen, runOf: nextItem })
    expect(report).toMatchObject({
      protocol: { name: 'next-item', 'evaluated on': 'test', 'rank of ties': expect.stringContaining('pessimistic') },
      data: {
        users: 12,
        items: 8,
        interactions: 72,
        usersEvaluated: 12,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
      model: { name: 'last-place', settings: { weight: 2, kind: 'a', flag: false }, chosen: {} },
      seed: 4,
      seconds: expect.any(Number),
    })
    expect(Object.keys(report.metrics)).toEqual(['hr@2', 'ndcg@2', 'mrr'])
    expect(Object.keys(report.segments)).toEqual(['newUsers', 'longTailItems'])
    expect(report.segments.newUsers.queries).toBe(3)
    expect(report).not.toHaveProperty('comparison')
    expect(renderProtocolReport(report)).toMatch(/hr@2 +\d\.\d{4}/)
  })

  it('gives the mean of several splits and each of them', async () => {
    const report = await evaluateProtocol({
      ...options,
      splits: 3,
      chosen: { model: lastPlaceModel(), settings: {} },
      runOf: (data, seed) => topNRun(data, topN, seed),
    })
    expect(report.splits!.map(({ seed }) => seed)).toEqual([4, 5, 6])
    const recalls = report.splits!.map(({ metrics }) => metrics['recall@2'])
    expect(report.metrics['recall@2']).toBeCloseTo((recalls[0] + recalls[1] + recalls[2]) / 3, 5)
    expect(Object.keys(report.metrics)).toEqual(['recall@2', 'ndcg@2', 'precision@2', 'coverage@2', 'gini@2'])
  })

  it('compares two models on the same split', async () => {
    const report = await evaluateProtocol({
      ...options,
      chosen: { model: lastPlaceModel(), settings: {} },
      baseline: { model: modelOf('popularity'), settings: {} },
      runOf: nextItem,
    })
    const { comparison, metrics } = report
    expect(comparison!.with.name).toBe('popularity')
    expect(comparison!.differences['hr@2'].mean).toBeCloseTo(metrics['hr@2'] - comparison!.metrics['hr@2'], 5)
    expect(renderProtocolReport(report)).toContain('difference')
  })

  it('shows a model nothing of the test, and nothing of validation when that is evaluated', async () => {
    const model = lastPlaceModel()
    const chosen = { model, settings: {} }
    const part = 'validation' as const
    const runOf: ProtocolEvaluation['runOf'] = data => nextItemRun(data, { cutoffs: [2], minInteractions: 1, part })
    await evaluateProtocol({ ...options, chosen, runOf })
    await evaluateProtocol({
      ...options,
      chosen,
      runOf: (data, seed) => topNRun(data, { ...topN, protocol: 'random-80-20', part }, seed),
    })
    // 72 without two of each user; 72 without 14, and those without a tenth.
    expect(model.fits.map(({ itemOf }) => itemOf.length)).toEqual([48, 53])
  })

  it.each(['popularity', 'ease', 'projected-ease', 'collaborative', 'bpr'])('fits and asks %s', async name => {
    const model = modelOf(name)
    const few = { epochs: '2', dimension: '4' }
    const settings = Object.fromEntries(Object.entries(few).filter(([setting]) => setting in model.settings))
    const chosen = { model, settings }
    const { metrics } = await evaluateProtocol({ ...options, chosen, runOf: nextItem })
    expect(metrics.mrr).toBeGreaterThan(0)
  })
})

describe('settings of a model', () => {
  const model: RecommenderModel = lastPlaceModel()

  it('take the type of their default', () => {
    expect(modelSettings(model, { weight: '0.5', kind: 'b', flag: 'true' })).toEqual({
      weight: 0.5,
      kind: 'b',
      flag: true,
    })
  })

  it.each([
    [{ wait: '1' }, 'the model last-place has no setting wait'],
    [{ weight: 'much' }, 'weight must be a number'],
    [{ flag: '1' }, 'flag must be true or false'],
  ])('refuse %j', (given, message) => {
    expect(() => modelSettings(model, given as Record<string, string>)).toThrow(message)
  })
})

const data = process.env.SLUICE_DATA
describe.skipIf(data === undefined)('MovieLens latest small (needs SLUICE_DATA)', () => {
  it('ranks next items better by EASE than by popularity', async () => {
    const report = await evaluateProtocol({
      ...options,
      input: join(data!, 'ml-latest-small'),
      format: 'movielens',
      minInteractions: 20,
      chosen: { model: modelOf('ease'), settings: { regularisation: '200' } },
      baseline: { model: modelOf('popularity'), settings: {} },
      runOf: rows => nextItemRun(rows, { cutoffs: [10], minInteractions: 20, part: 'test' }),
    })
    expect(report.comparison!.differences['hr@10'].lower).toBeGreaterThan(0)
  }, 60_000)
})
