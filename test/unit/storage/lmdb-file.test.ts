import { mkdtemp, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openEnvironment } from '../../../storage/lmdb-environment.ts'
import { checkLmdbFile } from '../../../storage/lmdb-file.ts'
import { LmdbOnlineStore } from '../../../storage/lmdb-online-store.ts'
import { pack } from '../../../storage/packing.ts'

let directory: string
let path: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-file-'))
  path = join(directory, 'online.mdb')
})

afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

describe('the check of an lmdb file', () => {
  it('lets pass whatever lmdb itself has written', async () => {
    const store = await LmdbOnlineStore.open(path, 1024 * 1024)
    for (let round = 0; round < 40; round++) {
      const keys = Array.from({ length: 1 + ((round * 13) % 30) }, (_, i) => (round * 7 + i) % 50)
      const puts = keys.map(key => [key, new Uint8Array((key * 997 * round) % 30_000)] as const)
      await store.commit([{ space: 'a', removes: [(round * 31) % 50], puts }])
      await Promise.all([store.remove('a', keys), store.putBatch('a', puts), store.remove('a', keys.slice(5))])
      checkLmdbFile(path, true)
      checkLmdbFile(path, false)
    }
    await store.close()
  })

  it('refuses a file at every length that is too short', async () => {
    const store = await LmdbOnlineStore.open(path, 1024 * 1024)
    await store.putBatch('a', [[1, new Uint8Array(20_000)]])
    await store.close()
    const { size } = await stat(path)
    for (let length = size - 1; length > 0; length -= 1_999) {
      await truncate(path, length)
      for (const readOnly of [true, false]) {
        expect(() => checkLmdbFile(path, readOnly)).toThrow(expect.objectContaining({ code: 'corrupt' }))
      }
    }
  })

  it('takes an empty file as a new one, unless it is only to be read', async () => {
    await writeFile(path, '')
    checkLmdbFile(path, false)
    expect(() => checkLmdbFile(path, true)).toThrow(expect.objectContaining({ code: 'corrupt' }))
    await (await LmdbOnlineStore.open(path, 1024 * 1024)).close()
  })

  it('refuses a file that is missing, or in no directory, with the reason', () => {
    checkLmdbFile(path, false)
    expect(() => checkLmdbFile(path, true)).toThrow(/ENOENT.*Check the path/)
    expect(() => checkLmdbFile(join(directory, 'none', 'a.mdb'), false)).toThrow(
      expect.objectContaining({ code: 'failed' }),
    )
  })
})

describe('an online store on disk', () => {
  it('is refused when it is something else', async () => {
    await writeFile(path, 'something else'.repeat(1_000))
    await expect(LmdbOnlineStore.open(path, 1024 * 1024)).rejects.toMatchObject({ code: 'corrupt' })
  })

  it('is refused when another version wrote it, with what to do about it', async () => {
    await (await LmdbOnlineStore.open(path, 1024 * 1024)).close()
    const options = { readOnly: false, keyEncoding: 'binary', mapBytes: 1024 * 1024 } as const
    const db = openEnvironment<Uint8Array>(path, options)
    await db.put(Buffer.from('!format'), pack(9))
    await db.close()
    await expect(LmdbOnlineStore.open(path, 1024 * 1024)).rejects.toMatchObject({
      code: 'format',
      message: expect.stringMatching(/has format 9, this Sluice reads 1.* built again from the journal/),
    })
  })
})
