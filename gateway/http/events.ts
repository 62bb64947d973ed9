import type { FastifyInstance } from 'fastify'
import type { Engine } from '../../actors/engine.ts'
import {
  type AcknowledgementLevel,
  acknowledgementLevels,
  type EventRejection,
  type EventResult,
  type JournalEvent,
} from '../../domain/event.ts'
import type { Admission } from '../admission.ts'
import type { BatchReader } from '../validation/batch.ts'
import type { EventReader } from '../validation/event.ts'
import { optional, readObject, wordReader } from '../validation/readers.ts'
import { answerBatch, type BatchWork } from './batch.ts'
import { overloadedProblem } from './errors.ts'
import { bodyOf } from './json-body.ts'

export interface EventRouteParts {
  readonly engine: Engine
  readonly reader: EventReader
  readonly readBatch: BatchReader
  /** Of events on their way to the journal. */
  readonly admission: Admission
}

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
  const work: BatchWork<JournalEvent, EventResult> = {
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
    rejected(value, { field, hint }, { code }) {
      const error: EventRejection = { code: code === 'unknown_type' ? code : 'invalid', field, hint }
      return { eventId: reader.idOf(value), status: 'rejected', error }
    },
    withRejection: ({ eventId }, { code, field, hint }) => ({
      eventId,
      status: 'rejected',
      error: { code: code as EventRejection['code'], field, hint },
    }),
  }
  return work
}

function refused({ eventId }: JournalEvent): EventResult {
  return { eventId, status: 'rejected', error: { code: 'overloaded', hint: overloadedProblem.hint } }
}
