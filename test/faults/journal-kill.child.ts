import { writeSync } from 'node:fs'
import { openJournal } from '../../storage/open-journal.ts'
import { eventRecords } from '../unit/storage/sample-records.ts'

/**
 * Appends without end, several calls at a time, and writes `call size first` for each one that was acknowledged.
 * The event ids tell to which call of which round a record belongs.
 */
const [directory, round] = process.argv.slice(2) as [string, string]
const callsAtATime = 6
const log = await openJournal(directory, { segmentRecords: 400, segmentBytes: 1024 * 1024 })
for (let call = 0; ; call += callsAtATime) {
  const calls = Array.from({ length: callsAtATime }, (_, i) => call + i)
  await Promise.all(
    calls.map(async number => {
      const size = 1 + ((number * 7) % 40)
      const first = await log.append(eventRecords(`${round}/${number}/${size}`, size))
      writeSync(1, `${number} ${size} ${first}\n`)
    }),
  )
}
