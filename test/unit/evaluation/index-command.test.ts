import { describe, expect, it } from 'vitest'
import { engineFragments } from '../../../actors/fragments.ts'
import { loadSettings } from '../../../config/load.ts'
import { evaluateIndex } from '../../../evaluation/index-command.ts'
import { renderIndexReport } from '../../../evaluation/render-report.ts'
import { learningFragments } from '../../../learning/settings.ts'
import { silentProgress } from '../../../telemetry/progress.ts'
import { smallModels } from '../../fakes/small-models.ts'

function evaluate(values: Readonly<Record<string, string>> = {}) {
  const small = {
    ...smallModels,
    'index.exactItemsMax': '0',
    'training.sequence.epochs': '3',
  }
  const settings = loadSettings([...engineFragments, ...learningFragments], { commandLine: { ...small, ...values } })
  return evaluateIndex({ settings, items: 4000, eventsMax: 60_000, queries: 100, progress: silentProgress })
}

describe('recall of the index on a simulated catalogue', () => {
  it('is at least 95 % with the settings that production has, in searches that go through the graphs', async () => {
    const report = await evaluate()
    const spaces = Object.entries(report.metrics.index.spaces)
    expect(spaces.map(([space]) => space)).toEqual(expect.arrayContaining(['collaborative', 'content']))
    for (const [, { searches, recallPerSearch, recallMerged }] of spaces) {
      expect(searches).toBeGreaterThan(100)
      expect(recallPerSearch).toBeGreaterThanOrEqual(0.95)
      expect(recallMerged).toBeGreaterThanOrEqual(0.95)
    }
    expect(renderIndexReport(report)).toContain('collaborative')
  }, 60_000)

  it('falls when the graphs are made too thin, so the measure tells', async () => {
    const thin = { 'index.linksPerPoint': '4', 'index.buildWidth': '16', 'index.searchWidthFactor': '0.25' }
    const [production, report] = [await evaluate(), await evaluate(thin)]
    const { recallMerged } = report.metrics.index.spaces.content!
    expect(recallMerged).toBeLessThan(production.metrics.index.spaces.content!.recallMerged - 0.02)
  }, 60_000)

  it('finds everything where every search scans', async () => {
    const report = await evaluate({ 'index.exactScanShare': '0.001' })
    for (const { searches, scans, recallMerged } of Object.values(report.metrics.index.spaces)) {
      expect([searches, recallMerged]).toEqual([0, 1])
      expect(scans).toBeGreaterThan(100)
    }
  }, 60_000)
})
