import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { formats } from '../../../../evaluation/interactions/formats.ts'
import type { InteractionLog } from '../../../../evaluation/interactions/interaction-log.ts'

const folder = mkdtempSync(join(tmpdir(), 'sluice-formats-'))
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0

/** Writes the files into a folder of their own. @returns the file when there is one, else the folder */
function written(contents: Readonly<Record<string, string | Uint8Array>>): string {
  const own = join(folder, String(files++))
  mkdirSync(own)
  for (const [name, text] of Object.entries(contents)) writeFileSync(join(own, name), text)
  const names = Object.keys(contents)
  return names.length === 1 ? join(own, names[0]) : own
}

/** user:item of each interaction, in the order of the file. */
function pairs({ count, user, item, userIds, itemIds }: InteractionLog): string[] {
  return Array.from({ length: count }, (_, row) => `${userIds[user[row]]}:${itemIds[item[row]]}`)
}

describe('movielens', () => {
  it('reads ratings.dat in latin-1, with times in milliseconds', async () => {
    const log = await formats.movielens(
      written({ 'ratings.dat': Buffer.from('2::é::4::978300760\n1::7::5::978300700\n', 'latin1') }),
    )
    expect(pairs(log)).toEqual(['2:é', '1:7'])
    expect([...log.time!]).toEqual([978_300_760_000, 978_300_700_000])
    expect([...log.rating!]).toEqual([4, 5])
    expect(log.sha256).toMatch(/^[0-9a-f]{64}$/)
  })

  it('finds ratings.csv in a folder, and its columns by name', async () => {
    const text = '\uFEFFtimestamp,userId,movieId,rating\r\n9,u,m,4.5\r\n'
    const log = await formats.movielens(written({ 'ratings.csv': text, 'movies.csv': '' }))
    expect(pairs(log)).toEqual(['u:m'])
    expect([log.time![0], log.rating![0]]).toEqual([9000, 4.5])
  })

  it.each([
    ['ratings.dat', '1::2::5::9\n1::2::5\n', 'ratings.dat, line 2: has 3 fields, but needs 4'],
    ['ratings.dat', '1::2::x::9\n', 'ratings.dat, line 1: rating must be a number'],
    ['ratings.dat', '1::2::3::\n', 'ratings.dat, line 1: timestamp must be a number'],
    ['ratings.csv', 'userId,movieId,stars,timestamp\n', 'ratings.csv, line 1: the header names no column rating'],
    ['ratings.csv', 'userId,movieId,rating,timestamp\n\n1,,3,4\n', 'ratings.csv, line 3: a user or movie id is empty'],
  ])('names the line of what is broken in %s: %j', async (name, text, message) => {
    await expect(formats.movielens(written({ [name]: text }))).rejects.toThrow(message)
  })

  it('says what is missing in a folder without ratings', async () => {
    await expect(formats.movielens(written({ a: '', b: '' }))).rejects.toThrow(
      'holds neither ratings.dat nor ratings.csv',
    )
  })
})

describe('lines of ids', () => {
  it('reads pairs (sasrec) in the order of the file, the last line also without an end', async () => {
    const log = await formats.sasrec(written({ pairs: '1 10\n1\t11\n2 10' }))
    expect(pairs(log)).toEqual(['1:10', '1:11', '2:10'])
    expect(log.time).toBeUndefined()
  })

  it('reads one line per user (s3rec)', async () => {
    expect(pairs(await formats.s3rec(written({ lines: '1 10 11\n2 10\n' })))).toEqual(['1:10', '1:11', '2:10'])
  })

  it('reads train.txt and test.txt (lightgcn) and keeps apart which is which', async () => {
    const log = await formats.lightgcn(written({ 'train.txt': '0 1 2\n1 2\n', 'test.txt': '0 3\n1\n' }))
    expect(pairs(log)).toEqual(['0:1', '0:2', '1:2', '0:3'])
    expect([...log.given!]).toEqual([0, 0, 0, 1])
  })

  it.each([
    ['sasrec', { f: '1 2\n1 2 3\n' }, 'f, line 2: has 3 ids, but needs 2'],
    ['s3rec', { f: '1 2\n1 3\n' }, 'f, line 2: user 1 has a line already'],
    ['s3rec', { f: '1\n' }, 'f, line 1: names a user and no items'],
    [
      'lightgcn',
      { 'train.txt': '0 1\n', 'test.txt': '0 1\n' },
      'test.txt, line 1: item 1 of user 0 is in train.txt too',
    ],
    ['lightgcn', { 'train.txt': '0 1\n', other: '' }, 'holds no test.txt'],
  ])('refuses what is no %s: %j', async (format, contents, message) => {
    await expect(formats[format](written(contents))).rejects.toThrow(message)
  })

  it('reads lines that come in several pieces of the stream', async () => {
    const text = Array.from({ length: 200_000 }, (_, line) => `user${line} item${line % 7}`).join('\n')
    const log = await formats.sasrec(written({ large: text }))
    expect([log.count, log.userIds.length, log.itemIds.length]).toEqual([200_000, 200_000, 7])
    expect(log.userIds[199_999]).toBe('user199999')
  })
})

describe('jsonl', () => {
  it('reads plain lines and the events of an import, and passes other kinds over', async () => {
    const text =
      '{"user":"u","item":"a","time":5,"rating":3}\n{"kind":"item","id":"a"}\n' +
      '{"kind":"event","type":"rating","user":"v","item":"a","time":"1970-01-01T00:00:01Z","value":4}\n'
    const log = await formats.jsonl(written({ f: text }))
    expect(pairs(log)).toEqual(['u:a', 'v:a'])
    expect([[...log.time!], [...log.rating!]]).toEqual([
      [5, 1000],
      [3, 4],
    ])
  })

  it('takes the order of the file where no line has a time', async () => {
    expect((await formats.jsonl(written({ f: '{"user":"u","item":1}\n' }))).time).toBeUndefined()
  })

  it.each([
    ['{"user":"u","item":"a"}\n{"user":\n', 'f, line 2: is not JSON'],
    ['[1]\n', 'f, line 1: is JSON, but not an object'],
    ['{"item":"a"}\n', 'f, line 1: user must be an id, but is missing'],
    ['{"user":"u","item":"a","time":"soon"}\n', 'f, line 1: time must be epoch ms or RFC 3339'],
    ['{"user":"u","item":"a","rating":"good"}\n', 'f, line 1: rating must be a number'],
    [
      '{"user":"u","item":"a"}\n{"user":"u","item":"b","time":1}\n',
      'f, line 2: has a time, but lines before have none',
    ],
  ])('names the line of %j', async (text, message) => {
    await expect(formats.jsonl(written({ f: text }))).rejects.toMatchObject({
      name: 'BadLine',
      message: expect.stringContaining(message),
      hint: expect.stringMatching(/./),
    })
  })

  it('refuses bytes that are not UTF-8, as two ids could become one', async () => {
    await expect(formats.jsonl(written({ f: Uint8Array.of(0x7b, 0xff) }))).rejects.toThrow('not valid UTF-8')
  })
})
