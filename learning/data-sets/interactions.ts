import { featureSettings } from '../../features/settings.ts'
import type { Column } from '../../storage/offline-store-columns.ts'
import { readHistory } from '../history.ts'
import type { DataSetTask, RowSink } from './data-set.ts'

/**
 * Who engaged with what: one row per engagement (see `Engagements`), in the order of their first events. `asked_seq` is
 * the number of the event that its showing began with: what a request could know is the journal before it.
 */
export const interactionColumns: readonly Column[] = [
  { name: 'user', type: 'text' },
  { name: 'item', type: 'text' },
  { name: 'time', type: 'whole' },
  { name: 'seq', type: 'whole' },
  { name: 'asked_seq', type: 'whole' },
  { name: 'roles', type: 'uint8' },
  { name: 'weight', type: 'float32' },
]

const batchRows = 65_536

export async function exportInteractions(task: DataSetTask, sink: RowSink): Promise<object> {
  const { journal, toSeq, settings, progress } = task
  progress.step('Reading the journal')
  const { engagements } = readHistory(journal, toSeq, settings.of(featureSettings))
  const { users, items, userIds, itemIds, times, seqs, askSeqs, roles, weights, count } = engagements
  progress.step('Writing interactions', count)
  for (let from = 0; from < count; from += batchRows) {
    task.throwIfCancelled()
    const to = Math.min(from + batchRows, count)
    await sink.append([
      Array.from(users.subarray(from, to), user => userIds[user]),
      Array.from(items.subarray(from, to), item => itemIds[item]),
      times.subarray(from, to),
      seqs.subarray(from, to),
      askSeqs.subarray(from, to),
      roles.subarray(from, to),
      weights.subarray(from, to),
    ])
    progress.advance(to - from)
  }
  progress.done()
  return { users: userIds.length, items: itemIds.length }
}
