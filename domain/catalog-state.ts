/**
 * The catalogue as a fold over the journal: ids to ordinals, names to codes, facts to rows. Shared by serving, training
 * and replay, so that a number means the same in each.
 *
 * 1. Ordinals and codes follow from the order of records alone.
 * 2. A change of an item writes a new row; a record that changes nothing writes none.
 * 3. `appliedSeq` moves on only after everything up to it can be read.
 */
import { isDeepStrictEqual } from 'node:util'
import type { CatalogReader } from './catalog-reader.ts'
import { CodeBook, CodeBookFull } from './identity/code-book.ts'
import { IdDictionary, InvalidId } from './identity/id-dictionary.ts'
import type { Item } from './item.ts'
import { categoriesPerItemMax, creatorsPerItemMax, regionsMax } from './item-table/item-reader.ts'
import { type ItemTableLimits, ItemTableWriter, type RowFacts, tombstone } from './item-table/item-table-writer.ts'
import { segmentKey } from './popular-lists.ts'
import type { User } from './user.ts'

/** Whole items as stored; what changed since the last snapshot is in the catalogue's own memory. */
export interface ItemDocumentReader {
  get(ordinal: number): Item | undefined
  /** What was stored of these items has been replaced. */
  forget(ordinals: Iterable<number>): void
}

export const noDocuments: ItemDocumentReader = { get: () => undefined, forget() {} }

/** An item as of one journal number; `item` is null once it is deleted. */
export interface ItemVersion {
  readonly seq: number
  readonly id: string
  readonly item: Item | null
}

export interface ProfileCodes {
  readonly region: number
  readonly language: number
  readonly ageBand: number
  /** Lower bound of the age band in years, NaN when unknown. */
  readonly age: number
  readonly device: number
  /** See `segmentKey`. */
  readonly segment: number
}

const codesMax = 0xffff
const ageBandsMax = 255
const creatorsMax = 0x7fffffff

export class CatalogState implements CatalogReader {
  appliedSeq = 0
  /** Epoch ms of the latest event, 0 before the first: where the clock of a data directory stands. */
  lastEventAt = 0
  /** Of the settings that answers are made with from here on, '' before the first are known. */
  settingsHash = ''
  readonly ids = new IdDictionary()
  readonly table: ItemTableWriter
  readonly books: Readonly<Record<BookName, CodeBook>>
  /** Dimension of each named space that items brought vectors for, fixed by the first. */
  readonly vectorDimensions = new Map<string, number>()
  /** Versions since the last snapshot, by ordinal. */
  readonly changed = new Map<number, ItemVersion>()
  private readonly documents: ItemDocumentReader

  constructor(limits: ItemTableLimits, documents: ItemDocumentReader, bookEntries: BookEntries = {}) {
    this.table = new ItemTableWriter(limits)
    this.documents = documents
    this.books = {
      category: new CodeBook('category', codesMax, bookEntries.category),
      creator: new CodeBook('creator', creatorsMax, bookEntries.creator),
      region: new CodeBook('region', regionsMax, bookEntries.region),
      language: new CodeBook('language', codesMax, bookEntries.language),
      device: new CodeBook('device', codesMax, bookEntries.device),
      ageBand: new CodeBook('ageBand', ageBandsMax, bookEntries.ageBand),
    }
  }

  get items() {
    return this.table.reader
  }

  /** @returns the new row, or −1 when the record changes nothing. @throws ItemTableFull, with nothing changed */
  putItem(item: Item, seq: number): number {
    this.table.assertRoom(this.ids.find(item.id) < 0)
    const ordinal = this.ids.intern(item.id)
    const row = this.items.currentRow(ordinal)
    if (row >= 0 && seq <= this.items.seqOf(row)) return -1
    if (row >= 0 && !this.items.isDeleted(row) && isDeepStrictEqual(this.document(ordinal), item)) return -1
    this.changed.set(ordinal, { seq, id: item.id, item })
    return this.table.append(ordinal, this.factsOf(item), seq)
  }

  /** @returns the row of the tombstone, or −1 when there was nothing to delete. @throws ItemTableFull */
  deleteItem(id: string, seq: number): number {
    const ordinal = this.findLiveItem(id)
    if (ordinal < 0 || seq <= this.items.seqOf(this.items.currentRow(ordinal))) return -1
    this.table.assertRoom(false)
    this.changed.set(ordinal, { seq, id, item: null })
    return this.table.append(ordinal, tombstone, seq)
  }

  /** Puts back one version of a snapshot; ordinals must come in order, from 0. */
  restore(version: ItemVersion): void {
    const ordinal = this.ids.intern(version.id)
    this.table.append(ordinal, version.item === null ? tombstone : this.factsOf(version.item), version.seq)
  }

