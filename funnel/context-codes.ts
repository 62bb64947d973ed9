import type { CatalogReader } from '../domain/catalog-reader.ts'
import type { EventContext } from '../domain/event.ts'

/** Codes of a context; 0 where it is silent, and the person's profile counts. */
export interface ContextCodes {
  readonly region: number
  readonly language: number
  readonly device: number
}

/** As of now: a name that comes into use later has no code yet. */
export function contextCodes(context: EventContext, catalog: CatalogReader): ContextCodes {
  const { region = '', language = '', device = '' } = context
  return {
    region: region === '' ? 0 : catalog.regionCode(region),
    language: language === '' ? 0 : catalog.languageCode(language),
    device: device === '' ? 0 : catalog.deviceCode(device),
  }
}
