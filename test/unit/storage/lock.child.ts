import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../../domain/ports.ts'
import { DataDirectory } from '../../../storage/data-directory.ts'

/** Opens a data directory when it is told to, says what came of it, and keeps it until it is killed. */
process.stdin.once('data', async () => {
  try {
    const directory = DataDirectory.open(process.argv[2]!, systemClock)
    directory.announce('http://127.0.0.1:8080')
    console.log('owned')
  } catch (error) {
    console.log((error as { code: string }).code)
  }
  await sleep(60_000)
})
console.log('ready')