  profileCodes(user: User): ProfileCodes {
    const region = codeOrUnknown(this.books.region, user.region)
    const ageBand = codeOrUnknown(this.books.ageBand, user.ageBand)
    return {
      region,
      language: codeOrUnknown(this.books.language, user.language),
      ageBand,
      age: lowerAge(user.ageBand),
      device: codeOrUnknown(this.books.device, user.device),
      segment: segmentKey(region, ageBand),
    }
  }

  document(ordinal: number): Item | undefined {
    const version = this.changed.get(ordinal)
    return version === undefined ? this.documents.get(ordinal) : (version.item ?? undefined)
  }

  /** These versions are stored now, and need not be held here, unless newer ones came meanwhile. */
  stored(versions: ReadonlyMap<number, ItemVersion>): void {
    this.documents.forget(versions.keys())
    for (const [ordinal, version] of versions) {
      if (this.changed.get(ordinal) === version) this.changed.delete(ordinal)
    }
  }

  findItem(id: string): number {
    return this.ids.find(id)
  }

  findLiveItem(id: string): number {
    const ordinal = this.ids.find(id)
    if (ordinal < 0) return -1
    const row = this.items.currentRow(ordinal)
    return row < 0 || this.items.isDeleted(row) ? -1 : ordinal
  }

  itemId(item: number): string {
    return this.ids.idOf(item)
  }

  title(item: number): string {
    return this.document(item)?.title ?? this.ids.idOf(item)
  }

  regionCode(name: string): number {
    return this.books.region.find(name)
  }

  languageCode(name: string): number {
    return this.books.language.find(name)
  }

  deviceCode(name: string): number {
    return this.books.device.find(name)
  }

  categoryCode(name: string): number {
    return this.books.category.find(name)
  }

  regionName(code: number): string {
    return this.books.region.nameOf(code) ?? 'unknown'
  }

  ageBandName(code: number): string {
    return this.books.ageBand.nameOf(code) ?? 'unknown'
  }

  languageName(code: number): string {
    return this.books.language.nameOf(code) ?? 'unknown'
  }

  deviceName(code: number): string {
    return this.books.device.nameOf(code) ?? 'unknown'
  }

  private factsOf(item: Item): RowFacts {
    for (const [space, vector] of Object.entries(item.vectors ?? {})) {
      if (!this.vectorDimensions.has(space)) this.vectorDimensions.set(space, vector.length)
    }
    const regions = (item.regions ?? []).map(name => codeOrUnknown(this.books.region, name))
    const masks = regionMasks(regions)
    return {
      publishedAt: item.publishedAt ?? Number.NaN,
      expiresAt: item.expiresAt ?? Number.POSITIVE_INFINITY,
      ...masks,
      maturity: item.maturity ?? 0,
      language: codeOrUnknown(this.books.language, item.language),
      categories: codesOf(this.books.category, item.categories, categoriesPerItemMax),
      creators: codesOf(this.books.creator, item.creators, creatorsPerItemMax),
      // An item licensed only in regions the book had no room for is licensed nowhere we can name.
      hidden: item.hidden === true || (regions.length > 0 && masks.regionsLow === 0 && masks.regionsHigh === 0),
      deleted: false,
    }
  }
}

export type BookName = 'category' | 'creator' | 'region' | 'language' | 'device' | 'ageBand'
export type BookEntries = Partial<Readonly<Record<BookName, Iterable<string>>>>

/** A full book gives 0, and so does a name that no book takes: a fold must not stop over one. */
function codeOrUnknown(book: CodeBook, name: string | undefined): number {
  if (name === undefined) return 0
  try {
    return book.codeOf(name)
  } catch (error) {
    if (error instanceof CodeBookFull || error instanceof InvalidId) return 0
    throw error
  }
}

function codesOf(book: CodeBook, names: readonly string[], max: number): number[] {
  const codes = new Set<number>()
  for (const name of names) {
    const code = codeOrUnknown(book, name)
    if (code > 0 && codes.size < max) codes.add(code)
  }
  return [...codes]
}

function regionMasks(codes: readonly number[]) {
  let regionsLow = 0
  let regionsHigh = 0
  for (const code of codes) {
    if (code >= 1 && code <= 32) regionsLow |= 1 << (code - 1)
    else if (code > 32) regionsHigh |= 1 << (code - 33)
  }
  return { regionsLow: regionsLow >>> 0, regionsHigh: regionsHigh >>> 0 }
}

/** The first number in the name of an age band; a band that starts with "under" or "<" begins at 0. */
function lowerAge(band: string | undefined): number {
  if (band === undefined) return Number.NaN
  if (/^\s*(under|<)/i.test(band)) return 0
  const digits = /\d+/.exec(band)
  return digits === null ? Number.NaN : Number(digits[0])
}
