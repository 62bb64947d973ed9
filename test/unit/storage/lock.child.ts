import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../../domain/ports.ts'
import { DataDirectory } from '../../../storage/data-directory.ts'

const [root, deathCall, deathAt] = process.argv.slice(2)

/** Opens a data directory when it is told to, says what came of it, and keeps it until it is killed. */
process.stdin.once('data', async () => {
  if (deathCall !== undefined) dieAt(deathCall as 'linkSync', Number(deathAt))
  try {
    const directory = DataDirectory.open(root!, systemClock)
    directory.announce('http://127.0.0.1:8080')
    console.log('owned')
  } catch (error) {
    console.log((error as { code: string }).code)
  }
  await sleep(60_000)
})
console.log('ready')

/** Kills this process in the middle of a call that concerns the lock; a write has written nothing by then. */
function dieAt(call: 'linkSync', count: number): void {
  const original = fs[call]
  let calls = 0
  fs[call] = (path, ...rest) => {
    if (/lock/.test(String(path))) calls++
    if (calls === count) {
      if (call === ('writeFileSync' as string)) fs.closeSync(fs.openSync(path, 'wx'))
      process.kill(process.pid, 'SIGKILL')
    }
    return original(path, ...rest)
  }
  syncBuiltinESMExports()
}
