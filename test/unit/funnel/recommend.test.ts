import { describe, expect, it } from 'vitest'
import type { FunnelOverrides } from '../../../domain/recommendation.ts'
import { stopAfterCode } from '../../../funnel/request-frame.ts'
import { sources } from '../../../funnel/sources/registry.ts'
import { requestFrame } from '../../fakes/requests.ts'
import { catalogOf, sampleItem, sampleRequest, testSettings } from '../../fakes/samples.ts'

const catalog = catalogOf([
  sampleItem('a', { categories: ['drama', 'comedy'] }),
  sampleItem('b'),
  sampleItem('c'),
  sampleItem('d'),
])
const budgetOf = (frame: { readonly budgets: Uint16Array }, name: string) =>
  frame.budgets[sources.findIndex(source => source.name === name)]

const withOverrides = (overrides: FunnelOverrides, n = 10) =>
  requestFrame(catalog, { request: sampleRequest('u', { overrides, n }) })

describe('a packed request', () => {
  it('names excluded items and wanted categories by sorted numbers', () => {
    const request = sampleRequest('u', { exclude: ['d', 'unknown', 'a'], categories: ['comedy', 'drama', 'unknown'] })
    const { excluded, wantedCategories } = requestFrame(catalog, { request })
    expect([...excluded]).toEqual([0, 3])
    expect([...wantedCategories]).toEqual([0, 1, 2])
  })

  it('carries the versions that the request pinned and the vectors it searches with', () => {
    const pins = { generation: 3, tablesVersion: 7, catalogSeq: 2, counterEpoch: 5, seed: 9, globalShard: 1 }
    const query = {
      collaborative: Float32Array.of(1, 2),
      content: Float32Array.of(3),
      twoTower: Float32Array.of(4, 5),
      sequence: Float32Array.of(6),
    }
    expect(requestFrame(catalog, { pins, query })).toMatchObject({
      ...pins,
      collaborativeQuery: query.collaborative,
      contentQuery: query.content,
      twoTowerQuery: query.twoTower,
      sequenceQuery: query.sequence,
    })
  })

  it('gives each source the budget of its settings, and none to one that is switched off', () => {
    const settings = testSettings({ 'sources.trending.budget': 33, 'sources.popular.enabled': false })
    const frame = requestFrame(catalog, { settings })
    expect([budgetOf(frame, 'trending'), budgetOf(frame, 'popular')]).toEqual([33, 0])
    expect(budgetOf(frame, 'content')).toBeGreaterThan(0)
  })

  it('lets an evaluation choose the sources and their budgets, also of one that is switched off', () => {
    const settings = testSettings({ 'sources.popular.enabled': false })
    const request = sampleRequest('u', { overrides: { sourceBudgets: { popular: 500 } } })
    const frame = requestFrame(catalog, { request, settings })
    expect([...frame.budgets].filter(budget => budget > 0)).toEqual([500])
    expect(budgetOf(frame, 'popular')).toBe(500)
  })

  it('says where the funnel stops; the slate when nobody says', () => {
    expect(requestFrame(catalog).stopAfter).toBe(stopAfterCode.slate)
    expect(withOverrides({ stopAfter: 'ranked' }).stopAfter).toBe(stopAfterCode.ranked)
    expect(withOverrides({ stopAfter: 'retrieved' }).stopAfter).toBe(stopAfterCode.retrieved)
  })

  it('asks for as many candidates as it has to return', () => {
    const limit = requestFrame(catalog).candidateLimit
    expect(requestFrame(catalog).n).toBe(10)
    expect(withOverrides({ depth: limit + 50 })).toMatchObject({ n: limit + 50, candidateLimit: limit + 50 })
    expect(withOverrides({ depth: 3 })).toMatchObject({ n: 3, candidateLimit: limit })
  })
})
