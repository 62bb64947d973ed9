import type { JournalEvent } from '../../domain/event.ts'
import type { EventRoles } from '../../features/event-roles.ts'
import { eventContextReader } from './context.ts'
import type { FieldReaders } from './field-readers.ts'
import { InvalidInput, quote } from './invalid-input.ts'
import { optional, readNumber, readObject } from './readers.ts'

const eventFields = new Set(['eventId', 'type', 'user', 'item', 'value', 'time', 'requestId', 'context'])

export interface EventReaderParts {
  readonly fields: FieldReaders
  readonly eventTypes: EventRoles
  /** A later time becomes this one; epoch ms. */
  readonly latestTime: (receivedAt: number) => number
  /** Hears of each event that was later. */
  readonly onClamped?: () => void
  readonly newId: () => string
}

export interface EventReader {
  /** Every field is present in the result, so that all events have one shape. @throws InvalidInput */
  read(value: unknown, receivedAt: number): JournalEvent
  /** The id to answer with when the event itself can not be read. */
  idOf(value: unknown): string
}

export function createEventReader({ fields, eventTypes, latestTime, onClamped, newId }: EventReaderParts): EventReader {
  const { id, name, time } = fields
  const context = eventContextReader(fields)
  const timeOf = (value: unknown, receivedAt: number): number => {
    if (value === undefined) return receivedAt
    const said = time(value, 'time')
    const latest = latestTime(receivedAt)
    if (said <= latest) return said
    onClamped?.()
    return latest
  }
  return {
    read(event, receivedAt) {
      const given = readObject(event, undefined, eventFields)
      const type = name(given.type, 'type')
      const value = optional(readNumber, given.value, 'value')
      const roles = eventTypes(type, value)
      if (roles === undefined) throw unknownType(type)
      return {
        eventId: optional(id, given.eventId, 'eventId') ?? newId(),
        type,
        user: id(given.user, 'user'),
        item: id(given.item, 'item'),
        value,
        time: timeOf(given.time, receivedAt),
        requestId: optional(id, given.requestId, 'requestId'),
        context: optional(context, given.context, 'context'),
        roles,
        receivedAt,
      }
    },
    idOf(event) {
      try {
        return id((event as { readonly eventId?: unknown } | null)?.eventId, 'eventId')
      } catch {
        return newId()
      }
    },
  }
}

function unknownType(type: string): InvalidInput {
  const hint = 'Send a type that the setting events.types maps to roles, or add this one to it'
  return new InvalidInput('unknown_type', 'type', `is not a known event type: ${quote(type)}`, hint)
}
