import type { CatalogState } from '../domain/catalog-state.ts'
import type { Item } from '../domain/item.ts'
import { regionsMax } from '../domain/item-table/item-reader.ts'
import type { PutResult } from './engine.ts'

/** What only the catalogue can know is wrong with an item, or null. */
export function checkItem(item: Item, catalog: CatalogState): PutResult | null {
  for (const [space, vector] of Object.entries(item.vectors ?? {})) {
    const dimension = catalog.vectorDimensions.get(space)
    if (dimension === undefined || dimension === vector.length) continue
    return {
      id: item.id,
      status: 'rejected',
      code: 'bad_vector',
      field: `vectors.${space}`,
      hint: `vectors of this space have ${dimension} numbers, not ${vector.length}`,
    }
  }
  const { region } = catalog.books
  const newRegions = new Set((item.regions ?? []).filter(name => region.find(name) === 0))
  if (region.size + newRegions.size <= regionsMax) return null
  return {
    id: item.id,
    status: 'rejected',
    code: 'too_many',
    field: 'regions',
    hint: `a catalogue names at most ${regionsMax} regions; merge some`,
  }
}
