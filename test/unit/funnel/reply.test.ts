import { describe, expect, it } from 'vitest'
import { REASON, type ReasonCode } from '../../../algorithms/ranking/explanations.ts'
import { notProposed } from '../../../domain/candidate-set.ts'
import type { CatalogState } from '../../../domain/catalog-state.ts'
import { segmentKey } from '../../../domain/popular-lists.ts'
import { filters } from '../../../funnel/filters/registry.ts'
import type { RankingFrame } from '../../../funnel/ranking-frame.ts'
import { formatReason } from '../../../funnel/reasons.ts'
import { buildRecommendation, visibleSlate } from '../../../funnel/reply.ts'
import { servedRecord } from '../../../funnel/side-effects/served-record.ts'
import { sources } from '../../../funnel/sources/registry.ts'
import { rankedFrame } from '../../fakes/ranked-frame.ts'
import { catalogOf, startOf2024 as now, sampleItem, sampleItems, sampleRequest } from '../../fakes/samples.ts'

const idsOf = (result: RankingFrame, chosen: readonly number[], catalog: CatalogState) =>
  chosen.map(i => catalog.itemId(result.items[i]))

describe('the visible slate', () => {
  it('is the slate, without the reserve, while everything is visible', () => {
    const catalog = catalogOf(sampleItems(6))
    const result = rankedFrame({ items: [5, 3, 1, 0, 2], slateLength: 3 })
    expect(idsOf(result, visibleSlate(result, now, catalog), catalog)).toEqual(['i5', 'i3', 'i1'])
  })

  it('is refilled from the reserve, in order, for what was hidden, deleted or has expired since it was ranked', () => {
    const catalog = catalogOf(sampleItems(8))
    const result = rankedFrame({ items: [0, 1, 2, 3, 4, 5, 6], slateLength: 4 })
    catalog.putItem(sampleItem('i0', { hidden: true }), 100)
    catalog.deleteItem('i2', 101)
    catalog.putItem(sampleItem('i4', { expiresAt: now }), 102)
    expect(idsOf(result, visibleSlate(result, now, catalog), catalog)).toEqual(['i1', 'i3', 'i5', 'i6'])
  })

  it('is shorter when the reserve is used up', () => {
    const catalog = catalogOf(sampleItems(4))
    const result = rankedFrame({ items: [0, 1, 2, 3], slateLength: 3 })
    for (const id of ['i0', 'i1']) catalog.deleteItem(id, catalog.items.rowCount + 100)
    expect(idsOf(result, visibleSlate(result, now, catalog), catalog)).toEqual(['i2', 'i3'])
  })
})

const facts = (fields: Parameters<typeof sampleRequest>[1] = {}) => ({
  request: sampleRequest('u', fields),
  modelSet: 'set-1',
  partial: false,
  degraded: null,
  segment: 0,
  stagesMs: { rank: 1 },
})

describe('a recommendation', () => {
  const catalog = catalogOf(sampleItems(4))

  it('names every source that proposed an item', () => {
    const bits = (1 << 0) | (1 << 5)
    const result = rankedFrame({ items: [2], proposers: [bits] })
    const { items } = buildRecommendation(result, [0], facts(), catalog)
    expect(items[0]).toMatchObject({ id: 'i2', sources: [sources[0].name, sources[5].name] })
  })

  it('says in its trace by which sources at which ranks, and who removed what', () => {
    const sourceRank = sources.map((_, s) => (s === 1 ? 4 : notProposed))
    const sourceScore = sources.map((_, s) => (s === 1 ? 0.5 : 0))
    const result = {
      ...rankedFrame({ items: [2] }),
      sourceRank: Uint16Array.from(sourceRank),
      sourceScore: Float32Array.from(sourceScore),
      proposed: Uint16Array.from(sources, (_, s) => s),
      removedCounts: Uint32Array.from(filters, (_, f) => f * 10),
      removedItems: Uint32Array.of(3),
      removedBy: Uint8Array.of(2),
      removedFrom: Uint8Array.of(1),
    }
    const { trace } = buildRecommendation(result, [0], facts({ explain: true, n: 1 }), catalog)
    expect(trace!.paths[0].proposals).toEqual([{ source: sources[1].name, rank: 4, score: 0.5 }])
    expect(trace!.removed).toEqual([{ id: 'i3', filter: filters[2].name, proposedBy: sources[1].name }])
    expect(trace!.sources[sources[2].name]).toBe(2)
    expect(trace!.filters[filters[1].name]).toBe(10)
  })

  it('says of an item that stood in from the reserve that it did, and of its place in the feed', () => {
    const result = rankedFrame({ items: [0, 1, 2, 3], slateLength: 3 })
    const { trace } = buildRecommendation(result, [1, 2, 3], facts({ explain: true, n: 3 }), catalog)
    expect(trace!.paths.map(path => path.placedBy)).toEqual(['diversity', 'diversity', 'refill'])
    expect(trace!.paths.map(path => path.servedAt)).toEqual([0, 1, 2])
  })

  it.each([
    [catalogOf([]), 0, 'the catalogue is empty: import or PUT items first'],
    [catalog, 0, 'no item passed the filters for this person and request'],
    [catalog, 4, 'fewer items passed the filters than were asked for'],
  ])('says why it is short (%#)', (of, ranked, note) => {
    const result = { ...rankedFrame({ items: [] }), ranked }
    expect(buildRecommendation(result, [], facts(), of)).toMatchObject({ items: [], note })
  })

  it('has no note when it is as long as was asked for', () => {
    const result = rankedFrame({ items: [1] })
    expect(buildRecommendation(result, [0], facts({ n: 1 }), catalog)).not.toHaveProperty('note')
  })
})

