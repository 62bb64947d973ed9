import type { RecommendationRequest } from '../../domain/recommendation.ts'
import { requestContextReader } from './context.ts'
import type { FieldReaders, Limits } from './field-readers.ts'
import { integerReader, listReader, optional, readBoolean, readObject } from './readers.ts'

const requestFields = new Set(['userId', 'n', 'context', 'exclude', 'categories', 'explain'])

const defaultItems = 10

/** @throws InvalidInput */
export type RequestReader = (value: unknown, requestId: string) => RecommendationRequest

export function createRequestReader(fields: FieldReaders, limits: Limits): RequestReader {
  const { id, categories } = fields
  const n = integerReader(1, limits.feedItemsMax)
  const context = requestContextReader(fields)
  const exclude = listReader(id, limits.excludeItemsMax, 'item ids')
  const defaultN = Math.min(defaultItems, limits.feedItemsMax)
  return (value, requestId) => {
    const given = readObject(value, undefined, requestFields)
    return {
      requestId,
      userId: id(given.userId, 'userId'),
      n: optional(n, given.n, 'n') ?? defaultN,
      context: optional(context, given.context, 'context') ?? {},
      exclude: optional(exclude, given.exclude, 'exclude') ?? [],
      categories: optional(categories, given.categories, 'categories') ?? [],
      explain: optional(readBoolean, given.explain, 'explain') ?? false,
    }
  }
}
