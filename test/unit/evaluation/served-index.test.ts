import { describe, expect, it } from 'vitest'
import type { ServedRecord } from '../../../domain/journal.ts'
import { ServedIndex } from '../../../evaluation/served-index.ts'

function served(seq: number, fields: Partial<ServedRecord>) {
  const read = {
    user: 'u',
    userSeq: 1,
    catalogSeq: 1,
    querySeq: 1,
    counterEpoch: 0,
    modelSet: 'm',
    now: 0,
    context: {},
  }
  return { seq, record: { kind: 'served', at: 0, served: { ...read, ...fields } as ServedRecord } } as const
}

describe('the index of served feeds', () => {
  it('names the feeds that a change of the person overtook', () => {
    const index = new ServedIndex([
      served(10, { userSeq: 4, catalogSeq: 6 }),
      served(11, { userSeq: 7, catalogSeq: 8 }),
      served(12, { user: 'v', userSeq: 4, catalogSeq: 6 }),
    ])
    expect(index.overtaken('u', 4, 7).map(({ seq }) => seq)).toEqual([10])
    // A state that the person left before the feed began is not the one it saw.
    expect(index.overtaken('u', 4, 5)).toEqual([])
    expect(index.overtaken('u', 4, 10)).toEqual([])
  })

  it('keeps an epoch for as long as a feed that is to come reads it', () => {
    const index = new ServedIndex([served(10, { counterEpoch: 3 }), served(20, { counterEpoch: 3 })])
    expect(index.isReadAfter(3, 19)).toBe(true)
    expect(index.isReadAfter(3, 20)).toBe(false)
    expect(index.isReadAfter(5, 5)).toBe(false)
  })

  it('knows how far back the catalogue is still read, query vectors included', () => {
    const index = new ServedIndex([
      served(10, { catalogSeq: 9, querySeq: 9 }),
      served(20, { catalogSeq: 18, querySeq: 2 }),
      served(30, { catalogSeq: 28, querySeq: 28 }),
    ])
    expect(index.oldestStillRead(9)).toBe(2)
    index.pass(20, 'u')
    expect(index.oldestStillRead(20)).toBe(28)
    index.pass(30, 'u')
    expect(index.oldestStillRead(30)).toBe(30)
  })

  it('says from where on the items of each model set are read', () => {
    const index = new ServedIndex([
      served(10, { modelSet: 'a', catalogSeq: 9, querySeq: 5 }),
      served(11, { modelSet: 'b', catalogSeq: 8, querySeq: 8 }),
      served(12, { modelSet: 'a', catalogSeq: 7, querySeq: 7 }),
    ])
    expect(new Map(index.firstReads())).toEqual(
      new Map([
        ['a', 5],
        ['b', 8],
      ]),
    )
  })
})
