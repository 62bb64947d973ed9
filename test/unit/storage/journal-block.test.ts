import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JournalBlock, packBlocks, tagMask } from '../../../storage/journal-block.ts'
import { encodeRecord, kindTags } from '../../../storage/record-codec.ts'
import { anyRecords, eventRecords } from './sample-records.ts'

describe('a block of records', () => {
  it('gives any records back by their place, with their tags', () => {
    fc.assert(
      fc.property(anyRecords, fc.integer({ min: 1, max: 2 ** 40 }), (records, firstSeq) => {
        const blocks = packBlocks(records.map(encodeRecord))
        expect(blocks).toHaveLength(1)
        const block = new JournalBlock(firstSeq, blocks[0]!.bytes)
        expect([block.firstSeq, block.count]).toEqual([firstSeq, records.length])
        expect(records.map((_, i) => block.record(i))).toEqual(records)
        expect(records.map((_, i) => block.tag(i))).toEqual(records.map(record => kindTags[record.kind]))
      }),
    )
  })

  it('is followed by another one once it is large, and no record is lost between them', () => {
    const records = eventRecords('e', 20_000)
    const blocks = packBlocks(records.map(encodeRecord))
    expect(blocks.length).toBeGreaterThan(2)
    const read = blocks.flatMap(({ count, bytes }) => {
      const block = new JournalBlock(1, bytes)
      return Array.from({ length: count }, (_, i) => block.record(i))
    })
    expect(read).toEqual(records)
  })

  it.each([
    ['nothing', new Uint8Array(0)],
    ['three bytes', new Uint8Array(3)],
    ['no records', new Uint8Array(8)],
    ['more records than there is room for', new Uint8Array(40).fill(0xff)],
  ])('is refused as corrupt when it has %s', (_, bytes) => {
    expect(() => new JournalBlock(1, bytes)).toThrow(expect.objectContaining({ code: 'corrupt' }))
  })

  it('is refused as corrupt when its end is missing', () => {
    const { bytes } = packBlocks(eventRecords('e', 5).map(encodeRecord))[0]!
    for (let length = 1; length < bytes.length; length++) {
      expect(() => new JournalBlock(1, bytes.subarray(0, length))).toThrow(expect.objectContaining({ code: 'corrupt' }))
    }
  })

  it('has one bit per kind in a mask', () => {
    expect(tagMask(['event', 'served'])).toBe((1 << kindTags.event) | (1 << kindTags.served))
    expect(tagMask([])).toBe(0)
  })
})
