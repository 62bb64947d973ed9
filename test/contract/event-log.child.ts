import { createInterface } from 'node:readline'
import { openJournal } from '../../storage/open-journal.ts'

/** Reads a journal that another process writes: answers each line with what it sees after a refresh. */
const reader = await openJournal(process.argv[2]!, { readOnly: true })
for await (const from of createInterface(process.stdin)) {
  const lastSeq = await reader.refresh()
  const events = reader.read(Number(from), { kinds: ['event'] })
  const ids = Array.from(events, ({ record }) => record.event.eventId)
  console.log(JSON.stringify({ firstSeq: reader.firstSeq, lastSeq, ids }))
}
await reader.close()
