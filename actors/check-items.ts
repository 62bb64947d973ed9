import type { CatalogState } from '../domain/catalog-state.ts'
import type { Item } from '../domain/item.ts'
import { regionsMax } from '../domain/item-table/item-reader.ts'
import type { PutResult } from './engine.ts'

type Rejection = Extract<PutResult, { readonly status: 'rejected' }>

/**
 * What only the catalogue can know is wrong with items, one entry each, null where nothing is. Items of one batch are
 * judged together: what an earlier one settles or takes up counts for the later ones, and so does what is on its way.
 */
export function checkItems(
  items: readonly Item[],
  catalog: CatalogState,
  onTheirWay: Room = { items: 0, rows: 0 },
): (Rejection | null)[] {
  const door = new CatalogDoor(catalog, onTheirWay)
  return items.map(item => door.check(item))
}

/** Items and rows of the item table. */
interface Room {
  readonly items: number
  readonly rows: number
}

class CatalogDoor {
  private readonly catalog: CatalogState
  private readonly onTheirWay: Room
  private readonly dimensions = new Map<string, number>()
  private readonly newRegions = new Set<string>()
  private readonly newItems = new Set<string>()
  private rows = 0

  constructor(catalog: CatalogState, onTheirWay: Room) {
    this.catalog = catalog
    this.onTheirWay = onTheirWay
  }

  /** An accepted item takes up its room; one that is rejected settles nothing. */
  check(item: Item): Rejection | null {
    const rejection = this.checkRoom(item) ?? this.checkVectors(item) ?? this.checkRegions(item)
    if (rejection === null) this.admit(item)
    return rejection
  }

  private admit({ id, vectors = {}, regions = [] }: Item): void {
    this.rows++
    if (this.catalog.findItem(id) < 0) this.newItems.add(id)
    for (const [space, vector] of Object.entries(vectors)) this.dimensions.set(space, vector.length)
    for (const name of regions) if (this.isNewRegion(name)) this.newRegions.add(name)
  }

  private checkRoom({ id }: Item): Rejection | null {
    const { table } = this.catalog
    const isNew = this.catalog.findItem(id) < 0 && !this.newItems.has(id)
    if (isNew && this.newItems.size + this.onTheirWay.items >= table.itemsLeft) {
      return rejected(
        id,
        'catalog_full',
        'the catalogue has as many items as catalog.itemsMax allows: raise it, restart',
      )
    }
    if (this.rows + this.onTheirWay.rows < table.rowsLeft) return null
    return rejected(
      id,
      'catalog_full',
      'too many items changed at once (catalog.rowsMax): send it again in some seconds',
    )
  }

  private checkVectors({ id, vectors = {} }: Item): Rejection | null {
    for (const [space, vector] of Object.entries(vectors)) {
      const dimension = this.catalog.vectorDimensions.get(space) ?? this.dimensions.get(space)
      if (dimension === undefined || dimension === vector.length) continue
      const hint = `vectors of this space have ${dimension} numbers, not ${vector.length}`
      return rejected(id, 'bad_vector', hint, `vectors.${space}`)
    }
    return null
  }

  private checkRegions({ id, regions = [] }: Item): Rejection | null {
    const further = new Set(regions.filter(name => this.isNewRegion(name) && !this.newRegions.has(name)))
    if (this.catalog.books.region.size + this.newRegions.size + further.size <= regionsMax) return null
    return rejected(id, 'too_many', `a catalogue names at most ${regionsMax} regions; merge some`, 'regions')
  }

  private isNewRegion(name: string): boolean {
    return this.catalog.books.region.find(name) === 0
  }
}

function rejected(id: string, code: string, hint: string, field?: string): Rejection {
  return { id, status: 'rejected', code, hint, ...(field !== undefined && { field }) }
}
