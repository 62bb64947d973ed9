import { writeSync } from 'node:fs'
import { LmdbOnlineStore } from '../../storage/lmdb-online-store.ts'

/** Commits the same number to many keys of two spaces, again and again, and writes each that was acknowledged. */
const [path, from] = process.argv.slice(2) as [string, string]
const store = await LmdbOnlineStore.open(path, 16 * 1024 * 1024)
for (let number = Number(from); ; number++) {
  const value = Uint8Array.from(new Float64Array(100).fill(number), x => x % 251)
  const puts = Array.from({ length: 50 }, (_, key) => [key, value] as const)
  await store.commit([
    { space: 'left', puts },
    { space: 'right', puts },
    { space: 'markers', puts: [['number', Uint8Array.from(Buffer.from(`${number}`))]] },
  ])
  writeSync(1, `${number}\n`)
}
