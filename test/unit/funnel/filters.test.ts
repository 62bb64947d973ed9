import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Item } from '../../../domain/item.ts'
import type { RecommendationRequest } from '../../../domain/recommendation.ts'
import type { Filter } from '../../../funnel/filter.ts'
import { category } from '../../../funnel/filters/category.ts'
import { excluded } from '../../../funnel/filters/excluded.ts'
import { maturity } from '../../../funnel/filters/maturity.ts'
import { region } from '../../../funnel/filters/region.ts'
import { filters } from '../../../funnel/filters/registry.ts'
import { seen } from '../../../funnel/filters/seen.ts'
import { visibility } from '../../../funnel/filters/visibility.ts'
import type { RequestFrame } from '../../../funnel/request-frame.ts'
import { filterTables, requestFrame } from '../../fakes/requests.ts'
import { catalogOf, startOf2024 as now, sampleItem, sampleRequest } from '../../fakes/samples.ts'

/** Ids of the items that pass the filter. */
function kept(
  filter: Filter,
  items: readonly Item[],
  frame: Partial<RequestFrame> = {},
  asked: Partial<RecommendationRequest> = {},
): string[] {
  const catalog = catalogOf(items)
  const query = { ...requestFrame(catalog, { request: sampleRequest('u', asked), now }), ...frame }
  const test = filter.prepare(query, filterTables(catalog))
  return items.filter((_, item) => test === null || test(item, catalog.items.currentRow(item))).map(item => item.id)
}

describe('visibility', () => {
  it('removes what is hidden or deleted', () => {
    const catalog = catalogOf([sampleItem('shown'), sampleItem('hidden', { hidden: true }), sampleItem('deleted')])
    catalog.deleteItem('deleted', 10)
    const test = visibility.prepare(requestFrame(catalog, { now }), filterTables(catalog))!
    expect([0, 1, 2].map(item => test(item, catalog.items.currentRow(item)))).toEqual([true, false, false])
  })

  it('removes what has expired, at the very moment it does', () => {
    const items = [-1, 0, 1].map(ms => sampleItem(`${ms}`, { expiresAt: now + ms }))
    expect(kept(visibility, [...items, sampleItem('never')])).toEqual(['1', 'never'])
  })

  it('removes what is published later, and keeps what is published now or at an unknown time', () => {
    const items = [-1, 0, 1].map(ms => sampleItem(`${ms}`, { publishedAt: now + ms }))
    expect(kept(visibility, [...items, sampleItem('unknown', { publishedAt: undefined })])).toEqual([
      '-1',
      '0',
      'unknown',
    ])
  })
})

describe('region', () => {
  const regions = Array.from({ length: 64 }, (_, i) => `region-${i + 1}`)

  it('keeps an item without a licence list everywhere, also for people of an unknown region', () => {
    expect(kept(region, [sampleItem('anywhere')], { region: 0 })).toEqual(['anywhere'])
    expect(kept(region, [sampleItem('anywhere', { regions: [] })], { region: 7 })).toEqual(['anywhere'])
  })

  it('keeps a licensed item in exactly its regions, in each of the 64', () => {
    const items = regions.map(name => sampleItem(name, { regions: [name] }))
    for (const code of [1, 2, 31, 32, 33, 34, 63, 64])
      expect(kept(region, items, { region: code })).toEqual([`region-${code}`])
    expect(kept(region, items, { region: 0 })).toEqual([])
  })

  it('keeps an item of several regions in each of them', () => {
    const all = regions.map(name => sampleItem(name, { regions: [name] }))
    const several = sampleItem('several', { regions: ['region-3', 'region-40'] })
    const codes = [1, 3, 33, 40, 64].filter(code =>
      kept(region, [...all, several], { region: code }).includes('several'),
    )
    expect(codes).toEqual([3, 40])
  })

  it('never shows what is licensed only where the catalogue has no name for', () => {
    const items = regions.map(name => sampleItem(name, { regions: [name] }))
    const catalog = catalogOf([...items, sampleItem('elsewhere', { regions: ['one-too-many'] })])
    expect(catalog.items.isHidden(catalog.items.currentRow(64))).toBe(true)
  })
})

describe('maturity', () => {
  const items = [0, 12, 18, 21].map(age => sampleItem(`${age}`, { maturity: age }))

  it('keeps what is allowed at the age of the person, the limit included', () => {
    expect(kept(maturity, items, { age: 0 })).toEqual(['0'])
    expect(kept(maturity, items, { age: 17 })).toEqual(['0', '12'])
    expect(kept(maturity, items, { age: 18 })).toEqual(['0', '12', '18'])
    expect(kept(maturity, items, { age: 40 })).toEqual(['0', '12', '18', '21'])
  })

  it('takes the age of the settings for somebody whose age is unknown', () => {
    expect(requestFrame(catalogOf(items), { now }).age).toBe(18)
    expect(kept(maturity, items)).toEqual(['0', '12', '18'])
  })

  it('would keep nothing for an age that is not a number', () => {
    expect(kept(maturity, items, { age: Number.NaN })).toEqual([])
  })
})

describe('seen and excluded', () => {
  it('remove exactly the items of the sorted list', () => {
    const catalog = catalogOf([])
    const lists = [
      [seen, 'seen'],
      [excluded, 'excluded'],
    ] as const
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(200)), fc.constantFrom(...lists), (listed, [filter, column]) => {
        const query = { ...requestFrame(catalog), [column]: Uint32Array.from(listed).sort() }
        const test = filter.prepare(query, filterTables(catalog))
        for (let item = 0; item <= 201; item++) expect(test?.(item, 0) ?? true).toBe(!listed.includes(item))
      }),
    )
  })

  it('name excluded items by id, and pass over ids that nobody knows', () => {
    const items = [sampleItem('a'), sampleItem('b'), sampleItem('c')]
    expect(kept(excluded, items, {}, { exclude: ['c', 'nobody', 'a'] })).toEqual(['b'])
  })
})

describe('category', () => {
  const items = [
    sampleItem('drama', { categories: ['drama'] }),
    sampleItem('both', { categories: ['comedy', 'drama'] }),
    sampleItem('comedy', { categories: ['comedy'] }),
    sampleItem('none'),
  ]

  it('keeps everything when none was asked for', () => {
    expect(kept(category, items)).toHaveLength(4)
  })

  it('keeps items that have one of those asked for, in whatever place', () => {
    expect(kept(category, items, {}, { categories: ['drama'] })).toEqual(['drama', 'both'])
    expect(kept(category, items, {}, { categories: ['drama', 'comedy', 'unheard of'] })).toHaveLength(3)
  })

  it('keeps nothing when only names were asked for that nobody has used', () => {
    expect(kept(category, items, {}, { categories: ['unheard of'] })).toEqual([])
  })
})

describe('the filters', () => {
  it('stand in the order in which the trace names them', () => {
    expect(filters.map(filter => filter.name)).toEqual([
      'visibility',
      'region',
      'maturity',
      'seen',
      'excluded',
      'category',
    ])
  })
})