describe('the served record', () => {
  it('holds the columns of the items that were returned, in the order of the feed', () => {
    const catalog = catalogOf(sampleItems(4))
    const result = {
      ...rankedFrame({ items: [0, 1, 2, 3], slateLength: 3, proposers: [1, 2, 4, 8] }),
      featureCount: 2,
      features: Float32Array.of(0, 0, 1, 10, 2, 20, 3, 30),
      propensity: Float32Array.of(1, 0.5, 0.25, 1),
    }
    const served = servedRecord(result, [1, 2, 3], {} as never, catalog)
    expect(served.items).toEqual(['i1', 'i2', 'i3'])
    expect([...served.features]).toEqual([1, 10, 2, 20, 3, 30])
    expect([...served.propensities]).toEqual([0.5, 0.25, 1])
    expect([...served.sources]).toEqual([2, 4, 8])
    expect(served.sourceNames).toEqual(sources.map(source => source.name))
  })
})

describe('a reason', () => {
  const catalog = catalogOf([sampleItem('heat', { title: 'Heat', regions: ['de'] })])
  catalog.profileCodes({ id: 'u', region: 'de', ageBand: '25-34' })

  it.each<[ReasonCode, number, number, string]>([
    [REASON.becauseYouWatched, 0, 0, 'because you watched Heat'],
    [REASON.similarContent, 0, 0, 'similar to Heat'],
    [REASON.fromCreator, 0, 0, 'from a creator of Heat'],
    [REASON.popularInSegment, -1, segmentKey(1, 1), 'popular in de with people aged 25-34'],
    [REASON.popularInSegment, -1, segmentKey(1, 0), 'popular in de'],
    [REASON.popularInSegment, -1, segmentKey(0, 1), 'popular with people aged 25-34'],
    [REASON.trending, -1, 0, 'trending now'],
    [REASON.newItem, -1, 0, 'new'],
    [REASON.tasteMatch, -1, 0, 'liked by people with your taste'],
    [REASON.popular, -1, 0, 'popular with everybody'],
    [REASON.none, -1, 0, 'picked for you'],
  ])('of kind %i reads as a sentence', (code, reference, segment, text) => {
    expect(formatReason(code, reference, segment, catalog)).toBe(text)
  })

  it('names a deleted title by its id, because nothing else is left of it', () => {
    const gone = catalogOf([sampleItem('heat', { title: 'Heat' })])
    gone.deleteItem('heat', 9)
    expect(formatReason(REASON.similarContent, 0, 0, gone)).toBe('similar to heat')
  })

  it('of an explored item tells that it is something different, but not in the reserve', () => {
    const result = { ...rankedFrame({ items: [0, 0], slateLength: 1 }), placedBy: Uint8Array.of(1, 1) }
    const { items } = buildRecommendation(result, [0, 1], facts(), catalog)
    expect(items.map(item => item.reason)).toEqual(['something different', 'picked for you'])
  })
})
