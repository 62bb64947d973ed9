import type { EventContext, JournalEvent } from '../domain/event.ts'
import type { JournalKind, JournalRecord, ServedRecord } from '../domain/journal.ts'
import { StorageError } from './errors.ts'
import { packItem, packUser, unpackItem, unpackUser } from './item-codec.ts'
import {
  bytesOf,
  type Complete,
  floatsFrom,
  packDouble,
  packTagged,
  uintsFrom,
  unpack,
  unpackDouble,
} from './packing.ts'

/**
 * A journal record as a kind tag of one byte and a MessagePack array of its fields by position.
 *
 * 1. What is decoded equals what was encoded, an event's value and every typed array bit for bit.
 *    (Absent fields read as `undefined`; a lone surrogate in a string becomes U+FFFD, since strings travel as UTF-8.)
 * 2. Tags and positions are never reused: a new field goes to the end, where an older record reads as absent.
 * 3. What is decoded shares no memory with the bytes it came from.
 */

export const kindTags: Readonly<Record<JournalKind, number>> = {
  item: 1,
  'item-delete': 2,
  user: 3,
  'user-delete': 4,
  event: 5,
  served: 6,
  epoch: 7,
  settings: 8,
  promotion: 9,
}

type PackedContext = readonly [device: string | null, region: string | null, language: string | null]

type EventFields = readonly [
  at: number,
  eventId: string,
  type: string,
  user: string,
  item: string,
  value: number | false | null,
  time: number,
  requestId: string | null,
  context: PackedContext | null,
  roles: number,
  receivedAt: number,
]

type ServedFields = readonly [
  at: number,
  requestId: string,
  user: string,
  userSeq: number,
  catalogSeq: number,
  querySeq: number,
  counterEpoch: number,
  now: number,
  modelSet: string,
  schemaHash: string,
  settingsHash: string,
  seed: number,
  context: PackedContext,
  partial: boolean,
  degraded: string | null,
  items: string[],
  propensities: Uint8Array,
  sources: Uint8Array,
  sourceNames: string[],
  scores: Uint8Array,
  features: Uint8Array,
  featureHash: number,
  candidates: Uint8Array,
]

/** The record as one byte string, tag first. */
export function encodeRecord(record: JournalRecord): Uint8Array {
  return packTagged(kindTags[record.kind], fieldsOf(record))
}

/** @throws StorageError `corrupt` or `format` when bytes[start, end) are not a record as `encodeRecord` makes it */
export function decodeRecord(bytes: Uint8Array, start: number, end: number): JournalRecord {
  try {
    return recordFrom(bytes[start]!, unpack(bytes, start + 1, end) as unknown[])
  } catch (error) {
    if (error instanceof StorageError) throw error
    throw new StorageError('corrupt', 'A journal record can not be read', 'Restore the journal from a backup', error)
  }
}

function fieldsOf(record: JournalRecord): unknown[] {
  switch (record.kind) {
    case 'event':
      return packEvent(record.at, record.event)
    case 'served':
      return packServed(record.at, record.served)
    case 'item':
      return [record.at, packItem(record.item)]
    case 'user':
      return [record.at, packUser(record.user)]
    case 'item-delete':
    case 'user-delete':
      return [record.at, record.id]
    case 'epoch':
      return [record.at]
    case 'settings':
      return [record.at, record.hash, record.values]
    case 'promotion':
      return [record.at, record.modelSet, record.previous]
    default:
      throw new TypeError(`unknown journal record kind: ${(record satisfies never as JournalRecord).kind}`)
  }
}

// biome-ignore lint/suspicious/noExplicitAny: positions are typed per kind, by the tuple that each case reads.
function recordFrom(tag: number, fields: readonly any[]): JournalRecord {
  const at: number = fields[0]
  switch (tag) {
    case kindTags.event:
      return { kind: 'event', at, event: unpackEvent(fields as unknown as EventFields) }
    case kindTags.served:
      return { kind: 'served', at, served: unpackServed(fields as unknown as ServedFields) }
    case kindTags.item:
      return { kind: 'item', at, item: unpackItem(fields[1]) }
    case kindTags.user:
      return { kind: 'user', at, user: unpackUser(fields[1]) }
    case kindTags['item-delete']:
      return { kind: 'item-delete', at, id: fields[1] }
    case kindTags['user-delete']:
      return { kind: 'user-delete', at, id: fields[1] }
    case kindTags.epoch:
      return { kind: 'epoch', at }
    case kindTags.settings:
      return { kind: 'settings', at, hash: fields[1], values: fields[2] }
    case kindTags.promotion:
      return { kind: 'promotion', at, modelSet: fields[1], previous: fields[2] }
    default:
      throw new StorageError('format', `The journal holds a record with the unknown tag ${tag}`, 'Use a newer Sluice')
  }
}

function packContext(context: EventContext | undefined): unknown[] | undefined {
  return context && [context.device, context.region, context.language]
}

function unpackContext(fields: PackedContext): Complete<EventContext> {
  return { device: fields[0] ?? undefined, region: fields[1] ?? undefined, language: fields[2] ?? undefined }
}

function packEvent(at: number, event: JournalEvent): unknown[] {
  return [
    at,
    event.eventId,
    event.type,
    event.user,
    event.item,
    packDouble(event.value),
    event.time,
    event.requestId,
    packContext(event.context),
    event.roles,
    event.receivedAt,
  ]
}

function unpackEvent(fields: EventFields): Complete<JournalEvent> {
  return {
    eventId: fields[1],
    type: fields[2],
    user: fields[3],
    item: fields[4],
    value: unpackDouble(fields[5]),
    time: fields[6],
    requestId: fields[7] ?? undefined,
    context: fields[8] ? unpackContext(fields[8]) : undefined,
    roles: fields[9],
    receivedAt: fields[10],
  }
}

function packServed(at: number, served: ServedRecord): unknown[] {
  return [
    at,
    served.requestId,
    served.user,
    served.userSeq,
    served.catalogSeq,
    served.querySeq,
    served.counterEpoch,
    served.now,
    served.modelSet,
    served.schemaHash,
    served.settingsHash,
    served.seed,
    packContext(served.context),
    served.partial,
    served.degraded,
    served.items,
    bytesOf(served.propensities),
    bytesOf(served.sources),
    served.sourceNames,
    bytesOf(served.scores),
    bytesOf(served.features),
    served.featureHash,
    served.candidates,
  ]
}

function unpackServed(fields: ServedFields): Complete<ServedRecord> {
  return {
    requestId: fields[1],
    user: fields[2],
    userSeq: fields[3],
    catalogSeq: fields[4],
    querySeq: fields[5],
    counterEpoch: fields[6],
    now: fields[7],
    modelSet: fields[8],
    schemaHash: fields[9],
    settingsHash: fields[10],
    seed: fields[11],
    context: unpackContext(fields[12]),
    partial: fields[13],
    degraded: fields[14],
    items: fields[15],
    propensities: floatsFrom(fields[16]),
    sources: uintsFrom(fields[17]),
    sourceNames: fields[18],
    scores: floatsFrom(fields[19]),
    features: floatsFrom(fields[20]),
    featureHash: fields[21],
    candidates: fields[22],
  }
}
