import { openJournal } from '../../storage/open-journal.ts'

/** Everybody with an event in the journal, the most active first; equals in the order of their ids. */
export async function usersByActivity(journalDirectory: string): Promise<string[]> {
  const journal = await openJournal(journalDirectory, { readOnly: true })
  try {
    const counts = new Map<string, number>()
    for (const { record } of journal.read(journal.firstSeq, { kinds: ['event'] })) {
      const { user } = record.event
      counts.set(user, (counts.get(user) ?? 0) + 1)
    }
    const ordered = [...counts].sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
    return ordered.map(([user]) => user)
  } finally {
    await journal.close()
  }
}
