import { dayMs } from '../config/units.ts'
import { categoriesPerItemMax, type ItemReader } from '../domain/item-table/item-reader.ts'
import { defineFeatures } from './feature-group.ts'
import { clamp, logCount } from './numeric.ts'
import { publishedYear } from './published-year.ts'

export const itemStaticFeatures = defineFeatures('item static', {
  itemAgeLogDays: [1, 'ln(1 + days since publication), 0 when unknown or not yet published'],
  itemPublishedKnown: [1, '1 when the time of publication is known'],
  itemLaunch: [1, 'from 1 at publication down to 0 at the end of the launch window'],
  itemPublishYear: [1, 'publication year as (year - 2000) / 25 within [-3, 3], 0 when unknown'],
  itemCategories: [1, 'number of categories over the most an item can have'],
  itemMaturity: [1, 'minimum age over 21'],
  itemLanguageKnown: [1, '1 when the language is known'],
})

export function writeItemStatic(
  out: Float32Array,
  at: number,
  items: ItemReader,
  row: number,
  now: number,
  launchWindowMs: number,
): number {
  const publishedAt = items.publishedAt(row)
  const known = !Number.isNaN(publishedAt)
  const ageMs = known ? Math.max(0, now - publishedAt) : 0
  out[at++] = logCount(ageMs / dayMs)
  out[at++] = known ? 1 : 0
  out[at++] = known ? clamp(1 - ageMs / launchWindowMs, 0, 1) : 0
  out[at++] = known ? clamp((publishedYear(publishedAt) - 2000) / 25, -3, 3) : 0
  out[at++] = items.categoryCount(row) / categoriesPerItemMax
  out[at++] = clamp(items.maturity(row) / 21, 0, 1)
  out[at++] = items.language(row) > 0 ? 1 : 0
  return at
}
