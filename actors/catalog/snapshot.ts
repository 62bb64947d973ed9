import { pack, unpack } from 'msgpackr'
import { type BookEntries, type BookName, CatalogState, type ItemVersion } from '../../domain/catalog-state.ts'
import type { ItemTableLimits } from '../../domain/item-table/item-table-writer.ts'
import { decodeItem, encodeItem } from '../../storage/item-codec.ts'
import type { ItemDocuments } from '../../storage/item-documents.ts'
import type { OnlineStore, SpaceChanges } from '../../storage/online-store.ts'
import { snapshotVersion } from '../snapshot-version.ts'

/**
 * The catalogue's part of a snapshot, written in one commit together with the number it stands for: versions by
 * ordinal (`item-versions`: [seq, id, deleted]), whole items (`items`), the code books and the number.
 */
const versionSpace = 'item-versions'
const itemSpace = 'items'
const catalogSpace = 'catalog'

const bookNames: readonly BookName[] = ['category', 'creator', 'region', 'language', 'device', 'ageBand']

/** What moves on while the owners write their parts; books only grow, so their sizes tell what they held. */
export interface CatalogStand {
  readonly lastEventAt: number
  readonly settingsHash: string
  readonly vectorDimensions: readonly (readonly [space: string, dimension: number])[]
  readonly bookSizes: Readonly<Record<BookName, number>>
}

export function standOf({ lastEventAt, settingsHash, vectorDimensions, books }: CatalogState): CatalogStand {
  const sizes = bookNames.map(name => [name, books[name].size])
  return { lastEventAt, settingsHash, vectorDimensions: [...vectorDimensions], bookSizes: Object.fromEntries(sizes) }
}

/** In steps, one per version: there may be many. */
export function* snapshotChanges(
  changed: ReadonlyMap<number, ItemVersion>,
  state: CatalogState,
  stand: CatalogStand,
  throughSeq: number,
): Generator<void, SpaceChanges[]> {
  const versions: [number, Uint8Array][] = []
  const items: [number, Uint8Array][] = []
  const removed: number[] = []
  for (const [ordinal, { seq, id, item }] of changed) {
    versions.push([ordinal, pack([seq, id, item === null])])
    if (item === null) removed.push(ordinal)
    else items.push([ordinal, encodeItem(item)])
    yield
  }
  const entriesOf = (name: BookName) => [...state.books[name].entries()].slice(0, stand.bookSizes[name])
  const books = Object.fromEntries(bookNames.map(name => [name, entriesOf(name)]))
  return [
    { space: versionSpace, puts: versions },
    { space: itemSpace, puts: items, removes: removed },
    {
      space: catalogSpace,
      puts: [
        ['books', pack(books)],
        ['stand', pack([snapshotVersion, throughSeq, stand.lastEventAt, stand.settingsHash, stand.vectorDimensions])],
      ],
    },
  ]
}

/** The catalogue as of the last snapshot, empty where there is none. */
export function restoreCatalog(store: OnlineStore, documents: ItemDocuments, limits: ItemTableLimits): CatalogState {
  const stand = readStand(store)
  if (stand === null) return new CatalogState(limits, documents)
  const books = store.get(catalogSpace, 'books')
  const state = new CatalogState(limits, documents, books === undefined ? {} : (unpack(books) as BookEntries))
  for (const [ordinal, bytes] of store.range(versionSpace)) {
    const [seq, id, deleted] = unpack(bytes) as [number, string, boolean]
    const document = deleted ? undefined : store.get(itemSpace, ordinal)
    state.restore({ seq, id, item: document === undefined ? null : decodeItem(document) })
  }
  const [, appliedSeq, lastEventAt, settingsHash, dimensions] = stand
  state.appliedSeq = appliedSeq
  state.lastEventAt = lastEventAt
  state.settingsHash = settingsHash
  // Those of items that are gone stay settled too.
  for (const [space, dimension] of dimensions) state.vectorDimensions.set(space, dimension)
  return state
}

type Stand = [
  version: number,
  throughSeq: number,
  lastEventAt: number,
  settingsHash: string,
  dimensions: [space: string, dimension: number][],
]

function readStand(store: OnlineStore): Stand | null {
  const bytes = store.get(catalogSpace, 'stand')
  const stand = bytes === undefined ? null : (unpack(bytes) as Stand)
  return stand !== null && stand[0] === snapshotVersion && stand.length === 5 ? stand : null
}
