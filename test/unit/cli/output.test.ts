import { describe, expect, it } from 'vitest'
import { renderSettings } from '../../../cli/commands/config.ts'
import { requestBody } from '../../../cli/commands/recommend.ts'
import { renderExplanation } from '../../../cli/output/explanation.ts'
import { renderFeed } from '../../../cli/output/feed.ts'
import { renderManifest, trainedMetrics } from '../../../cli/output/manifest.ts'
import { renderTable, shorten } from '../../../cli/output/table.ts'
import { resolveSettings } from '../../../cli/settings.ts'
import type { Recommendation, RecommendationTrace } from '../../../domain/recommendation.ts'

const feed: Recommendation = {
  requestId: 'r',
  items: [
    {
      id: 't1',
      score: 0.41234,
      objectives: { click: 0.21, finish: 0.145, positive: Number.NaN, negative: null as unknown as number },
      sources: ['collaborative', 'fresh'],
      reason: 'new',
    },
  ],
  partial: true,
  degraded: 'ranker',
  modelSet: 'ms-1',
  note: 'fewer items passed',
}

const trace: RecommendationTrace = {
  sources: { collaborative: 400, fresh: 40 },
  filters: { seen: 2, region: 0 },
  ranked: 398,
  stagesMs: { rank: 2.3456 },
  paths: [
    {
      id: 't1',
      proposals: [{ source: 'collaborative', rank: 4, score: 0.5 }],
      mergedRank: 7,
      rankedAt: 0,
      value: 0.4,
      servedAt: 0,
      placedBy: 'diversity',
      propensity: 1,
    },
  ],
  removed: [{ id: 't2', filter: 'seen', proposedBy: 'fresh' }],
}

const titles = new Map([
  ['t1', 'Twelve Bells'],
  ['t2', 'A Gold Mine'],
])

describe('a feed as a table', () => {
  it('shows place, title, score, probabilities, sources and reason', () => {
    const [, row, notes] = renderFeed(feed, titles).split('\n')
    expect(row.split(/ {2,}/)).toEqual([
      '1',
      't1',
      'Twelve Bells',
      '0.412',
      '21.0%',
      '14.5%',
      '-',
      '-',
      'collaborative, fresh',
      'new',
    ])
    expect(notes).toBe(
      'model set ms-1 · partial: a shard did not answer in time · degraded: ranker · fewer items passed',
    )
  })

  it('says so when there are no items', () => {
    expect(renderFeed({ ...feed, items: [] }, titles)).toMatch(/^No items\.\n/)
  })

  it('explains who proposed, who removed, and where the time went, with ranks from 1', () => {
    const text = renderExplanation(feed, trace, titles)
    expect(text).toMatch(/1 +Twelve Bells +collaborative 5 +8 +1 +diversity +1\.000/)
    expect(text).toMatch(/collaborative +400 +1/)
    expect(text).toMatch(/seen +2 +A Gold Mine \(fresh\)/)
    expect(text).toMatch(/rank +2\.35/)
  })
})

describe('tables', () => {
  it('align columns, without blanks at the end of lines', () => {
    const text = renderTable(
      [{ name: 'a' }, { name: 'n', align: 'right' }],
      [
        ['é', '1'],
        ['longer', '100'],
      ],
    )
    expect(text).toBe('a         n\né         1\nlonger  100\n')
  })

  it('cut a text by characters, not by halves of one', () => {
    expect(shorten('🎬🎬🎬', 3)).toBe('🎬🎬🎬')
    expect(shorten('🎬🎬🎬🎬', 3)).toBe('🎬🎬…')
  })
})

describe('the list of settings', () => {
  it('groups them, with value, unit and where each comes from', () => {
    const settings = resolveSettings({ dataDir: 'none', environment: {}, commandLine: { 'http.port': '9000' } })
    const text = renderSettings(settings.entries, settings)
    expect(text).toMatch(/^\[http\]$/m)
    expect(text).toMatch(/^http\.port +9000 +port +0 to 65535 +command line: --set http\.port$/m)
    expect(text).toMatch(/^http\.requestsInFlightMax +256 +requests +1 to 100000 +default$/m)
    expect(text).toMatch(/^engine\.clock +data +data, real +default$/m)
    expect(text).toContain(settings.hash)
  })
})

describe('what a training did', () => {
  const manifest = {
    dataRange: { fromSeq: 1, toSeq: 9, fromTime: 0, toTime: 0 },
    spaces: {},
    objectives: { click: { trained: true }, finish: { trained: false, reason: 'too few labels' } },
    metrics: { 'click.auc': 0.71, 'finish.auc': 0.53, rows: 9 },
  }

  it('has no figures for an objective that was not trained', () => {
    expect(renderManifest(manifest)).toMatch(/^finish +no: too few labels +-$/m)
    expect(trainedMetrics(manifest)).toEqual({ 'click.auc': 0.71, rows: 9 })
  })
})

describe('the request of a recommend command', () => {
  it('is the body of the HTTP request', () => {
    const options = { n: 3, category: ['Drama'], device: 'tv', time: '1700000000000' }
    expect(JSON.parse(JSON.stringify(requestBody('u1', options)))).toEqual({
      userId: 'u1',
      n: 3,
      context: { device: 'tv', time: 1_700_000_000_000 },
      categories: ['Drama'],
    })
    expect(requestBody('u1', { time: '2026-01-01T00:00:00Z' }).context.time).toBe('2026-01-01T00:00:00Z')
  })
})
