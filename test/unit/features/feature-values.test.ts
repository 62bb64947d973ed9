import { describe, expect, it } from 'vitest'
import { Role } from '../../../domain/roles.ts'
import { noQueryVectors } from '../../../features/vector-spaces.ts'

import { day, now, World } from './feature-world.ts'

describe('item features', () => {
  it('know age, launch window and whether the date is known', () => {
    const world = new World([{ publishedAt: now - 7 * day }, {}, { publishedAt: now + day }])
    const recent = world.read(0)
    expect(recent('itemAgeLogDays')).toBeCloseTo(Math.log(8), 6)
    expect(recent('itemLaunch')).toBeCloseTo(0.5, 6)
    expect(recent('itemPublishedKnown')).toBe(1)
    expect(world.read(1)('itemPublishedKnown')).toBe(0)
    expect(world.read(1)('itemLaunch')).toBe(0)
    expect(world.read(2)('itemLaunch')).toBe(1)
  })

  it('draw the rates of a rarely clicked item towards those of all items', () => {
    const world = new World([{}, {}, {}])
    for (let i = 0; i < 100; i++) world.does(0, Role.click | (i < 80 ? Role.positive : 0), now - 200 * day + i * day)
    world.does(1, Role.click, now - day)
    const average = (80 + 0.3 * 20) / (101 + 20)
    expect(world.read(1)('itemPositiveRate')).toBeCloseTo((20 * average) / 21, 5)
    expect(world.read(2)('itemPositiveRate')).toBeCloseTo(average, 5)
    expect(world.read(0)('itemPositiveRate')).toBeGreaterThan(average)
  })

  it('see a trend where clicks are recent', () => {
    const world = new World([{}, {}, {}])
    for (let i = 0; i < 20; i++) world.does(0, Role.click, now - 3600_000 + i)
    for (let i = 0; i < 20; i++) world.does(1, Role.click, now - 60 * day + i * day)
    const [burst, fading, never] = [0, 1, 2].map(item => world.read(item)('itemTrend'))
    expect(burst).toBeGreaterThan(2)
    expect(fading).toBeLessThan(-0.4)
    expect(never).toBe(0)
  })
})

