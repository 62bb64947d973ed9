import type { Settings } from '../config/settings.ts'
import { featureSchemaHash } from '../features/schema.ts'
import { featureSettings } from '../features/settings.ts'
import { countersSettings } from './counters-settings.ts'
import { itemToItemSettings } from './sources/item-to-item.ts'

/** The hash of everything that gives a feature its value: a model serves only where it is the one it was trained with. */
export function schemaHashOf(settings: Settings): string {
  const { recentItems, decayItems } = settings.of(itemToItemSettings)
  return featureSchemaHash(settings.of(featureSettings), {
    'sources.itemToItem.recentItems': recentItems,
    'sources.itemToItem.decayItems': decayItems,
    'counters.recentEngagements': settings.of(countersSettings).recentEngagements,
  })
}
