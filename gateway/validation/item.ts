import type { Item } from '../../domain/item.ts'
import { regionsMax } from '../../domain/item-table/item-reader.ts'
import { type FieldReaders, type Limits, textReader, timeReader } from './field-readers.ts'
import { integerReader, listReader, optional, readBoolean, readObject } from './readers.ts'
import { rfc3339MinMs } from './time.ts'
import { vectorsReader } from './vectors.ts'

const itemFields = new Set([
  'id',
  'title',
  'text',
  'categories',
  'creators',
  'publishedAt',
  'expiresAt',
  'regions',
  'maturity',
  'language',
  'labels',
  'hidden',
  'vectors',
])

const maturityMax = 21

/**
 * `id` stands in for one that the value leaves out. Every field is present in the result, as it is in an item that was
 * read from storage: so an update that changes nothing is recognised. @throws InvalidInput
 */
export type ItemReader = (value: unknown, id?: string) => Item

export function createItemReader(fields: FieldReaders, limits: Limits): ItemReader {
  const { id: readId, name, time, categories, labels } = fields
  const title = textReader(0, limits.titleCharactersMax)
  const text = textReader(0, limits.textCharactersMax)
  const creators = listReader(readId, limits.creatorsMax, 'creators')
  const regions = listReader(name, regionsMax, 'regions')
  const maturity = integerReader(0, maturityMax)
  const vectors = vectorsReader(limits.vectorSpacesMax, limits.vectorDimensionMax)
  // Films are older than 1970, where the times of events begin.
  const publishedAt = timeReader(Math.min(rfc3339MinMs, limits.timeMinMs), limits.timeMaxMs)
  return (value, id) => {
    const given = readObject(value, undefined, itemFields)
    return {
      id: readId(given.id === undefined ? id : given.id, 'id'),
      title: title(given.title, 'title'),
      text: optional(text, given.text, 'text'),
      categories: optional(categories, given.categories, 'categories') ?? [],
      creators: optional(creators, given.creators, 'creators') ?? [],
      publishedAt: optional(publishedAt, given.publishedAt, 'publishedAt'),
      expiresAt: optional(time, given.expiresAt, 'expiresAt'),
      regions: optional(regions, given.regions, 'regions'),
      maturity: optional(maturity, given.maturity, 'maturity'),
      language: optional(name, given.language, 'language'),
      labels: optional(labels, given.labels, 'labels'),
      hidden: optional(readBoolean, given.hidden, 'hidden'),
      vectors: optional(vectors, given.vectors, 'vectors'),
    }
  }
}
