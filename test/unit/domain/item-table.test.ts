import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ItemTableReader } from '../../../domain/item-table/item-table.ts'
import {
  ItemTableFull,
  ItemTableWriter,
  type RowFacts,
  tombstone,
} from '../../../domain/item-table/item-table-writer.ts'
import { factsIn, factsOf } from './fixtures/row-facts.ts'

const limits = { itemsMax: 1000, rowsMax: 1000 }

interface Version {
  readonly seq: number
  readonly facts: RowFacts
}

/** What the table should say, without rows: every version of every item. */
class Model {
  readonly versions = new Map<number, Version[]>()

  append(item: number, version: Version): void {
    this.versions.set(item, [...(this.versions.get(item) ?? []), version])
  }

  at(item: number, seq: number): Version | undefined {
    return this.versions.get(item)?.findLast(version => version.seq <= seq)
  }
}

type Step =
  | { readonly kind: 'append'; readonly item: number; readonly gap: number; readonly deleted: boolean }
  | { readonly kind: 'reclaim'; readonly back: number; readonly rowsMax: number }

const itemsInModel = 6
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      item: fc.nat({ max: itemsInModel - 1 }),
      gap: fc.integer({ min: 1, max: 3 }),
      deleted: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('reclaim' as const),
      back: fc.nat({ max: 12 }),
      rowsMax: fc.integer({ min: 1, max: 5 }),
    }),
  },
)

/** The table and its model, taken through the same steps. */
class Twins {
  readonly writer = new ItemTableWriter(limits)
  readonly table = new ItemTableReader(structuredClone(this.writer.handles()))
  readonly model = new Model()
  seq = 0
  reclaimedBefore = 0

  apply(step: Step): void {
    if (step.kind === 'append') this.append(step.item, step.gap, step.deleted)
    else this.reclaim(step.back, step.rowsMax)
  }

  expectSame(): void {
    for (let item = 0; item < itemsInModel; item++) {
      for (let at = 0; at <= this.seq + 1; at++) this.expectSameAt(item, at)
    }
  }

  private append(item: number, gap: number, deleted: boolean): void {
    this.seq += gap
    const facts = deleted ? tombstone : factsOf(item, this.seq)
    this.writer.append(item, facts, this.seq)
    this.model.append(item, { seq: this.seq, facts })
  }

  private reclaim(back: number, rowsMax: number): void {
    this.reclaimedBefore = Math.max(this.reclaimedBefore, this.seq - back)
    const held = new Set<number>()
    for (let item = 0; item < itemsInModel; item++) {
      for (let at = this.reclaimedBefore; at <= this.seq; at++) held.add(this.table.rowAt(item, at))
    }
    const freed = this.writer.reclaim(this.reclaimedBefore, rowsMax)
    expect(freed.filter(row => held.has(row))).toEqual([])
    expect(freed.length).toBeLessThanOrEqual(rowsMax)
  }

  /** Below what was reclaimed, a version may be gone, but never be another's. */
  private expectSameAt(item: number, at: number): void {
    const row = this.table.rowAt(item, at)
    if (at < this.reclaimedBefore && row === -1) return
    const expected = this.model.at(item, at)
    if (expected === undefined) {
      expect(row).toBe(-1)
      return
    }
    expect(this.table.itemOf(row)).toBe(item)
    expect(this.table.seqOf(row)).toBe(expected.seq)
    expect(factsIn(this.table, row)).toEqual(expected.facts)
  }
}

