import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { StorageError } from '../../../storage/errors.ts'
import { LmdbOnlineStore } from '../../../storage/lmdb-online-store.ts'
import { openJournal } from '../../../storage/open-journal.ts'
import { eventRecords } from './sample-records.ts'

/**
 * Writes until the limit on the size of files stops it, which lmdb sees as it sees a full disk.
 * Answers with how much was acknowledged, the error, what a further write gets, and what one gets when there is room again.
 */
const [kind, path] = process.argv.slice(2) as [string, string]
const write = kind === 'journal' ? await journalWriter() : await storeWriter()
let acknowledged = 0
try {
  while (true) acknowledged = await write()
} catch (error) {
  const { code, message } = error as StorageError
  const again = await write().catch((second: StorageError) => second.code)
  execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=unlimited'])
  await sleep(1100)
  const later = await write().catch((third: StorageError) => third.message)
  console.log(JSON.stringify({ typed: error instanceof StorageError, code, message, acknowledged, again, later }))
}

async function journalWriter(): Promise<() => Promise<number>> {
  const log = await openJournal(path, { segmentRecords: 1_000_000, segmentBytes: 64 * 1024 * 1024 })
  return async () => (await log.append(eventRecords('e', 1_000))) + 999
}

async function storeWriter(): Promise<() => Promise<number>> {
  const store = await LmdbOnlineStore.open(path, 64 * 1024 * 1024)
  let count = 0
  return async () => {
    await store.putBatch('blobs', [[count, new Uint8Array(20_000)]])
    return ++count
  }
}
