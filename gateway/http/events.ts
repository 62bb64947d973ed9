import type { FastifyInstance } from 'fastify'
import type { Engine } from '../../actors/engine.ts'
import {
  type AcknowledgementLevel,
  acknowledgementLevels,
  type EventResult,
  type JournalEvent,
} from '../../domain/event.ts'
import type { Admission } from '../admission.ts'
import type { BatchReader } from '../validation/batch.ts'
import type { EventReader } from '../validation/event.ts'
import { optional, readObject, wordReader } from '../validation/readers.ts'
import { answerBatch, type BatchWork, type Rejection } from './batch.ts'
import { overloadedProblem } from './errors.ts'
import { bodyOf } from './json-body.ts'

export interface EventRouteParts {
  readonly engine: Engine
  readonly reader: EventReader
  readonly readBatch: BatchReader
  /** Of events on their way to the journal. */
  readonly admission: Admission
}

/** What a client is told about one event; an event that could not be read has the code of what is wrong with it. */
type EventReply =
  | Exclude<EventResult, { readonly status: 'rejected' }>
  | { readonly eventId: string; readonly status: 'rejected'; readonly error: Rejection }

const queryFields = new Set(['ack'])
const readLevel = wordReader(acknowledgementLevels)

export function registerEvents(server: FastifyInstance, parts: EventRouteParts): void {
  server.post('/v1/events', async (request, reply) => {
    const query = readObject(request.query, undefined, queryFields)
    const level = optional(readLevel, query.ack, 'ack') ?? 'durable'
    const batch = parts.readBatch(bodyOf(request))
    return answerBatch(reply, batch, workOf(parts, level))
  })
}

function workOf({ engine, reader, admission }: EventRouteParts, level: AcknowledgementLevel) {
  const receivedAt = engine.clock.now()
  const work: BatchWork<JournalEvent, EventReply> = {
    read: value => reader.read(value, receivedAt),
    async submit(events) {
      if (!admission.enter(events.length)) return events.map(refused)
      try {
        return await engine.appendEvents(events, level)
      } finally {
        admission.leave(events.length)
      }
    },
    rejectionOf: result => (result.status === 'rejected' ? result.error : undefined),
    rejected: (value, error) => ({ eventId: reader.idOf(value), status: 'rejected', error }),
    withRejection: ({ eventId }, error) => ({ eventId, status: 'rejected', error }),
  }
  return work
}

function refused({ eventId }: JournalEvent): EventReply {
  return { eventId, status: 'rejected', error: { code: 'overloaded', hint: overloadedProblem.hint } }
}
