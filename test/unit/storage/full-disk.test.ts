import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LmdbOnlineStore } from '../../../storage/lmdb-online-store.ts'
import { openJournal } from '../../../storage/open-journal.ts'
import { ScriptProcess } from './child-process.ts'

const settings = { segmentRecords: 1_000_000, segmentBytes: 64 * 1024 * 1024 }

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-full-'))
})

afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

/** Files may grow to 2 MiB, and growing beyond is an error instead of the end of the process. */
async function writeUntilFull(kind: string, path: string) {
  const script = new URL('./full-disk.child.ts', import.meta.url)
  const child = new ScriptProcess(script, [kind, path], `trap '' XFSZ; ulimit -S -f 4096`)
  const answer = JSON.parse(await child.line())
  await child.ended()
  return answer
}

describe.skipIf(process.platform === 'win32')('when the disk is full (needs a POSIX shell)', () => {
  it('the journal refuses with a typed error, keeps what it acknowledged, and goes on when there is room', async () => {
    const answer = await writeUntilFull('journal', directory)
    expect(answer).toMatchObject({ typed: true, code: 'failed', again: 'failed' })
    expect(answer.message).toContain('The disk refused a write')
    expect(answer.acknowledged).toBeGreaterThan(100)
    expect(answer.later).toBe(answer.acknowledged + 1000)
    const log = await openJournal(directory, settings)
    expect(log.lastSeq).toBe(answer.later)
    expect(Array.from(log.read(1), ({ seq }) => seq).at(-1)).toBe(answer.later)
    expect(await log.append([{ kind: 'epoch', at: 0 }])).toBe(answer.later + 1)
    await log.close()
  })

  it('the online store refuses with a typed error and keeps what it acknowledged', async () => {
    const path = join(directory, 'online.mdb')
    const answer = await writeUntilFull('store', path)
    expect(answer).toMatchObject({ typed: true, code: 'failed', again: 'failed' })
    expect(answer.acknowledged).toBeGreaterThan(10)
    const store = await LmdbOnlineStore.open(path, 64 * 1024 * 1024)
    const kept = [...store.range('blobs')].length
    expect(kept).toBeGreaterThanOrEqual(answer.acknowledged)
    await store.putBatch('blobs', [[kept, new Uint8Array(20_000)]])
    expect([...store.range('blobs')]).toHaveLength(kept + 1)
    await store.close()
  })
})
