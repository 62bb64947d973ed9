import type { Filter } from '../filter.ts'
import { category } from './category.ts'
import { excluded } from './excluded.ts'
import { maturity } from './maturity.ts'
import { region } from './region.ts'
import { seen } from './seen.ts'
import { visibility } from './visibility.ts'

/** Every filter, in the order in which they look at an item: the first that objects is named in the trace. */
export const filters: readonly Filter[] = [visibility, region, maturity, seen, excluded, category]
