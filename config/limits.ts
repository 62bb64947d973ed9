import Type from 'typebox'
import { defineSettings } from './fragment.ts'
import { mebibyte } from './units.ts'

/** A limit at a door refuses whole requests; it never changes what an accepted one is answered. */
function limit(description: string, unit: string, value: number, minimum: number, maximum: number) {
  return Type.Integer({ description, unit, default: value, minimum, maximum, answer: false })
}

/** The bounds that several folders share. A limit of one component stands in that component's own fragment. */
export const limits = defineSettings('limits', 'What a door accepts, and how long queues may grow', {
  idBytesMax: limit('Length of an item, user, event or request id in UTF-8', 'bytes', 256, 16, 1024),
  bodyBytesMax: limit('Size of an HTTP body or a wire frame', 'bytes', 8 * mebibyte, 1024, 256 * mebibyte),
  itemsPerBatchMax: limit('Items in one insert or update', 'items', 10_000, 1, 1_000_000),
  usersPerBatchMax: limit('Users in one insert or update', 'users', 10_000, 1, 1_000_000),
  eventsPerBatchMax: limit('Events in one request', 'events', 10_000, 1, 1_000_000),
  feedItemsMax: limit('Items in one feed', 'items', 200, 1, 1_000),
  excludeItemsMax: limit('Item ids that one request may exclude', 'items', 1_000, 0, 100_000),
  categoriesMax: limit('Categories of one item, or in the filter of one request', 'count', 64, 1, 1_024),
  labelsMax: limit('Labels of one item or user', 'count', 256, 0, 10_000),
  labelCharactersMax: limit('Length of one label or category', 'characters', 256, 16, 4_096),
  creatorsMax: limit('Creators of one item', 'count', 32, 1, 1_024),
  titleCharactersMax: limit('Length of the title of an item', 'characters', 1_024, 16, 65_536),
  textCharactersMax: limit('Length of the text of an item, or of a query', 'characters', 65_536, 256, 4 * mebibyte),
  vectorSpacesMax: limit('Vector spaces that items and users may have', 'count', 8, 1, 64),
  vectorDimensionMax: limit('Dimensions of one vector', 'dimensions', 1_024, 1, 8_192),
  timeMinMs: limit('The earliest time that is accepted, since 1970 (the default is 1970)', 'ms', 0, -8.64e15, 8.64e15),
  timeMaxMs: limit(
    'The latest time that is accepted, since 1970 (the default is 2100)',
    'ms',
    4_102_444_800_000,
    0,
    8.64e15,
  ),
  eventQueueDepthMax: limit(
    'Events on the way to the journal before a door answers 503',
    'events',
    65_536,
    1,
    10_000_000,
  ),
})
