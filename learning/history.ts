import type { FeatureSettings } from '../features/settings.ts'
import type { JournalReader } from '../storage/event-log.ts'
import { Engagements } from './engagements.ts'
import { Showings } from './showings.ts'

/** What people did, and what they had been shown when they did it. */
export interface History {
  readonly engagements: Engagements
  readonly showings: Showings
}

export function readHistory(journal: JournalReader, toSeq: number, settings: FeatureSettings): History {
  const engagements = new Engagements(settings.engagementWindowMs)
  const showings = new Showings(settings.sessionGapMs)
  for (const { seq, record } of journal.read(journal.firstSeq, { toSeq, kinds: ['event'] })) {
    engagements.add(record.event, seq, showings.add(record.event, seq))
  }
  return { engagements, showings }
}
