import type { ItemReader } from './item-table/item-reader.ts'

/** Reading the catalogue by name, on the thread that owns it. Codes are 0 and items −1 for names nobody has used. */
export interface CatalogReader {
  readonly items: ItemReader
  /** Everything up to this journal number has been applied. */
  readonly appliedSeq: number
  /** −1 when the id was never named or the item is deleted. */
  findLiveItem(id: string): number
  findItem(id: string): number
  itemId(item: number): string
  title(item: number): string
  regionCode(name: string): number
  languageCode(name: string): number
  deviceCode(name: string): number
  categoryCode(name: string): number
  regionName(code: number): string
  ageBandName(code: number): string
  languageName(code: number): string
}
