/**
 * Lists of what is trending and popular belong to a counter epoch: a server makes them when it publishes the epoch. The
 * offline funnel makes them when it is next asked, from what has been applied by then. So that a query reads the lists
 * as they stood at its epoch, and not lists that depend on who else was asked, the funnel is asked at the epoch too.
 */
import type { JournalReader } from '../../storage/event-log.ts'
import type { OfflineFunnel } from '../offline-funnel.ts'

/** Numbers of the epochs that queries at these numbers read: the newest before each. */
export function epochsBefore(journal: JournalReader, querySeqs: readonly number[]): ReadonlySet<number> {
  const read = new Set<number>()
  let next = 0
  let newest = 0
  const pass = (seq: number) => {
    for (; next < querySeqs.length && querySeqs[next] < seq; next++) if (newest > 0) read.add(newest)
    newest = seq
  }
  for (const { seq } of journal.read(journal.firstSeq, { kinds: ['epoch'] })) pass(seq)
  pass(Number.POSITIVE_INFINITY)
  return read
}

/** To be called when the epoch's record has just been applied, and the funnel has models. */
export async function makeLists(funnel: OfflineFunnel): Promise<void> {
  await funnel.candidates('', funnel.replay.epoch.at)
}
