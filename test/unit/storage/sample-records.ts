import fc from 'fast-check'
import type { JournalKind, JournalRecord } from '../../../domain/journal.ts'
import type { RecordOf } from '../../../storage/event-log.ts'

/** Strings that UTF-8 can carry, emoji and control characters included. */
const text = fc.string({ unit: 'grapheme', maxLength: 12 })
const texts = fc.array(text, { maxLength: 4 })
const time = fc.integer({ min: -1e13, max: 1e13 }).map(ms => ms + 0)
const count = fc.nat({ max: Number.MAX_SAFE_INTEGER })
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const context = fc.record({ device: optional(text), region: optional(text), language: optional(text) })
const float32 = fc.float32Array({ maxLength: 8 })
const vector = fc.oneof(fc.array(fc.double(), { maxLength: 5 }), fc.array(fc.float(), { maxLength: 5 }))

const item = fc.record({
  id: text,
  title: text,
  text: optional(text),
  categories: texts,
  creators: texts,
  publishedAt: optional(time),
  expiresAt: optional(time),
  regions: optional(texts),
  maturity: optional(fc.nat({ max: 21 })),
  language: optional(text),
  labels: optional(texts),
  hidden: optional(fc.boolean()),
  vectors: optional(fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), vector, { noNullPrototype: true })),
})

const user = fc.record({
  id: text,
  region: optional(text),
  language: optional(text),
  ageBand: optional(text),
  device: optional(text),
  labels: optional(texts),
})

const event = fc.record({
  eventId: text,
  type: text,
  user: text,
  item: text,
  value: optional(fc.double()),
  time,
  requestId: optional(text),
  context: optional(context),
  roles: fc.nat({ max: 31 }),
  receivedAt: time,
})

const served = fc.record({
  requestId: text,
  user: text,
  userSeq: count,
  catalogSeq: count,
  querySeq: count,
  counterEpoch: count,
  now: time,
  modelSet: text,
  schemaHash: text,
  settingsHash: text,
  seed: fc.integer(),
  context,
  partial: fc.boolean(),
  degraded: fc.option(text),
  items: texts,
  propensities: float32,
  sources: fc.uint32Array({ maxLength: 8 }),
  sourceNames: texts,
  scores: float32,
  features: float32,
  featureHash: fc.nat({ max: 0xffffffff }),
  candidates: fc.uint8Array({ maxLength: 40 }),
})

const settingsValues = fc.dictionary(
  fc.stringMatching(/^[a-z.]{1,10}$/),
  fc.oneof(
    fc.integer(),
    fc.boolean(),
    text,
    texts,
    fc.double().filter(x => !Object.is(x, -0)),
  ),
  { noNullPrototype: true },
)

/** Any record of each kind. */
export const anyRecord: { readonly [K in JournalKind]: fc.Arbitrary<RecordOf<K>> } = {
  item: fc.record({ kind: fc.constant('item'), at: time, item }),
  'item-delete': fc.record({ kind: fc.constant('item-delete'), at: time, id: text }),
  user: fc.record({ kind: fc.constant('user'), at: time, user }),
  'user-delete': fc.record({ kind: fc.constant('user-delete'), at: time, id: text }),
  event: fc.record({ kind: fc.constant('event'), at: time, event }),
  served: fc.record({ kind: fc.constant('served'), at: time, served }),
  epoch: fc.record({ kind: fc.constant('epoch'), at: time }),
  settings: fc.record({ kind: fc.constant('settings'), at: time, hash: text, values: settingsValues }),
  promotion: fc.record({ kind: fc.constant('promotion'), at: time, modelSet: text, previous: fc.option(text) }),
}

export const anyRecords = fc.array(fc.oneof(...(Object.values(anyRecord) as fc.Arbitrary<JournalRecord>[])), {
  minLength: 1,
  maxLength: 12,
})

export function eventRecord(eventId: string): RecordOf<'event'> {
  const event = { eventId, type: 'click', user: 'u1', item: 'i1', time: 1_000, roles: 2, receivedAt: 1_000 }
  return { kind: 'event', at: 1_000, event }
}

/** `count` events with the ids `prefix:0`, `prefix:1`, … */
export function eventRecords(prefix: string, count: number): RecordOf<'event'>[] {
  return Array.from({ length: count }, (_, i) => eventRecord(`${prefix}:${i}`))
}
