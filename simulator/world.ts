import { splitSeed } from '../algorithms/statistics/random.ts'
import type { Item } from '../domain/item.ts'
import type { User } from '../domain/user.ts'
import { createCreators, creatorName } from './creators.ts'
import { genres } from './genres.ts'
import { createPeople, type People } from './people.ts'
import { ageBands, DAY_MS, devices, formats, regionLanguage, regions } from './segments.ts'
import type { SimulatorSettings } from './settings.ts'
import { composeSynopsis } from './texts.ts'
import { createTitles, creatorsPerTitle, genresPerTitle, NONE, type Titles } from './titles.ts'
import { themeCount } from './vocabulary.ts'

/**
 * A seeded world. What the engine may see leaves through `item`, `user` and the events; `groundTruth` is for the
 * simulator's own files, everybody else asks `createTruth`.
 *
 * Titles and people are numbered from 0; their ids are `t<number>` and `u<number>`. Texts are composed when asked for.
 */
export interface World {
  readonly settings: SimulatorSettings
  /** Epoch ms; the history covers [startsAt, endsAt). */
  readonly startsAt: number
  readonly endsAt: number
  readonly itemCount: number
  readonly userCount: number
  item(index: number): Item
  user(index: number): User
  items(): Generator<Item>
  users(): Generator<User>
  readonly groundTruth: { readonly titles: Titles; readonly people: People }
}

export function createWorld(settings: SimulatorSettings): World {
  const creators = createCreators(settings.seed, settings.titles)
  const titles = createTitles(settings, creators)
  const people = createPeople(settings)
  const textSeed = splitSeed(settings.seed, 'texts')
  const item = (index: number): Item => publicItem(titles, checkIndex(index, titles.count, 'title'), textSeed)
  const user = (index: number): User => publicUser(people, checkIndex(index, people.count, 'person'))
  return {
    settings,
    startsAt: settings.startsAt,
    endsAt: settings.startsAt + settings.days * DAY_MS,
    itemCount: titles.count,
    userCount: people.count,
    item,
    user,
    *items() {
      for (let index = 0; index < titles.count; index++) yield item(index)
    },
    *users() {
      for (let index = 0; index < people.count; index++) yield user(index)
    },
    groundTruth: { titles, people },
  }
}

export const itemId = (index: number): string => `t${index}`
export const userId = (index: number): string => `u${index}`

/** The number in an id made by `itemId`; -1 for anything that is not one of this world. */
export const itemIndex = (world: World, id: string): number => indexOf(id, 't', world.itemCount)
export const userIndex = (world: World, id: string): number => indexOf(id, 'u', world.userCount)

function indexOf(id: string, prefix: string, count: number): number {
  const index = Number(id.slice(1))
  return id === `${prefix}${index}` && Number.isInteger(index) && index >= 0 && index < count ? index : -1
}

function publicItem(titles: Titles, index: number, textSeed: number): Item {
  const vector = titles.vectors.subarray(index * themeCount, (index + 1) * themeCount)
  const mask = titles.regions[index]
  const licensed = regions.filter((_, region) => mask & (1 << region))
  return {
    id: itemId(index),
    ...composeSynopsis(textSeed, index, vector, titles.format[index]),
    categories: present(titles.genres, index, genresPerTitle).map(genre => genres[genre].name),
    creators: present(titles.creators, index, creatorsPerTitle).map(creatorName),
    publishedAt: titles.publishedAt[index],
    ...(titles.expiresAt[index] < Number.POSITIVE_INFINITY && { expiresAt: titles.expiresAt[index] }),
    ...(licensed.length < regions.length && { regions: licensed }),
    maturity: titles.maturity[index],
    language: regionLanguage[titles.origin[index]],
    labels: [formats[titles.format[index]]],
  }
}

function publicUser(people: People, index: number): User {
  return {
    id: userId(index),
    region: regions[people.region[index]],
    language: regionLanguage[people.region[index]],
    ageBand: ageBands[people.ageBand[index]],
    device: devices[people.eveningDevice[index]],
  }
}

function present(column: Uint32Array, row: number, width: number): number[] {
  return [...column.subarray(row * width, (row + 1) * width)].filter(value => value !== NONE)
}

/** Throws RangeError unless `index` numbers one of `count` things. */
export function checkIndex(index: number, count: number, what: string): number {
  if (!Number.isInteger(index) || index < 0 || index >= count) {
    throw new RangeError(`this world has no ${what} ${index}: numbers run from 0 to ${count - 1}`)
  }
  return index
}
