import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LmdbOnlineStore } from '../../storage/lmdb-online-store.ts'
import type { OnlineStore, SpaceChanges, StoreKey } from '../../storage/online-store.ts'

interface Implementation {
  readonly name: string
  readonly open: (place: string) => Promise<OnlineStore>
}

const implementations: Implementation[] = [
  { name: 'lmdb', open: place => LmdbOnlineStore.open(join(place, 'online.mdb'), 1024 * 1024) },
]

const bytes = (...values: number[]) => Uint8Array.from(values)

/** Ids of exactly 256 bytes in UTF-8, made of characters of one to four bytes. */
const longestIds = ['a', 'é', '漢', '🦦', '👩‍👩‍👧'].map(character => {
  const repeated = character.repeat(Math.floor(256 / Buffer.byteLength(character)))
  return repeated + 'z'.repeat(256 - Buffer.byteLength(repeated))
})

describe.each(implementations)('the $name online store', ({ open }) => {
  let place: string
  let store: OnlineStore

  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), 'sluice-store-'))
    store = await open(place)
  })

  afterEach(async () => {
    await store.close()
    await rm(place, { recursive: true, force: true })
  })

  async function reopen(): Promise<void> {
    await store.close()
    store = await open(place)
  }

  it('keeps values by id and by ordinal, apart from each other and from other spaces', async () => {
    await store.commit([
      {
        space: 'a',
        puts: [
          ['7', bytes(1)],
          [7, bytes(2)],
          ['', bytes(3)],
          [0, bytes(4)],
          [0xffffffff, bytes(5)],
        ],
      },
      { space: 'ab', puts: [['7', bytes(6)]] },
    ])
    await reopen()
    const seen = (['7', 7, '', 0, 0xffffffff, 8, 'b'] as StoreKey[]).map(key => store.get('a', key)?.[0])
    expect(seen).toEqual([1, 2, 3, 4, 5, undefined, undefined])
    expect([store.get('ab', '7'), store.get('ab', 7), store.get('never-used', 7)]).toEqual([
      bytes(6),
      undefined,
      undefined,
    ])
  })

  it('takes ids of 256 bytes of any Unicode', async () => {
    await store.putBatch(
      'users',
      longestIds.map((id, i) => [id, bytes(i)]),
    )
    await reopen()
    expect(longestIds.map(id => store.get('users', id)?.[0])).toEqual([0, 1, 2, 3, 4])
    expect([...store.range('users')].map(([id]) => id).toSorted()).toEqual(longestIds.toSorted())
  })

  it.each<[string, StoreKey]>([
    ['an id of 257 bytes', `${'é'.repeat(128)}a`],
    ['an id with half a surrogate pair', 'a\ud800'],
    ['a negative ordinal', -1],
    ['an ordinal of 33 bits', 2 ** 32],
    ['a fraction', 0.5],
  ])('refuses %s without storing anything else of that commit', async (_, key) => {
    await expect(
      store.putBatch('users', [
        ['good', bytes(1)],
        [key, bytes(2)],
      ]),
    ).rejects.toMatchObject({ code: 'invalid' })
    expect(() => store.get('users', key)).toThrow(expect.objectContaining({ code: 'invalid' }))
    expect(store.get('users', 'good')).toBeUndefined()
  })

  it.each(['', 'Users', 'a/b', 'x'.repeat(33)])('refuses %j as the name of a space', async space => {
    expect(() => store.get(space, 1)).toThrow(expect.objectContaining({ code: 'invalid' }))
    await expect(store.putBatch(space, [[1, bytes(1)]])).rejects.toMatchObject({ code: 'invalid' })
  })

  it.each([0, 1, 4_000, 4_096, 32_768, 32_769, 65_536, 70_000, 131_072, 1_000_000])(
    'gives back a value of %i bytes',
    async size => {
      const value = Uint8Array.from({ length: size }, (_, i) => i * 31)
      await store.putBatch('blobs', [[1, value]])
      for (const read of [store.get('blobs', 1)!, [...store.range('blobs')][0]![1]]) {
        expect([read.length, read.byteLength, read.byteOffset]).toEqual([size, size, 0])
        expect(Buffer.compare(read, value)).toBe(0)
      }
    },
  )

  it('gives out copies that later reads and writes do not touch', async () => {
    await store.putBatch('blobs', [
      [1, new Uint8Array(100).fill(1)],
      [2, new Uint8Array(40_000).fill(2)],
    ])
    const [small, large] = [store.get('blobs', 1)!, store.get('blobs', 2)!]
    await store.putBatch('blobs', [
      [1, new Uint8Array(100).fill(3)],
      [2, new Uint8Array(40_000).fill(4)],
    ])
    expect([store.get('blobs', 1)![99], store.get('blobs', 2)![39_999]]).toEqual([3, 4])
    expect([small.every(byte => byte === 1), large.every(byte => byte === 2)]).toEqual([true, true])
    small.fill(9)
    expect(store.get('blobs', 1)![0]).toBe(3)
  })

  it('shows a write when it is durable, not earlier', async () => {
    const writing = store.putBatch('a', [[1, bytes(1)]])
    expect(store.get('a', 1)).toBeUndefined()
    await writing
    expect(store.get('a', 1)).toEqual(bytes(1))
  })

  it('lets writes that overlap take effect in the order of the calls', async () => {
    await Promise.all([
      store.putBatch('a', [
        [1, bytes(1)],
        [2, bytes(1)],
      ]),
      store.remove('a', [1, 99]),
      store.putBatch('a', [[2, bytes(2)]]),
      store.commit([{ space: 'a', removes: [3], puts: [[3, bytes(3)]] }]),
    ])
    expect([store.get('a', 1), store.get('a', 2), store.get('a', 3)]).toEqual([undefined, bytes(2), bytes(3)])
  })

  it('bears large and small values that are stored and removed again in writes that overlap', async () => {
    const small = Array.from({ length: 500 }, (_, i) => i)
    for (let round = 0; round < 60; round++) {
      const large = 1_000 + round
      await Promise.all([
        store.putBatch(
          'a',
          small.slice(0, 20).map(key => [key, new Uint8Array(3_000 + round)] as const),
        ),
        store.putBatch('b', [[large, new Uint8Array(100_000 * (1 + (round % 7)))]]),
        ...(round % 3 === 0 ? [] : [store.remove('b', [large])]),
        ...(round % 5 === 0
          ? [
              store.putBatch(
                'c',
                small.map(key => [key, new Uint8Array(1_500)] as const),
              ),
            ]
          : []),
        ...(round % 5 === 0 ? [store.remove('c', small)] : []),
      ])
    }
    await reopen()
    const counts = ['a', 'b', 'c'].map(space => [...store.range(space)].length)
    expect(counts).toEqual([20, 20, 0])
  })

  it('iterates in order over more than one slice: ordinals by number, then ids', async () => {
    const ordinals = Array.from({ length: 700 }, (_, i) => (i * 7_919) % 100_003)
    const puts = [...ordinals, 'b', 'a', 'ab', ''].map(key => [key, bytes(1)] as const)
    await store.commit([
      { space: 'codes', puts },
      { space: 'code', puts: [[1, bytes(2)]] },
      { space: 'codesx', puts: [[1, bytes(2)]] },
    ])
    const keys = Array.from(store.range('codes'), ([key]) => key)
    expect(keys).toEqual([...ordinals.toSorted((a, b) => a - b), '', 'a', 'ab', 'b'])
    expect([...store.range('empty')]).toEqual([])
  })

  it('may be written while it is iterated', async () => {
    await store.putBatch(
      'a',
      Array.from({ length: 600 }, (_, i) => [i, bytes(1)] as const),
    )
    let count = 0
    for (const [key] of store.range('a')) {
      count++
      if (count % 30 === 0) {
        const behind = Array.from({ length: 30 }, (_, i) => Number(key) - i)
        await store.remove('a', behind)
      }
    }
    expect([count, [...store.range('a')].length]).toEqual([600, 0])
  })

  it('refuses everything once it is closed', async () => {
    await store.close()
    expect(() => store.get('a', 1)).toThrow(expect.objectContaining({ code: 'closed' }))
    expect(() => store.range('a').next()).toThrow(expect.objectContaining({ code: 'closed' }))
    await expect(store.putBatch('a', [[1, bytes(1)]])).rejects.toMatchObject({ code: 'closed' })
    await store.close()
  })

  it('holds what a plain map would hold after any commits and reopenings', async () => {
    const anyKey = fc.oneof(fc.nat(5), fc.constantFrom('a', 'b', '🦦'))
    const anyChange = fc.record({
      space: fc.constantFrom('x', 'y'),
      removes: fc.array(anyKey, { maxLength: 3 }),
      puts: fc.array(fc.tuple(anyKey, fc.uint8Array({ maxLength: 9 })), { maxLength: 3 }),
    })
    const anyCommits = fc.array(fc.array(anyChange, { maxLength: 3 }), { maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(anyCommits, async commits => {
        const model = new Map<string, Uint8Array>()
        for (const space of ['x', 'y'])
          await store.remove(
            space,
            Array.from(store.range(space), ([key]) => key),
          )
        await Promise.all(commits.map(changes => store.commit(changes)))
        for (const changes of commits) applyTo(model, changes)
        await reopen()
        const stored = ['x', 'y'].flatMap(space =>
          Array.from(store.range(space), ([key, value]) => [nameOf(space, key), value] as const),
        )
        expect(new Map(stored)).toEqual(model)
      }),
      { numRuns: 25 },
    )
  })
})

function applyTo(model: Map<string, Uint8Array>, changes: readonly SpaceChanges[]): void {
  for (const { space, removes } of changes) for (const key of removes ?? []) model.delete(nameOf(space, key))
  for (const { space, puts } of changes) for (const [key, value] of puts ?? []) model.set(nameOf(space, key), value)
}

const nameOf = (space: string, key: StoreKey) => `${space} ${typeof key} ${key}`
