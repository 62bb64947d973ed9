import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JournalKind, JournalRecord } from '../../../domain/journal.ts'
import { StorageError } from '../../../storage/errors.ts'
import { decodeRecord, encodeRecord, kindTags } from '../../../storage/record-codec.ts'
import { anyRecord, eventRecord } from './sample-records.ts'

const kinds = Object.keys(kindTags) as JournalKind[]

/** As it is read: in memory of its own, not in the encoder's pooled buffer. */
function encoded(record: JournalRecord): Uint8Array {
  return Uint8Array.from(encodeRecord(record))
}

function again(record: JournalRecord): JournalRecord {
  const bytes = encoded(record)
  return decodeRecord(bytes, 0, bytes.length)
}

describe('the codec of journal records', () => {
  it.each(kinds)('gives every %s record back as it was', kind => {
    fc.assert(
      fc.property(anyRecord[kind] as fc.Arbitrary<JournalRecord>, record => {
        expect(again(record)).toEqual(record)
      }),
    )
  })

  it('keeps doubles that other encodings lose', () => {
    for (const value of [-0, Number.NaN, Number.POSITIVE_INFINITY, 5e-324, 0.1, 2 ** 53 + 2, -(2 ** 31)]) {
      const record = { ...eventRecord('e'), event: { ...eventRecord('e').event, value } }
      expect(again(record)).toEqual(record)
      const item = { id: 'i', title: '', categories: [], creators: [], vectors: { v: [value] } }
      expect(again({ kind: 'item', at: 0, item })).toEqual({ kind: 'item', at: 0, item })
    }
  })

  it('gives arrays that share no memory with the bytes they came from', () => {
    fc.assert(
      fc.property(anyRecord.served, record => {
        const bytes = encoded(record)
        const decoded = decodeRecord(bytes, 0, bytes.length)
        bytes.fill(0xff)
        expect(decoded).toEqual(record)
      }),
    )
  })

  it('reads a record from the middle of other bytes', () => {
    const bytes = encoded(eventRecord('e1'))
    const around = new Uint8Array(bytes.length + 20).fill(0xc1)
    around.set(bytes, 7)
    expect(decodeRecord(around, 7, 7 + bytes.length)).toEqual(eventRecord('e1'))
  })

  it('writes the bytes that journals on disk already have', () => {
    expect(Buffer.from(encodeRecord(eventRecord('e1'))).toString('hex')).toBe(
      '059bcd03e8a26531a5636c69636ba27531a26931c0cd03e8c0c002cd03e8',
    )
    expect(kinds.map(kind => kindTags[kind])).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  it('refuses a record with a tag it does not know as another format', () => {
    const bytes = encoded(eventRecord('e1'))
    bytes[0] = 77
    expect(() => decodeRecord(bytes, 0, bytes.length)).toThrow(expect.objectContaining({ code: 'format' }))
  })

  it('refuses bytes that end too early as corrupt', () => {
    fc.assert(
      fc.property(anyRecord.served, fc.double({ min: 0, max: 0.999, noNaN: true }), (record, share) => {
        const bytes = encoded(record)
        expect(() => decodeRecord(bytes, 0, Math.floor(bytes.length * share))).toThrow(StorageError)
      }),
    )
  })
})