describe('cross features', () => {
  it('measure the taste for the categories of an item in shares of all clicks', () => {
    const world = new World([{ categories: [1] }, { categories: [2] }, { categories: [3, 1, 9] }])
    world.does(0, Role.click | Role.positive, now)
    world.does(1, Role.click | Role.negative, now)
    const read = world.read(2)
    expect(read('categoryClickMax')).toBe(0.5)
    expect(read('categoryClickMean')).toBeCloseTo(0.5 / 3, 6)
    expect(read('categoryClickPrimary')).toBe(0)
    expect(read('categoryPositiveMax')).toBe(1)
    expect(read('categoryNegativeMax')).toBe(0)
    expect(world.read(1)('categoryNegativeMax')).toBe(1)
    expect(world.read(0)('categoryPositiveRate')).toBeGreaterThan(world.read(1)('categoryPositiveRate'))
  })

  it('see the categories of the last engagements, not those of what was disliked', () => {
    const world = new World([{ categories: [1] }, { categories: [2] }, { categories: [3] }])
    world.does(0, Role.click, now - 6 * 3600_000)
    world.does(1, Role.click, now)
    world.does(2, Role.negative, now)
    expect(world.read(0)('recentCategoryMax')).toBeCloseTo(1 / 3, 6)
    expect(world.read(1)('recentCategoryMax')).toBeCloseTo(2 / 3, 6)
    expect(world.read(2)('recentCategoryMax')).toBe(0)
  })

  it('know a creator again', () => {
    const world = new World([{ creators: [70_000] }, { creators: [5, 70_000] }, { creators: [6] }])
    world.does(0, Role.click | Role.positive, now)
    expect(world.read(1)('creatorKnown')).toBe(1)
    expect(world.read(1)('creatorClickMax')).toBe(1)
    expect(world.read(1)('creatorPositiveMax')).toBe(1)
    expect(world.read(2)('creatorKnown')).toBe(0)
  })

  it('compare language, region and age only where both sides are known', () => {
    const world = new World([{ language: 2, regions: [3, 33], maturity: 16 }, {}])
    const known = { language: 2, region: 33, age: 36 }
    expect(world.read(0, known)('languageMatch')).toBe(1)
    expect(world.read(0, { ...known, language: 1 })('languageMatch')).toBe(-1)
    expect(world.read(1, known)('languageMatch')).toBe(0)
    expect(world.read(0, known)('regionLicensed')).toBe(1)
    expect(world.read(0, { region: 3 })('regionLicensed')).toBe(1)
    for (const region of [0, 1, 32, 34, 64]) expect(world.read(0, { region })('regionLicensed')).toBe(0)
    expect(world.read(1, known)('regionLicensed')).toBe(0)
    expect(world.read(0, known)('maturityGap')).toBe(1)
    expect(world.read(0, { age: Number.NaN })('maturityGap')).toBe(0)
  })

  it('measure popularity and publication year against what the user usually takes', () => {
    const world = new World([{ publishedAt: now }, { publishedAt: now - 20 * 365.2425 * day }, { publishedAt: now }])
    for (let i = 0; i < 9; i++) world.does(0, Role.click, now - i * 30 * day)
    expect(world.read(2)('popularityGap')).toBeCloseTo(-Math.log(10), 5)
    expect(world.read(2)('publishYearDistance')).toBe(0)
    expect(world.read(1)('publishYearDistance')).toBe(5)
  })

  it('compare with the person in the spaces of the towers and of sequences', () => {
    const world = new World([{}, {}, {}])
    world.twoTower = world.vectors([[0, 2], [3, 4], undefined])
    world.sequence = world.vectors([[0, 2], [40, 0], undefined])
    world.query = { ...noQueryVectors, twoTower: Float32Array.of(1, 0), sequence: Float32Array.of(0.5, -1) }
    world.does(0, Role.click, now)
    const read = world.read(1)
    expect(read('twoTowerCosine')).toBeCloseTo(0.6, 6)
    expect(read('sequenceProduct')).toBe(20)
    expect(read('lastSequence')).toBe(0)
    expect(world.read(0)('sequenceProduct')).toBe(-2)
    expect(world.read(0)('lastSequence')).toBe(1)
    const known = ['twoTowerKnown', 'sequenceKnown']
    expect([known.map(read), known.map(world.read(2))]).toEqual([
      [1, 1],
      [0, 0],
    ])
  })

  it('compare with the last items in the spaces of factors and of text, by direction alone', () => {
    const world = new World([{}, {}, {}, {}])
    world.collaborative = world.vectors([[0, 5], [3, 0], [2, 0], undefined])
    world.content = world.vectors([[4, 0], [0, 1], [0.5, 0], undefined])
    world.query = { ...noQueryVectors, collaborative: Float32Array.of(1.5, 7), content: Float32Array.of(3, 4) }
    world.does(0, Role.click | Role.positive, now - day)
    world.does(1, Role.click, now)
    const read = world.read(2)
    expect(read('collaborativeProduct')).toBe(3)
    expect(read('contentCosine')).toBeCloseTo(0.6, 6)
    expect(read('recentCollaborativeMax')).toBe(1)
    expect(read('recentCollaborativeMean')).toBe(0.5)
    expect(read('lastCollaborative')).toBe(1)
    expect(read('lastContent')).toBe(0)
    expect(read('positiveContentMax')).toBe(1)
    expect([read('collaborativeKnown'), read('contentKnown')]).toEqual([1, 1])
    const absent = world.read(3)
    const names = [
      'collaborativeProduct',
      'contentCosine',
      'recentCollaborativeMax',
      'collaborativeKnown',
      'contentKnown',
    ]
    expect(names.map(absent)).toEqual([0, 0, 0, 0, 0])
  })

  it('look for positives among positives only', () => {
    const world = new World([{}, {}])
    world.content = world.vectors([
      [1, 1],
      [0, 1],
    ])
    world.does(0, Role.positive, now - day)
    world.does(1, Role.click, now)
    expect(world.read(1)('lastContent')).toBe(1)
    expect(world.read(1)('positiveContentMax')).toBeCloseTo(Math.SQRT1_2, 6)
  })

  it('do not take an item without a vector for the last one with', () => {
    const world = new World([{}, {}])
    world.collaborative = world.vectors([[1, 0], undefined])
    world.does(0, Role.click, now - day)
    world.does(1, Role.click, now)
    expect(world.read(0)('lastCollaborative')).toBe(0)
    expect(world.read(0)('recentCollaborativeMax')).toBe(1)
  })

  it('count the impressions of this item that brought no click', () => {
    const world = new World(Array.from({ length: 9 }, () => ({})))
    for (const item of [6, 2, 4, 1, 7]) for (let i = 0; i < item; i++) world.does(item, Role.impression, now)
    world.does(4, Role.click, now)
    const counts = Array.from({ length: 9 }, (_, item) => Math.expm1(world.read(item)('impressionsUnclickedLog')))
    expect(counts.map(Math.round)).toEqual([0, 1, 2, 0, 0, 0, 6, 7, 0])
  })
})

describe('retrieval features', () => {
  it('are the evidence that the merged candidates carry', () => {
    const world = new World([{}])
    for (let i = 0; i < 3; i++) world.does(0, Role.click, now - i * 9 * day)
    const read = world.read(0, {}, candidates => {
      candidates.bestRank[0] = 9
      candidates.proposers[0] = 0x8000_0005
      candidates.coVisitation[0] = 3
    })
    expect(read('rankReciprocal')).toBeCloseTo(0.1, 6)
    expect(read('rankLog')).toBeCloseTo(Math.log(10), 6)
    expect(read('proposers')).toBe(3)
    expect(read('coVisitationLog')).toBeCloseTo(Math.log(4), 6)
    expect(read('coVisitationPerPopularity')).toBeCloseTo(1.5, 6)
  })
})
