import type { EventLog, TailingReader } from './event-log.ts'
import { type JournalSettings, LmdbEventLog } from './lmdb-event-log.ts'
import { LmdbTailingReader } from './lmdb-tailing-reader.ts'

/**
 * Opens the journal in `directory`, which is made when it does not exist. One process at a time may write, which the
 * data directory's lock ensures; any number may open it with `readOnly` meanwhile.
 *
 * @throws StorageError `corrupt`, `format` or `failed`
 */
export function openJournal(directory: string, options: { readonly readOnly: true }): Promise<TailingReader>
export function openJournal(directory: string, options: JournalSettings): Promise<EventLog>
export function openJournal(
  directory: string,
  options: JournalSettings | { readonly readOnly: true },
): Promise<EventLog | TailingReader> {
  return 'readOnly' in options ? LmdbTailingReader.open(directory) : LmdbEventLog.open(directory, options)
}
