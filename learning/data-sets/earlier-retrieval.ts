import { splitSeed } from '../../algorithms/statistics/random.ts'
import type { Item } from '../../domain/item.ts'
import type { User } from '../../domain/user.ts'
import { featureSettings } from '../../features/settings.ts'
import type { ModelSetContents } from '../../funnel/model-set-files.ts'
import type { JournalReader } from '../../storage/event-log.ts'
import { readHistory } from '../history.ts'
import { fitRetrievalModels } from '../retrieval-models.ts'
import type { DataSetTask } from './data-set.ts'
import { TruncatedJournal } from './truncated-journal.ts'

/**
 * Retrieval fitted on the journal as it was when `fitsThrough` had been written. Nothing later reaches it, neither an
 * item nor the like that followed a click before the cut; a fit on everything would score each row with its own outcome.
 */
export function fitEarlierRetrieval(
  { journal, settings, seed, progress }: Pick<DataSetTask, 'journal' | 'settings' | 'seed' | 'progress'>,
  fitsThrough: number,
): Promise<ModelSetContents> {
  const earlier = new TruncatedJournal(journal, fitsThrough)
  const { engagements } = readHistory(earlier, fitsThrough, settings.of(featureSettings))
  const { count } = engagements
  const facts = readFacts(earlier)
  return fitRetrievalModels({ engagements, count, ...facts, settings, seed: splitSeed(seed, 'retrieval'), progress })
}

/** The newest version of each item and each profile. */
function readFacts(journal: JournalReader) {
  const items = new Map<string, Item>()
  const users = new Map<string, User>()
  const kinds = ['item', 'item-delete', 'user', 'user-delete'] as const
  for (const { record } of journal.read(journal.firstSeq, { kinds })) {
    if (record.kind === 'item') items.set(record.item.id, record.item)
    else if (record.kind === 'item-delete') items.delete(record.id)
    else if (record.kind === 'user') users.set(record.user.id, record.user)
    else users.delete(record.id)
  }
  return { items: [...items.values()], users }
}
