import { describe, expect, it } from 'vitest'
import { checkItems } from '../../actors/check-items.ts'
import { DataClock } from '../../actors/data-clock.ts'
import { SharedTables } from '../../actors/shared-tables.ts'
import { Waiters } from '../../actors/waiters.ts'
import { CatalogState, noDocuments } from '../../domain/catalog-state.ts'
import type { Item } from '../../domain/item.ts'
import { emptyEpoch } from '../fakes/loaded-models.ts'
import { catalogOf, sampleItem } from '../fakes/samples.ts'
import { settle } from './supervision.harness.ts'

describe('the clock of a data directory', () => {
  it('stands at the last event, and is the machine’s before the first', () => {
    let last = 0
    const clock = new DataClock('data')
    const before = Date.now()
    expect(clock.now()).toBeGreaterThanOrEqual(before)
    clock.follow(() => last)
    expect(clock.now()).toBeGreaterThanOrEqual(before)
    last = 1234
    expect(clock.now()).toBe(1234)
  })

  it('is the machine’s where that is wanted, whatever the events say', () => {
    const clock = new DataClock('real')
    clock.follow(() => 1234)
    expect(clock.now()).toBeGreaterThan(1234)
  })
})

describe('waiters', () => {
  it('are resolved once the number has been reached that each waits for, and not before', async () => {
    const waiters = new Waiters(10)
    const reached: number[] = []
    for (const seq of [9, 12, 15]) void waiters.until(seq).then(() => reached.push(seq))
    await settle()
    expect(reached).toEqual([9])
    waiters.reach(11)
    await settle()
    expect(reached).toEqual([9])
    waiters.reach(12)
    await settle()
    expect(reached).toEqual([9, 12])
    waiters.reach(20)
    waiters.reach(3)
    void waiters.until(18).then(() => reached.push(18))
    await settle()
    expect(reached).toEqual([9, 12, 15, 18])
  })
})

describe('the shared tables', () => {
  it('get a new version with each epoch, told to everybody who listens', () => {
    const tables = new SharedTables(catalogOf([]).table.handles(), emptyEpoch())
    const versions: number[] = []
    tables.subscribe(({ version }) => versions.push(version))
    tables.subscribe(({ version, counters }) => versions.push(version * 100 + counters.epoch))
    const epoch = emptyEpoch()
    tables.publish({ ...epoch, counters: { ...epoch.counters, epoch: 7 } })
    tables.publish({ ...epoch, counters: { ...epoch.counters, epoch: 9 } })
    expect(versions).toEqual([2, 207, 3, 309])
    expect(tables.current.counters.epoch).toBe(9)
  })
})

describe('an item at the door of the catalogue', () => {
  const catalog = catalogOf([
    sampleItem('a', { vectors: { brand: [1, 2] } }),
    sampleItem('b', { regions: Array.from({ length: 63 }, (_, i) => `region ${i}`) }),
  ])

  it('has vectors of the dimensions that the first of each space had', () => {
    const spaces: Item['vectors'][] = [
      { brand: [3, 4] },
      { brand: [3], other: [1] },
      { other: [1, 2, 3] },
      { other: [1, 2] },
    ]
    const [fits, tooShort, other, unlikeOther] = checkItems(
      spaces.map((vectors, i) => sampleItem(`x${i}`, { vectors })),
      catalog,
    )
    expect([fits, other]).toEqual([null, null])
    expect(tooShort).toMatchObject({ code: 'bad_vector', hint: expect.stringContaining('2 numbers, not 1') })
    expect(unlikeOther).toMatchObject({ code: 'bad_vector', hint: expect.stringContaining('3 numbers, not 2') })
  })

  it('names no more regions than a catalogue can tell apart', () => {
    const regions = [['region 1', 'new', 'new'], ['newer'], ['new'], ['new', 'newer']]
    const results = checkItems(
      regions.map((names, i) => sampleItem(`x${i}`, { regions: names })),
      catalog,
    )
    expect(results.map(result => result?.code)).toEqual([undefined, 'too_many', undefined, 'too_many'])
  })

  it('is refused where there is no room for one more, while known ones can still change', () => {
    const small = new CatalogState({ itemsMax: 2, rowsMax: 4 }, noDocuments)
    small.putItem(sampleItem('a'), 1)
    const codesOf = (...ids: string[]) =>
      checkItems(
        ids.map(id => sampleItem(id)),
        small,
      ).map(result => result?.code)
    expect(codesOf('a', 'b', 'c', 'b', 'a')).toEqual([undefined, undefined, 'catalog_full', undefined, 'catalog_full'])
    small.putItem(sampleItem('b'), 2)
    expect(() => small.putItem(sampleItem('c'), 3)).toThrow('room for 2 items')
    expect([small.findItem('c'), small.changed.size]).toEqual([-1, 2])
  })
})
