import type { CatalogReader } from '../domain/catalog-reader.ts'
import type { JournalEvent } from '../domain/event.ts'
import { hashId } from '../domain/identity/id-dictionary.ts'
import { type FoldedEvent, hashEventId } from '../features/folded-event.ts'

/** An event of the journal with its names turned into numbers, as of the catalogue behind its journal number. */
export function foldEvent(event: JournalEvent, item: number, seq: number, catalog: CatalogReader): FoldedEvent {
  const { region = '', language = '', device = '' } = event.context ?? {}
  return {
    seq,
    eventIdHash: hashEventId(event.eventId),
    userHash: hashId(event.user),
    item,
    roles: event.roles,
    value: event.value ?? Number.NaN,
    time: event.time,
    region: region === '' ? 0 : catalog.regionCode(region),
    language: language === '' ? 0 : catalog.languageCode(language),
    device: device === '' ? 0 : catalog.deviceCode(device),
  }
}
