import { lowerBound } from '../../domain/lower-bound.ts'
import { hashEventId } from '../../features/folded-event.ts'
import { openJournal } from '../../storage/open-journal.ts'

/** Events that the journal holds already, by their ids. */
export interface KnownEvents {
  has(eventId: string): boolean
}

/**
 * The engine recognises a repeated event within a window per user; an import that is started again repeats all of a
 * file. Ids are compared by 53 bits of hash: of ten million events, one more is mistaken for a known one with a
 * probability of about 10⁻⁹.
 *
 * @param journal its folder, which need not exist. @throws StorageError
 */
export async function readKnownEvents(journal: string): Promise<KnownEvents> {
  const reader = await openJournal(journal, { readOnly: true })
  try {
    const hashes = new Float64Array(reader.lastSeq - reader.firstSeq + 1)
    let count = 0
    for (const { record } of reader.read(reader.firstSeq, { kinds: ['event'] })) {
      hashes[count++] = hashEventId(record.event.eventId)
    }
    return new SortedHashes(hashes.subarray(0, count).sort())
  } finally {
    await reader.close()
  }
}

/** A Set of so many numbers would be a hundred bytes for each, and ends at 16.7 million. */
class SortedHashes implements KnownEvents {
  private readonly sorted: Float64Array

  constructor(sorted: Float64Array) {
    this.sorted = sorted
  }

  has(eventId: string): boolean {
    const { sorted } = this
    if (sorted.length === 0) return false
    const hash = hashEventId(eventId)
    return sorted[lowerBound(sorted, hash)] === hash
  }
}
