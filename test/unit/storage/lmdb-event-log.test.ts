import { copyFile, mkdtemp, readdir, rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { segmentPath } from '../../../storage/journal-segment.ts'
import { openEnvironment } from '../../../storage/lmdb-environment.ts'
import { LmdbEventLog } from '../../../storage/lmdb-event-log.ts'
import { LmdbTailingReader } from '../../../storage/lmdb-tailing-reader.ts'
import { pack } from '../../../storage/packing.ts'
import { eventRecords } from './sample-records.ts'

const settings = { segmentRecords: 10, segmentBytes: 1024 * 1024 }

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-segments-'))
})

afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

/** A closed journal of `calls` segments of ten records. */
async function writeJournal(calls: number): Promise<void> {
  const log = await LmdbEventLog.open(directory, settings)
  for (let i = 0; i < calls; i++) await log.append(eventRecords(`${i}`, 10))
  await log.close()
}

async function overwrite(firstSeq: number, key: number, value: Uint8Array): Promise<void> {
  const options = { readOnly: false, keyEncoding: 'ordered-binary', mapBytes: 1024 * 1024 } as const
  const db = openEnvironment<number>(segmentPath(directory, firstSeq), options)
  await db.put(key, value)
  await db.close()
}

async function expectRefusal(code: string, message: RegExp): Promise<void> {
  const refusal = { code, message: expect.stringMatching(message) }
  await expect(LmdbEventLog.open(directory, settings)).rejects.toMatchObject(refusal)
  await expect(LmdbTailingReader.open(directory)).rejects.toMatchObject(refusal)
}

describe('a journal on disk', () => {
  it('begins a segment for each ten records, named by the first of them', async () => {
    await writeJournal(3)
    const names = (await readdir(directory)).filter(name => name.endsWith('.mdb'))
    expect(names).toEqual(['0000000000000001.mdb', '0000000000000011.mdb', '0000000000000021.mdb'])
  })

  it('begins a segment when the last one has its size in bytes', async () => {
    const log = await LmdbEventLog.open(directory, { segmentRecords: 1_000_000, segmentBytes: 1024 * 1024 })
    const event = eventRecords('x', 1)[0]!
    const wide = { ...event, event: { ...event.event, item: 'x'.repeat(200_000) } }
    for (let i = 0; i < 12; i++) await log.append([wide])
    await log.close()
    const names = (await readdir(directory)).filter(name => name.endsWith('.mdb'))
    expect(names.length).toBeGreaterThanOrEqual(2)
    for (const name of names) expect((await stat(join(directory, name))).size).toBeLessThan(1_600_000)
  })

  it('is refused when a segment was cut off', async () => {
    await writeJournal(2)
    const path = segmentPath(directory, 11)
    await truncate(path, Math.floor((await stat(path)).size / 2))
    await expectRefusal('corrupt', /0011\.mdb can not be opened: it has \d+ bytes of at least \d+\. Restore/)
  })

  it('is refused when a segment is something else', async () => {
    await writeJournal(2)
    await writeFile(segmentPath(directory, 1), 'something else'.repeat(1_000))
    await expectRefusal('corrupt', /0001\.mdb can not be opened: it is no lmdb file of this format/)
  })

  it('is refused when a segment is empty', async () => {
    await writeJournal(1)
    await truncate(segmentPath(directory, 1), 0)
    await expect(LmdbEventLog.open(directory, settings)).rejects.toMatchObject({ code: 'corrupt' })
  })

  it('is refused when another version wrote a segment', async () => {
    await writeJournal(1)
    await overwrite(1, 0, pack({ format: 'sluice-journal', version: 99, firstSeq: 1 }))
    await expectRefusal('format', /has journal format 99, this Sluice reads 1/)
  })

  it('is refused when a segment has another header or another name than its own', async () => {
    await writeJournal(2)
    await overwrite(1, 0, pack('hello'))
    await expectRefusal('corrupt', /is no journal segment/)
    await copyFile(segmentPath(directory, 11), segmentPath(directory, 1))
    await expectRefusal('corrupt', /begins with record 11, not with the number in its name/)
  })

  it('is refused when a segment in the middle is missing', async () => {
    await writeJournal(3)
    await rename(segmentPath(directory, 11), join(directory, 'elsewhere'))
    await expectRefusal('corrupt', /begins with record 21, but the segment before it ends at 10/)
  })

  it('stops at a block that is not what was written', async () => {
    await writeJournal(2)
    await overwrite(1, 1, Buffer.from('not a block at all'))
    await expectRefusal('corrupt', /block at number 1 is not what was written/)
  })

  it('clears away what a crash left of a segment that was being made or dropped', async () => {
    await writeJournal(1)
    const leftovers = ['0000000000000011.mdb.new', '0000000000000011.mdb.new-lock', '0000000000000000.mdb-lock']
    for (const name of leftovers) await writeFile(join(directory, name), 'left over')
    await writeFile(join(directory, 'notes.txt'), 'of an operator')
    await writeJournal(1)
    const names = await readdir(directory)
    expect(names.filter(name => leftovers.includes(name))).toEqual([])
    expect(names).toEqual(expect.arrayContaining(['notes.txt', '0000000000000011.mdb']))
  })

  it('notices a second writer, and keeps what the first one wrote', async () => {
    await writeJournal(0)
    const [first, second, third] = [
      await LmdbEventLog.open(directory, settings),
      await LmdbEventLog.open(directory, settings),
      await LmdbEventLog.open(directory, settings),
    ]
    await first.append(eventRecords('first', 5))
    const fourth = await LmdbEventLog.open(directory, settings)
    await first.append(eventRecords('first again', 1))
    for (const other of [second, third, fourth]) {
      await expect(other.append(eventRecords('other', 2))).rejects.toMatchObject({ code: 'failed' })
      await expect(other.append(eventRecords('other', 2))).rejects.toThrow('Another process writes this journal')
    }
    const ids = Array.from(first.read(1, { kinds: ['event'] }), ({ record }) => record.event.eventId)
    expect(ids).toEqual(['first:0', 'first:1', 'first:2', 'first:3', 'first:4', 'first again:0'])
    for (const log of [first, second, third, fourth]) await log.close()
  })
})