describe('the item table', () => {
  test('says of every item at every number what a list of all its versions says', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), steps => {
        const twins = new Twins()
        for (const each of steps) {
          twins.apply(each)
          twins.expectSame()
        }
      }),
      { numRuns: 60 },
    )
  })

  test('keeps every field to its last bit', () => {
    const writer = new ItemTableWriter(limits)
    const facts: RowFacts = {
      publishedAt: -8_640_000_000_000_000,
      expiresAt: 8_640_000_000_000_000,
      regionsLow: 0xffffffff,
      regionsHigh: 0x80000001,
      maturity: 255,
      language: 65_535,
      categories: [65_535, 1, 2, 3, 4, 5, 6, 65_534],
      creators: [0xffffffff, 1, 0x80000000, 2],
      hidden: true,
      deleted: true,
    }
    const row = writer.append(999, facts, Number.MAX_SAFE_INTEGER)
    const other = writer.append(998, tombstone, 1)
    expect(factsIn(writer.reader, row)).toEqual(facts)
    expect(factsIn(writer.reader, other)).toEqual(tombstone)
    expect(writer.reader.itemOf(row)).toBe(999)
    expect(writer.reader.seqOf(row)).toBe(Number.MAX_SAFE_INTEGER)
  })

  test('counts items and rows, and has no row for items it skipped', () => {
    const writer = new ItemTableWriter(limits)
    const { reader } = writer
    expect([reader.itemCount, reader.rowCount, reader.rowAt(0, 1)]).toEqual([0, 0, -1])
    writer.append(5, factsOf(5, 1), 1)
    writer.append(2, factsOf(2, 1), 1)
    expect([reader.itemCount, reader.rowCount]).toEqual([6, 2])
    for (const item of [-1, 0, 4, 6, 999, 1_000_000]) expect(reader.currentRow(item)).toBe(-1)
  })

  test('shows a reader that was made before them the rows of several later chunks', () => {
    const writer = new ItemTableWriter({ itemsMax: 300_000, rowsMax: 300_000 })
    const reader = new ItemTableReader(structuredClone(writer.handles()))
    writer.append(0, factsOf(0, 1), 1)
    expect(reader.rowAt(0, 1)).toBe(0)
    for (let item = 1; item < 200_000; item++) writer.append(item, factsOf(item, item + 1), item + 1)
    for (const item of [0, 65_535, 65_536, 131_071, 131_072, 199_999]) {
      expect(factsIn(reader, reader.rowAt(item, 200_000))).toEqual(factsOf(item, item + 1))
    }
    writer.append(3, factsOf(3, 200_001), 200_001)
    expect(reader.seqOf(reader.rowAt(3, 200_000))).toBe(4)
    expect(reader.seqOf(reader.currentRow(3))).toBe(200_001)
  })

  test('uses reclaimed rows again, so updates without readers need no new memory', () => {
    const writer = new ItemTableWriter({ itemsMax: 10, rowsMax: 3 })
    for (let seq = 1; seq <= 1000; seq++) {
      writer.append(seq % 2, factsOf(seq % 2, seq), seq)
      writer.reclaim(seq + 1)
    }
    expect(writer.reader.rowCount).toBe(3)
    expect(factsIn(writer.reader, writer.reader.currentRow(0))).toEqual(factsOf(0, 1000))
    expect(factsIn(writer.reader, writer.reader.currentRow(1))).toEqual(factsOf(1, 999))
  })

  test('frees nothing that a reader at the given number still sees', () => {
    const writer = new ItemTableWriter(limits)
    const first = writer.append(0, factsOf(0, 10), 10)
    writer.append(0, factsOf(0, 20), 20)
    expect(writer.reclaim(20)).toEqual([])
    expect(writer.reader.rowAt(0, 19)).toBe(first)
    expect(writer.reclaim(21)).toEqual([first])
    expect(writer.reader.rowAt(0, 19)).toBe(-1)
  })

  test('says which limit is full and stays as it was', () => {
    const writer = new ItemTableWriter({ itemsMax: 2, rowsMax: 2 })
    writer.append(0, factsOf(0, 1), 1)
    expect(() => writer.append(2, factsOf(2, 2), 2)).toThrow(/room for 2 items/)
    const row = writer.append(0, factsOf(0, 3), 3)
    expect(() => writer.append(0, factsOf(0, 4), 4)).toThrow(ItemTableFull)
    expect(writer.reader.currentRow(0)).toBe(row)
    expect([writer.reader.itemCount, writer.reader.rowCount]).toEqual([1, 2])
    writer.reclaim(4)
    expect(writer.append(0, factsOf(0, 5), 5)).toBe(0)
  })

  test('refuses what does not fit a row, before anything is written', () => {
    const writer = new ItemTableWriter(limits)
    writer.append(0, tombstone, 7)
    expect(() => writer.append(0, tombstone, 7)).toThrow(/comes too late/)
    expect(() => writer.append(1, { ...tombstone, categories: new Array(9).fill(1) }, 8)).toThrow(RangeError)
    expect(() => writer.append(1, { ...tombstone, creators: [1, 2, 3, 4, 5] }, 8)).toThrow(RangeError)
    expect(() => writer.append(-1, tombstone, 8)).toThrow(RangeError)
    expect(() => writer.append(0.5, tombstone, 8)).toThrow(RangeError)
    expect([writer.reader.itemCount, writer.reader.rowCount]).toEqual([1, 1])
  })

  test('throws when a field of no row is read', () => {
    const { reader } = new ItemTableWriter(limits)
    expect(() => reader.publishedAt(-1)).toThrow(RangeError)
    expect(() => reader.isDeleted(0)).toThrow(RangeError)
  })
})
