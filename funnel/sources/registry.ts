import type { Source } from '../source.ts'
import { collaborative } from './collaborative.ts'
import { content } from './content.ts'
import { fresh } from './fresh.ts'
import { itemToItem } from './item-to-item.ts'
import { popular } from './popular.ts'
import { trending } from './trending.ts'

/** Every source. The place of a source in this list is its bit in the provenance of a candidate; at most 31. */
export const sources: readonly Source[] = [collaborative, content, itemToItem, trending, fresh, popular]
