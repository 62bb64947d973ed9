import { mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { mebibyte } from '../../../config/units.ts'
import { OfflineStore } from '../../../storage/offline-store.ts'
import type { Column, ColumnBatch } from '../../../storage/offline-store-columns.ts'

const settings = { rowsPerFile: 100, compressionLevel: 3, memoryBytes: 256 * mebibyte }
const columns: readonly Column[] = [
  { name: 'user', type: 'text' },
  { name: 'roles', type: 'uint8' },
  { name: 'query', type: 'uint32' },
  { name: 'time', type: 'whole' },
  { name: 'itemClicksLog', type: 'float32' },
]
const lineage = { featureSchemaHash: 'abc', fromSeq: 1, toSeq: 9, seed: 3, settings: { a: 1 }, details: { cut: 5 } }

let root = ''
let store: OfflineStore
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sluice-offline-store-'))
  store = new OfflineStore(root, settings)
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function batchOf(rows: readonly (readonly [string | null, number, number, number, number])[]): ColumnBatch {
  return [
    rows.map(([user]) => user),
    Uint8Array.from(rows, row => row[1]),
    Uint32Array.from(rows, row => row[2]),
    Float64Array.from(rows, row => row[3]),
    Float32Array.from(rows, row => row[4]),
  ]
}

function numbered(from: number, to: number): ColumnBatch {
  return batchOf(Array.from({ length: to - from }, (_, i) => [`u${from + i}`, i % 32, from + i, 1.7e12 + i, i / 3]))
}

async function written(...batches: readonly ColumnBatch[]) {
  const writer = await store.write('rows', columns)
  for (const batch of batches) await writer.append(batch)
  return writer.finish(lineage)
}

async function allRows(names?: readonly string[]): Promise<unknown[][]> {
  const rows: unknown[][] = []
  for await (const batch of (await store.open('rows')).batches(names)) {
    for (let row = 0; row < batch[0].length; row++) rows.push(batch.map(values => values[row]))
  }
  return rows
}

const row = fc.tuple(
  fc.option(fc.string({ unit: 'grapheme', maxLength: 40 }), { nil: null }),
  fc.integer({ min: 0, max: 255 }),
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  fc.maxSafeInteger(),
  fc.float(),
)

describe('a data set', () => {
  it('comes back as it was written: every bit, in order, across batches and files', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(row, { maxLength: 150 }), { minLength: 1, maxLength: 4 }), async batches => {
        await written(...batches.map(batchOf))
        const expected = batches.flat().map(([user, roles, query, time, value]) => [user, roles, query, time, value])
        const found = await allRows()
        expect(found.length).toBe(expected.length)
        // A comparison by `Object.is` tells −0 from 0; a whole number has no −0.
        for (let at = 0; at < found.length; at++)
          expect(found[at]).toEqual(expected[at].map((v, i) => (i === 3 ? (v as number) + 0 : v)))
      }),
      { numRuns: 15 },
    )
  })

  it('is split into files of bounded size, which its manifest lists with what it comes from', async () => {
    const manifest = await written(numbered(0, 150), numbered(150, 250))
    expect(manifest.files.map(({ name, rows }) => [name, rows])).toEqual([
      ['part-00000.parquet', 100],
      ['part-00001.parquet', 100],
      ['part-00002.parquet', 50],
    ])
    expect(manifest).toMatchObject({ rows: 250, columns, lineage })
    expect((await store.open('rows')).manifest).toEqual(manifest)
  })

  it('gives some of its columns, in the order that is asked for', async () => {
    await written(numbered(0, 3))
    expect(await allRows(['query', 'user'])).toEqual([
      [0, 'u0'],
      [1, 'u1'],
      [2, 'u2'],
    ])
    await expect(allRows(['nobody'])).rejects.toMatchObject({ code: 'invalid' })
  })

  it('is plain Parquet to others, compressed by zstd', async () => {
    await written(numbered(0, 120))
    const instance = await DuckDBInstance.create()
    const connection = await instance.connect()
    const files = join(root, 'rows', '*.parquet')
    const sums = await connection.runAndReadAll(`SELECT count(*), sum(query), max(time) FROM '${files}'`)
    expect(sums.getRows()).toEqual([[120n, 7140n, 1_700_000_000_119n]])
    const codecs = await connection.runAndReadAll(`SELECT DISTINCT compression FROM parquet_metadata('${files}')`)
    expect(codecs.getRows()).toEqual([['ZSTD']])
    connection.closeSync()
    instance.closeSync()
  })

  it('can be empty and still has its columns', async () => {
    expect((await written()).rows).toBe(0)
    expect(await allRows()).toEqual([])
  })
})

describe('writing', () => {
  it('shows nothing before it has finished, and leaves the data set before it as it was', async () => {
    await written(numbered(0, 3))
    const writer = await store.write('rows', columns)
    await writer.append(numbered(10, 20))
    expect((await allRows()).length).toBe(3)
    await writer.finish(lineage)
    expect((await allRows()).length).toBe(10)
    expect(readdirSync(root)).toEqual(['rows'])
  })

  it('leaves nothing behind when it is given up', async () => {
    const writer = await store.write('rows', columns)
    await writer.append(numbered(0, 250))
    await writer.discard()
    expect(readdirSync(root)).toEqual([])
  })

  it('begins anew where an earlier one was interrupted', async () => {
    mkdirSync(join(root, '.rows.unfinished'))
    writeFileSync(join(root, '.rows.unfinished', 'part-00007.parquet'), 'half')
    await written(numbered(0, 3))
    expect(readdirSync(join(root, 'rows'))).toEqual(['manifest.json', 'part-00000.parquet'])
  })

  it('refuses columns of different lengths, numbers that are not whole, and names that clash', async () => {
    const writer = await store.write('rows', columns)
    const [user, ...others] = numbered(0, 3)
    await expect(writer.append([(user as string[]).slice(1), ...others])).rejects.toThrow(RangeError)
    await expect(writer.append(batchOf([['u', 0, 0, 0.5, 0]]))).rejects.toThrow(RangeError)
    await writer.discard()
    const clashing: readonly Column[] = [
      { name: 'time', type: 'whole' },
      { name: 'Time', type: 'whole' },
    ]
    await expect(store.write('rows', clashing)).rejects.toMatchObject({ code: 'invalid' })
    await expect(store.write('../rows', columns)).rejects.toMatchObject({ code: 'invalid' })
  })

  it('replaces no folder that is not a data set', async () => {
    mkdirSync(join(root, 'rows'))
    writeFileSync(join(root, 'rows', 'thesis.txt'), 'years of work')
    await expect(store.write('rows', columns)).rejects.toMatchObject({ code: 'invalid' })
  })
})

describe('opening', () => {
  it('refuses a file that is shorter than it was, and a folder without a data set', async () => {
    await written(numbered(0, 3))
    truncateSync(join(root, 'rows', 'part-00000.parquet'), 10)
    await expect(store.open('rows')).rejects.toMatchObject({ code: 'corrupt' })
    await expect(store.open('others')).rejects.toMatchObject({ code: 'invalid' })
  })
})
