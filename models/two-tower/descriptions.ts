/** Items and people of the domain as the towers know them; training and serving both come here. */
import type { Item } from '../../domain/item.ts'
import type { User } from '../../domain/user.ts'
import { publishedYear } from '../../features/published-year.ts'
import type { ItemDescription } from './item-features.ts'
import type { UserProfile } from './user-features.ts'

/** @param content the item's unit content vector, absent where no word of it is known */
export function describeItem(
  { categories, creators, publishedAt }: Item,
  content?: ArrayLike<number>,
): ItemDescription {
  return { content, categories, creators, year: publishedAt === undefined ? undefined : publishedYear(publishedAt) }
}

export function describeUser({ ageBand, labels, region, language }: User): UserProfile {
  return { ageBand, segments: labels, region, language }
}
