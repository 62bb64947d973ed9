import type { Settings } from '../../../config/settings.ts'
import type { Item } from '../../../domain/item.ts'
import { Role } from '../../../domain/roles.ts'
import type { User } from '../../../domain/user.ts'
import type { InteractionData } from '../../../evaluation/two-tower/interaction-data.ts'
import { engagementWeight } from '../../../features/engagement-weight.ts'
import { createEventRoles, eventSettings } from '../../../features/event-roles.ts'
import { itemBody, type MovieLensData } from './import.ts'
import { inOrderOfTime } from './ratings.ts'

/** A MovieLens folder as columns, without a data directory: movies of the file, and every person who rated. */
export function movieLensInteractions({ movies, metadata, users, ratings }: MovieLensData, settings: Settings) {
  const items: Item[] = movies
    .values()
    .map(movie => itemBody(movie, metadata.get(movie.id), undefined))
    .toArray()
  const itemAt = new Map(items.map(({ id }, place) => [Number(id), place]))
  const people = new Map<number, User>(
    users.map(({ id, ageBand, labels }) => [id, { id: String(id), ageBand, labels }]),
  )
  for (const id of ratings.user.subarray(0, ratings.count)) if (!people.has(id)) people.set(id, { id: String(id) })
  const userAt = new Map(people.keys().map((id, place) => [id, place]))
  const rolesOf = createEventRoles(settings.of(eventSettings))
  const order = inOrderOfTime(ratings)
  const roles = order.map(row => rolesOf('rating', ratings.value[row]) ?? 0)
  return {
    items,
    users: [...people.values()],
    user: order.map(row => userAt.get(ratings.user[row])!),
    item: order.map(row => itemAt.get(ratings.movie[row])!),
    time: Float64Array.from(order, row => ratings.seconds[row] * 1000),
    weight: Float32Array.from(roles, engagementWeight),
    liked: Uint8Array.from(roles, role => Number((role & Role.positive) !== 0)),
  } satisfies InteractionData
}
